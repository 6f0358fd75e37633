"""A comparison as one HTML file: the difference and whether it is shown, both confusions, the photos that differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from emotion_classifier.data.dataset import Dataset
from emotion_classifier.evaluation.compare import Comparison, Difference, LabelDifference
from emotion_classifier.evaluation.metrics import get
from emotion_classifier.evaluation.paired import Paired, Verdict
from emotion_classifier.report.contact_sheet import Shot, contact_sheet
from emotion_classifier.report.evaluation_page import MOST_SLICES, confusion_table, known_of, photos_of
from emotion_classifier.report.html_page import asset, load_template, write_page
from emotion_classifier.report.page_plots import fit_axis, whisker
from emotion_classifier.text import counted, difference, estimate, fixed, p_value

_CONFUSIONS = {"label": ("by the label people see", "called"), "choice": ("by forced choice", "read")}


def write_comparison_page(comparison: Comparison, dataset: Dataset, out: Path, *, title: str) -> None:
    """Write a comparison as one HTML file below 1 MB, with small pictures of the photos on which the two differ.

    Parameters
    ----------
    comparison : Comparison
    dataset : Dataset
        What `compare` was given.
    out : Path
        HTML file to write, in UTF-8.
    title : str
        Name of the dataset, as its owner knows it.

    Raises
    ------
    MissingExtraError
        If Jinja2 is not installed.

    Examples
    --------
    >>> from emotion_classifier import Bundle, compare, open_dataset  # doctest: +SKIP
    >>> pair, photos = (Bundle.load("old"), Bundle.load("new")), open_dataset(["photos"])  # doctest: +SKIP
    >>> write_comparison_page(  # doctest: +SKIP
    ...     compare(*pair, photos), photos, Path("report.html"), title="photos"
    ... )
    """
    template = load_template("comparison.html")
    rows, axis = _figures(comparison.metrics)
    slices = _slices(comparison.slices)
    values = {
        "title": title,
        "comparison": comparison,
        "photos": photos_of(dataset),
        "left_out": comparison.left_out,
        "known": [known_of(found, name) for found, name in zip(comparison.trained_on, "AB", strict=True)],
        "axis": axis,
        "figures": rows,
        "verdicts": _verdicts(comparison),
        "confusions": [
            [confusion_table(each, f"{name}, {by}", verb) for each, name in zip(pair, "AB", strict=True)]
            for (by, verb), pair in ((_CONFUSIONS[key], pair) for key, pair in comparison.confusions.items())
        ],
        "slices": slices,
        "unlisted": sum(map(len, comparison.slices.values())) - sum(len(each["rows"]) for each in slices),
        "sheet": contact_sheet(_shots(comparison), dataset),
    }
    write_page(template, values, out, styles=[asset("page.css") + asset("evaluation.css")])


def _figures(metrics: Mapping[str, Paired]) -> tuple[list[dict[str, Any]], Any]:
    """Lay out every figure of both; differences of shares in points over one axis, with 0 on it."""
    shares = {name: each for name, each in metrics.items() if get(name).unit == "%"}
    zero = {"value": 0.0, "low": 0.0, "high": 0.0}
    axis = fit_axis([zero, *(each.difference.to_dict() for each in shares.values())], "points")
    rows = []
    for name, each in metrics.items():
        metric, apart = get(name), each.difference
        rows.append(
            {
                "title": metric.title,
                "better": "more is better" if metric.greater_is_better else "less is better",
                "a": estimate(each.a, metric.unit),
                "b": estimate(each.b, metric.unit),
                "difference": difference(apart, metric.unit),
                "dot": whisker(axis, apart.to_dict()) if name in shares and apart.value is not None else None,
                "n": apart.n,
            }
        )
    return rows, axis


def _verdicts(comparison: Comparison) -> list[dict[str, Any]]:
    named = (("By the label people see", comparison.labels), ("By forced choice", comparison.verdict))
    return [
        {
            "by": by,
            "rows": ((verdict.both_right, verdict.only_a), (verdict.only_b, verdict.both_wrong)),
            "p": p_value(verdict.p),
            "alone": counted(verdict.only_a + verdict.only_b, "photo"),
            "n": verdict.n,
        }
        for by, verdict in named
        if verdict is not None
    ]


def _slices(slices: Mapping[str, Mapping[str, Verdict | int]]) -> list[dict[str, Any]]:
    """Lay out the accuracies of both for each value of each column, the first of them where there are many."""
    tables, room = [], MOST_SLICES
    for by, values in slices.items():
        rows = [_slice(value, verdict) for value, verdict in list(values.items())[:room]]
        room -= len(rows)
        if rows:
            tables.append({"by": by, "rows": rows})
    return tables


def _slice(value: str, verdict: Verdict | int) -> dict[str, Any]:
    if isinstance(verdict, int):
        return {"value": value[:160], "n": verdict, "cells": None}
    accuracy = verdict.accuracy
    cells = (
        estimate(accuracy.a, "%"),
        estimate(accuracy.b, "%"),
        f"{difference(accuracy.difference, '%')} points",
        "shown" if verdict.shown else "not shown",
    )
    return {"value": value[:160], "n": verdict.n, "cells": cells}


def _shots(comparison: Comparison) -> list[Shot]:
    """List the photos that the two call different things, then those of which only the forced choices differ."""
    choices = {photo.row: photo for photo in comparison.differences}
    labelled = {photo.row for photo in comparison.label_differences}
    shots = [
        Shot(photo, photo.file, (*_labels(photo), *_choice(choices.get(photo.row))))
        for photo in comparison.label_differences
    ]
    return shots + [
        Shot(photo, photo.file, ((("labelled", False), (photo.truth, True)), *_choice(photo)))
        for photo in comparison.differences
        if photo.row not in labelled
    ]


def _labels(photo: LabelDifference) -> Iterable[tuple[tuple[str, bool], ...]]:
    yield ("labelled", False), (photo.truth, True)
    for name, called, degree in (("A", photo.a, photo.degree_a), ("B", photo.b, photo.degree_b)):
        yield (name, False), (called, True), ("" if degree is None else fixed(degree, 2, signed=True), False)


def _choice(photo: Difference | None) -> Iterable[tuple[tuple[str, bool], ...]]:
    if photo is None:
        return
    told = ", ".join(
        f"{name} {choice}" + ("" if p_happy is None else f" ({fixed(p_happy, 2)})")
        for name, choice, p_happy in (("A", photo.a, photo.p_happy_a), ("B", photo.b, photo.p_happy_b))
    )
    yield ((f"forced choice and p(happy): {told}", False),)
