"""An evaluation as one HTML file: what a user meets first, then the forced choice, curves, and what went wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from emotion_classifier.classifier import EmotionClassifier
from emotion_classifier.data.dataset import Dataset
from emotion_classifier.evaluation.confusion import Confusion, Misclassified, Mislabelled
from emotion_classifier.evaluation.curves import risk_points
from emotion_classifier.evaluation.evaluate import Evaluation
from emotion_classifier.evaluation.intervals import Estimate
from emotion_classifier.evaluation.metrics import get, names, titled
from emotion_classifier.evaluation.predictions import BINARY, NO_PREDICTION
from emotion_classifier.evaluation.slices import FEWEST, Slice
from emotion_classifier.evaluation.trained_on import TrainedOn, known_in_words, warning
from emotion_classifier.explain.overlay import draw_heat
from emotion_classifier.model.scale import CANONICAL
from emotion_classifier.report.contact_sheet import Look, Pixels, Shot, contact_sheet
from emotion_classifier.report.html_page import asset, load_template, write_page
from emotion_classifier.report.page_plots import Axis, Plane, Point, fit_axis, plot_points, whisker
from emotion_classifier.text import bare, estimate, fixed, whole_percent

FIRST = (
    "label_accuracy",
    *(f"label_recall_{label}" for label in CANONICAL[:3]),
    "neutral_called_sad",
    "uncertain",
)
CHOICE = ("accuracy", "balanced_accuracy", "happy_against_sad", *(f"recall_{label}" for label in CANONICAL))
NO_ANSWER = (*NO_PREDICTION, "no answer")
LEANS = "leans to"
SHARES = Axis(0.0, 1.0, (0.0, 0.25, 0.5, 0.75, 1.0), "%")
_PROBABILITY = Axis(0.0, 1.0, (0.0, 0.25, 0.5, 0.75, 1.0), "")
_DEGREE = Axis(-1.0, 1.0, (-1.0, -0.5, 0.0, 0.5, 1.0), "degree")
_NAMED = 50  # photos left out, by name
MOST_SLICES = 200
_ABSENT = {
    "label_recall_happy": "no photo is labelled happy",
    "label_recall_sad": "no photo is labelled sad",
    "neutral_called_sad": "no photo is labelled neutral",
    "uncertain": "no photo has a face",
}


def write_evaluation_page(
    evaluation: Evaluation,
    dataset: Dataset,
    out: Path,
    *,
    title: str,
    classifier: EmotionClassifier | None = None,
) -> None:
    """Write an evaluation as one HTML file below 1 MB, with small pictures of the misclassified photos.

    The file needs nothing beside it and asks for nothing; its content security policy forbids everything else.

    Parameters
    ----------
    evaluation : Evaluation
    dataset : Dataset
        What it was measured on.
    out : Path
        HTML file to write, in UTF-8.
    title : str
        Name of the dataset, as its owner knows it.
    classifier : EmotionClassifier or None
        Explains the first of the misclassified photos; None: nobody does.

    Raises
    ------
    MissingExtraError
        If Jinja2 is not installed.

    Examples
    --------
    >>> from emotion_classifier import Bundle, evaluate, open_dataset  # doctest: +SKIP
    >>> photos = open_dataset(["photos"])  # doctest: +SKIP
    >>> write_evaluation_page(  # doctest: +SKIP
    ...     evaluate(Bundle.default(), photos), photos, Path("report.html"), title="photos"
    ... )
    """
    template = load_template("evaluation.html")
    figures = evaluation.metrics
    by_label = Confusion(evaluation.labels, evaluation.label_columns, evaluation.label_confusion)
    by_choice = Confusion(evaluation.labels, evaluation.columns, evaluation.confusion)
    values = {
        "title": title,
        "model": evaluation.model,
        "photos": photos_of(dataset),
        "known": known_of(evaluation.trained_on),
        "n": evaluation.photos or len(dataset),
        "groups": evaluation.groups,
        "axis": SHARES,
        "first": whiskers(figures, FIRST),
        "absent": [
            f"{get(name).title}: {why}."
            for name, why in _ABSENT.items()
            if name not in figures or figures[name].value is None
        ],
        "choice": whiskers(figures, CHOICE),
        "by_label": confusion_table(by_label, "By the label people see", "called"),
        "by_choice": confusion_table(by_choice, "By forced choice", "read"),
        "by_leaning": _leanings(evaluation),
        "grades": _grades(evaluation.error_by_grade),
        "plots": _plots(evaluation),
        "calibration": estimate(figures.get("p_happy_ece"), "%"),
        "all": [
            (each.title, each.explained, estimate(found, each.unit), found.n)
            for each, found in titled(figures)
        ],
        "slices": slice_tables(evaluation.slices),
        "sheet": contact_sheet(
            _shots(evaluation), dataset, explain=None if classifier is None else _look(classifier, dataset)
        ),
    }
    write_page(template, values, out, styles=[asset("page.css") + asset("evaluation.css")])


def _look(classifier: EmotionClassifier, dataset: Dataset) -> Look:
    """Make what draws on a photo which places of its main face speak for the label."""

    def look(row: int) -> tuple[Pixels, str] | None:
        # One face: a crowd would take as long as all others together.
        explained = classifier.explain(dataset.sources[row], cropped=dataset.cropped[row], most=1)
        main = explained.main
        if main is None or main.heat is None or explained.pixels is None:
            return None
        return draw_heat(explained.pixels, [main.heat]), main.sentence

    return look


def whiskers(figures: Mapping[str, Estimate], wanted: Iterable[str]) -> list[dict[str, Any]]:
    """Lay out shares as rows of a plot; one that was not measured has none."""
    return [
        _row(get(name).title, get(name).explained, figures[name])
        for name in wanted
        if name in figures and figures[name].value is not None
    ]


def _row(name: str, explained: str, found: Estimate) -> dict[str, Any]:
    return {
        "name": name,
        "explained": explained,
        "dot": whisker(SHARES, found.to_dict()),
        "text": estimate(found, "%"),
        "n": f"n = {found.n:,}",
        "kind": "",
    }


def confusion_table(confusion: Confusion, caption: str, verb: str) -> dict[str, Any]:
    """Lay a table of photos out: counts, shares of their row, and how strongly each cell is coloured."""
    rows = []
    for label, counts in zip(confusion.labels, confusion.counts, strict=True):
        total = int(counts.sum())
        right = label if label in CANONICAL or label in confusion.columns else "other"
        judged = verb != LEANS or label in BINARY  # A neutral face may lean either way.
        cells = [
            {
                "count": int(count),
                "share": whole_percent(count / total) if total else "",
                "heat": round(9 * count / total) if total else 0,
                "tone": "hit" if column == right else "miss" if judged else "plain",
            }
            for column, count in zip(confusion.columns, counts, strict=True)
        ]
        rows.append({"label": label, "cells": cells})
    heads = [name if name in NO_ANSWER else f"{verb} {name}" for name in confusion.columns]
    return {"caption": caption, "columns": heads, "rows": rows, "n": int(confusion.counts.sum())}


def photos_of(dataset: Dataset) -> dict[str, Any]:
    """Say what was measured on: photos of each label and split, and what was left out and why."""
    counts = dataset.counts if len(dataset) else {}
    most = max(counts.values(), default=0) or 1
    return {
        "n": len(dataset),
        "classes": [(label, count, 100 * count / most) for label, count in counts.items()],
        "splits": Counter(split for split in dataset.splits if split),
        "notes": dataset.notes,
        "problems": [(name[-200:], reason[:300]) for name, reason in dataset.problems[:_NAMED]],
        "left_out": len(dataset.problems),
    }


def known_of(found: TrainedOn | None, model: str = "the model") -> dict[str, str]:
    """Say how many photos the model learned from, as the terminal does, and warn of any."""
    return {"told": known_in_words(found, model), "warning": warning(found, model)}


def slice_tables(slices: Sequence[Slice]) -> dict[str, Any]:
    """Lay out the figures of each value of each column, and count those there is no room for."""
    tables = []
    measured = [get(name) for name in names("slices")]
    for by in dict.fromkeys(each.by for each in slices[:MOST_SLICES]):
        rows = [
            {
                "value": each.value[:160],
                "n": each.n,
                "too_few": each.too_few,
                "cells": [
                    _cell(each.metrics.get(metric.name), metric.name, of=each.n) for metric in measured
                ],
            }
            for each in slices[:MOST_SLICES]
            if each.by == by
        ]
        tables.append({"by": by, "heads": [metric.title for metric in measured], "rows": rows})
    return {"tables": tables, "left_out": max(0, len(slices) - MOST_SLICES)}


def _cell(found: Estimate | None, name: str, *, of: int) -> str:
    """Write a figure of a slice, or of those of its photos that it can be of; of a few, none."""
    if found is not None and 0 < found.n < FEWEST:
        return f"too few of {found.n:,}"
    if found is None or found.value is None:
        return "–"
    return estimate(found, get(name).unit) + ("" if found.n == of else f" of {found.n:,}")


def _leanings(evaluation: Evaluation) -> dict[str, Any] | None:
    """Lay out the leanings where they are not the forced choice itself."""
    if evaluation.leanings is None or set(evaluation.labels) == set(BINARY):
        return None
    return confusion_table(evaluation.leanings, "By leaning: happy or sad, whatever the label", LEANS)


def _grades(errors: Mapping[str, Estimate]) -> list[dict[str, Any]]:
    return [_row(grade, "", found) for grade, found in errors.items() if found.n]


def _plots(evaluation: Evaluation) -> dict[str, dict[str, Any] | None]:
    """Lay out the curves; None for one of which there is no photo."""
    bins = [(each.stated, Estimate(*each[1:])) for each in evaluation.calibration_curve]
    risks = _risks(evaluation)
    reliability = Plane(
        x=_PROBABILITY,
        y=_PROBABILITY,
        x_title="stated p(happy)",
        y_title="share labelled happy",
        title="Share labelled happy against stated p(happy)",
        n=sum(found.n for _, found in bins),
    )
    risk = Plane(
        x=SHARES,
        y=_risk_axis(found for _, found in risks),
        x_title="photos answered, surest first (%)",
        y_title="wrong among them (%)",
        title="Wrong answers against photos answered",
        n=len(evaluation.risk_coverage[0]),
    )
    degree = Plane(
        x=_DEGREE,
        y=_DEGREE,
        x_title="degree read",
        y_title="raters: share happy − share sad",
        title="Votes against degree",
        n=sum(found.n for _, found in evaluation.degree_curve),
    )
    return {
        "reliability": plot_points(reliability, bins, even=True) if bins else None,
        "risk": plot_points(risk, risks, joined=True) if risks else None,
        "degree": plot_points(degree, evaluation.degree_curve, even=True)
        if evaluation.degree_curve
        else None,
    }


def _risks(evaluation: Evaluation) -> list[Point]:
    points = risk_points(evaluation.risk_coverage, groups=evaluation.risk_groups, points=51)
    return [(each["coverage"], Estimate.from_dict(each["risk"])) for each in points]


def _risk_axis(found: Iterable[Estimate]) -> Axis:
    """Choose an axis from 0 on that holds the errors, and the interval where all are answered.

    Where only a few are, the interval may leave it.
    """
    known = [each for each in found if each.value is not None]
    ends = [each.value or 0.0 for each in known] + [each.high or 0.0 for each in known[-1:]]
    highest = min(1.0, max([0.02, *ends]))
    return fit_axis([{"value": 0.0, "high": highest}], "%")


def _shots(evaluation: Evaluation) -> list[Shot]:
    """List the photos whose label shown is wrong, then those of which only the forced choice is."""
    chosen = {photo.row: photo for photo in evaluation.misclassified}
    mislabelled = {photo.row for photo in evaluation.mislabelled}
    shots = [_shot(photo, chosen.get(photo.row)) for photo in evaluation.mislabelled]
    return shots + [_shot(photo, photo) for photo in evaluation.misclassified if photo.row not in mislabelled]


def _shot(photo: Mislabelled | Misclassified, choice: Misclassified | None) -> Shot:
    lines: list[tuple[tuple[str, bool], ...]] = [(("labelled", False), (photo.truth, True))]
    if isinstance(photo, Mislabelled):
        lines.append((("called", False), (photo.called, True)))
        if photo.reason:
            lines.append(((photo.reason, False),))
    if photo.degree is not None:
        lines.append(((f"degree {fixed(photo.degree, 2, signed=True)}", False),))
    if choice is not None and choice.p_happy is not None:
        told = f"forced choice: {choice.reading}, wrong; p(happy) {bare(choice.p_happy, '', narrow=True)}"
        lines.append(((told, False),))
    return Shot(photo, photo.file, tuple(lines))
