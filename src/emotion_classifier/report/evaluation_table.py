"""An evaluation as tables on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from emotion_classifier.evaluation.confusion import Misclassified, Mislabelled
from emotion_classifier.evaluation.evaluate import FORCED_CHOICE_SAYS, Evaluation
from emotion_classifier.evaluation.intervals import Estimate
from emotion_classifier.evaluation.metrics import Metric, get, names, titled
from emotion_classifier.evaluation.slices import FEWEST, Slice
from emotion_classifier.evaluation.trained_on import known_in_words
from emotion_classifier.text import cell, counted, estimate, fixed

if TYPE_CHECKING:
    from emotion_classifier.experiments.cross_validation import CrossValidation

LISTED = 20
"""Rows of a long table that a terminal is shown."""


def render(evaluation: Evaluation) -> Group:
    """Lay an evaluation out for a terminal: metrics, confusion matrices, errors by grade, slices, what was wrong."""
    title = f"{evaluation.model}, with 95 % intervals"
    parts: list[RenderableType] = [
        _metrics(evaluation.metrics, title),
        Text(FORCED_CHOICE_SAYS),
        Text(known_in_words(evaluation.trained_on)),
        *_grouped(evaluation),
        Text(),
        confusion_table(
            evaluation.labels,
            evaluation.label_columns,
            evaluation.label_confusion,
            title="Photos by label (rows) and what they are called (columns)",
        ),
        Text(),
        confusion_table(evaluation.labels, evaluation.columns, evaluation.confusion),
    ]
    if evaluation.error_by_grade:
        parts += [Text(), _grades(evaluation.error_by_grade)]
    for name in dict.fromkeys(each.by for each in evaluation.slices):
        parts += [Text(), _slices(name, [each for each in evaluation.slices if each.by == name])]
    if evaluation.mislabelled:
        parts += [Text(), _mislabelled(evaluation.mislabelled[:LISTED]), *more(evaluation.mislabelled)]
    if evaluation.misclassified:
        parts += [Text(), _misclassified(evaluation.misclassified[:LISTED]), *more(evaluation.misclassified)]
    return Group(*parts)


def more(rows: Sequence[object]) -> list[Text]:
    """Say how many rows a table of the first `LISTED` leaves out, if any."""
    return [Text(f"and {len(rows) - LISTED:,} more (--json lists all)")] if len(rows) > LISTED else []


def _grouped(evaluation: Evaluation) -> list[RenderableType]:
    """Say how many photos are independent, where not all are."""
    if evaluation.groups >= evaluation.photos:
        return []
    return [
        Text(
            f"{evaluation.photos:,} photos in {counted(evaluation.groups, 'group')}: copies of one picture, and photos "
            f"of one person, count as one in the intervals."
        )
    ]


def _metrics(figures: dict[str, Estimate], title: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("metric")
    table.add_column("value", justify="right")
    table.add_column("n", justify="right")
    for metric, found in titled(figures):
        table.add_row(metric.title, estimate(found, metric.unit), f"{found.n:,}")
    return table


def render_folds(result: CrossValidation) -> Group:
    """Lay a cross-validation out for a terminal: metrics, and the confusion of all repeats."""
    options = result.options
    title = f"{result.recipe}, {options.repeats} × {options.folds} folds: means over {result.fits} fits"
    photos = (
        f"{result.photos:,} photos in {result.groups:,} groups (near-duplicates and people count as one); "
        f"intervals: corrected resampled t."
    )
    if options.repeats > 1:
        photos += f" Below, every photo is counted {options.repeats} times."
    confusion = confusion_table(result.labels, result.columns, result.confusion)
    table = _metrics(result.metrics, f"{title}, with 95 % intervals")
    return Group(table, Text(FORCED_CHOICE_SAYS), Text(photos), Text(), confusion)


def confusion_table(
    labels: Sequence[str],
    columns: Sequence[str],
    confusion: npt.NDArray[np.int64],
    *,
    title: str = "Photos by label (rows) and forced choice (columns)",
) -> Table:
    """Lay out photos by label, shape (labels, columns)."""
    table = Table(title=title, title_justify="left")
    table.add_column("label")
    for column in columns:
        table.add_column(column, justify="right")
    for truth, row in zip(labels, confusion, strict=True):
        table.add_row(truth, *(f"{count:,}" for count in row))
    return table


def _grades(errors: dict[str, Estimate]) -> Table:
    table = Table(title="Wrong forced choices, by stated grade", title_justify="left")
    table.add_column("grade")
    table.add_column("wrong", justify="right")
    table.add_column("n", justify="right")
    for grade, error in errors.items():
        shown = estimate(error, "%") if error.n else "no such reading"
        table.add_row(grade, shown, f"{error.n:,}")
    return table


def _slices(name: str, slices: Sequence[Slice]) -> Table:
    """Intervals stand below their figures, so that a terminal of 80 columns takes it."""
    # Text, since names and values may hold what rich takes for markup.
    title = Text(f"By {name}, by forced choice: percent, and 95 % intervals below")
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column(Text(name), overflow="fold")
    measured = [get(metric) for metric in names("slices")]
    for heading in ("n", *(metric.heading for metric in measured)):
        table.add_column(heading, justify="right")
    for each in slices:
        cells = [_stacked(each.metrics.get(metric.name), metric, of=each.n) for metric in measured]
        if each.too_few:
            cells = ["too few\nto say"]
        table.add_row(Text(each.value), f"{each.n:,}", *cells)
    return table


def _stacked(found: Estimate | None, metric: Metric, *, of: int) -> str:
    """Write a figure of the slice, or of those photos of it that it can be of, with its interval below."""
    if found is not None and 0 < found.n < FEWEST:
        return f"too few\nof {found.n:,}"
    if found is None or found.value is None or found.low is None or found.high is None:
        return "–"
    return cell(found, metric.unit) + ("" if found.n == of else f"\nof {found.n:,}")


def _mislabelled(photos: tuple[Mislabelled, ...]) -> Table:
    table = Table(title="Photos whose label shown is wrong, worst first", title_justify="left")
    for name in ("file", "label", "called"):
        table.add_column(name, overflow="fold")
    table.add_column("degree", justify="right")
    for photo in photos:
        called = f"{photo.called} ({photo.reason})" if photo.reason else photo.called
        degree = "" if photo.degree is None else fixed(photo.degree, 2)
        table.add_row(Text(photo.file), photo.truth, Text(called), degree)
    return table


def _misclassified(photos: tuple[Misclassified, ...]) -> Table:
    table = Table(title="Misclassified photos by forced choice, worst first", title_justify="left")
    for name in ("file", "label", "reading"):
        table.add_column(name, overflow="fold")
    for name in ("degree", "p(happy)"):
        table.add_column(name, justify="right")
    for photo in photos:
        numbers = ("" if value is None else fixed(value, 2) for value in (photo.degree, photo.p_happy))
        # Text, since a file name may hold what rich takes for markup.
        table.add_row(Text(photo.file), photo.truth, photo.reading, *numbers)
    return table
