"""An evaluation as tables on a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from emotion_classifier.data.labels import DETAILS, ORDER
from emotion_classifier.evaluation.intervals import Estimate
from emotion_classifier.evaluation.metrics import Evaluation, Misread

SHARES = frozenset(
    {"accuracy", "faces_found", "balanced_accuracy", "coverage", "selective_accuracy", "error_at_90_coverage"}
    | {"happy_against_sad", "happy_against_sad_clear"}
    | {f"recall_{label}" for label in (*ORDER, *DETAILS)}
)
LISTED = 20


def format_estimate(estimate: Estimate, *, percent: bool = False) -> str:
    """Write a figure with its interval.

    Examples
    --------
    >>> format_estimate(Estimate(0.9586, 0.9277, 0.9767, 266), percent=True)
    '95.9 % (92.8 to 97.7)'
    """
    if estimate.value is None:
        return "not defined"
    factor, digits = (100, 1) if percent else (1, 3)
    value, low, high = (
        "?" if number is None else f"{number * factor:.{digits}f}"
        for number in (estimate.value, estimate.low, estimate.high)
    )
    return f"{value}{' %' if percent else ''} ({low} to {high})"


def render(evaluation: Evaluation, *, listed: int = LISTED) -> Group:
    """Lay an evaluation out for a terminal.

    Parameters
    ----------
    evaluation : Evaluation
    listed : int
        How many misread photos to show.

    Returns
    -------
    rich.console.Group
        Metrics, confusion matrix, misread photos.
    """
    parts: list[RenderableType] = [_metrics(evaluation), Text(), _confusion(evaluation)]
    if evaluation.misread:
        parts += [Text(), _misread(evaluation.misread[:listed])]
    if len(evaluation.misread) > listed:
        parts.append(Text(f"and {len(evaluation.misread) - listed} more (--json lists all)"))
    return Group(*parts)


def _metrics(evaluation: Evaluation) -> Table:
    table = Table(title=f"{evaluation.model}, with 95 % intervals", title_justify="left")
    table.add_column("metric")
    table.add_column("value", justify="right")
    table.add_column("n", justify="right")
    for name, estimate in evaluation.metrics.items():
        shown = format_estimate(estimate, percent=name in SHARES)
        table.add_row(name.replace("_", " "), shown, f"{estimate.n:,}")
    return table


def _confusion(evaluation: Evaluation) -> Table:
    table = Table(title="Photos by label (rows) and reading (columns)", title_justify="left")
    table.add_column("label")
    for column in evaluation.columns:
        table.add_column(column, justify="right")
    for truth, row in zip(evaluation.labels, evaluation.confusion, strict=True):
        table.add_row(truth, *(f"{count:,}" for count in row))
    return table


def _misread(photos: tuple[Misread, ...]) -> Table:
    table = Table(title="Misread photos, worst first", title_justify="left")
    for name in ("file", "label", "reading"):
        table.add_column(name, overflow="fold")
    for name in ("degree", "p(happy)"):
        table.add_column(name, justify="right")
    for photo in photos:
        numbers = ("" if value is None else f"{value:.2f}" for value in (photo.degree, photo.p_happy))
        # Text, since a file name may hold what rich takes for markup.
        table.add_row(Text(photo.file), photo.truth, photo.reading, *numbers)
    return table
