"""A comparison as tables on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from emotion_classifier.evaluation.compare import Comparison, Difference
from emotion_classifier.evaluation.metrics import get
from emotion_classifier.evaluation.paired import Verdict
from emotion_classifier.evaluation.trained_on import known_in_words
from emotion_classifier.report.evaluation_table import LISTED, more
from emotion_classifier.text import difference, estimate, fixed, p_value, quantity, stacked


def render_comparison(comparison: Comparison) -> Group:
    """Lay a comparison out for a terminal, the sentences last."""
    verdict = comparison.verdict
    parts: list[RenderableType] = [
        Text(f"A: {comparison.a}\nB: {comparison.b}"),
        Text(
            f"{verdict.n:,} photos in {verdict.groups:,} groups (near-duplicates and people count as one in the "
            f"intervals of differences)"
        ),
        *(Text(known_in_words(found, name)) for name, found in zip("AB", comparison.trained_on, strict=True)),
        Text(),
        _metrics(comparison),
        Text(),
        _right_and_wrong(verdict),
        Text(
            f"Exact McNemar test on the photos on which one alone is right by forced choice "
            f"({verdict.only_a + verdict.only_b:,}): {_probability(verdict.p)}"
        ),
    ]
    for name, values in comparison.slices.items():
        parts += [Text(), _slices(name, values)]
    if comparison.differences:
        parts += [Text(), _differences(comparison.differences[:LISTED])]
    parts += more(comparison.differences)
    return Group(*parts, Text(), *(Text(each, style="bold") for each in comparison.sentences))


def _metrics(comparison: Comparison) -> Table:
    title = "Figures with 95 % intervals, and B minus A"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("metric")
    for heading in ("A", "B", "B − A", "n"):
        table.add_column(heading, justify="right")
    for name, paired in comparison.metrics.items():
        metric = get(name)
        a, b = (estimate(each, metric.unit) for each in (paired.a, paired.b))
        figures = (a, b, difference(paired.difference, metric.unit))
        table.add_row(metric.title, *map(stacked, figures), f"{paired.difference.n:,}")
    return table


def _right_and_wrong(verdict: Verdict) -> Table:
    table = Table(title="Photos by forced choice", title_justify="left")
    table.add_column("")
    for heading in ("B right", "B wrong"):
        table.add_column(heading, justify="right")
    table.add_row("A right", f"{verdict.both_right:,}", f"{verdict.only_a:,}")
    table.add_row("A wrong", f"{verdict.only_b:,}", f"{verdict.both_wrong:,}")
    return table


def _slices(name: str, values: dict[str, Verdict | int]) -> Table:
    # Text, since names and values may hold what rich takes for markup.
    table = Table(
        title=Text(f"Accuracy by forced choice, by {name}"), title_justify="left", box=box.SIMPLE_HEAD
    )
    table.add_column(Text(name), overflow="fold")
    for heading in ("n", "groups", "A", "B", "B − A", "McNemar"):
        table.add_column(heading, justify="right")
    for value, verdict in values.items():
        if isinstance(verdict, int):
            table.add_row(Text(value), f"{verdict:,}", "", "too few to say")
            continue
        accuracy = verdict.accuracy
        a, b = (quantity(each.value or 0, "%") for each in (accuracy.a, accuracy.b))
        apart = stacked(difference(accuracy.difference, "%"))
        numbers = (f"{verdict.n:,}", f"{verdict.groups:,}", a, b, apart, _probability(verdict.p))
        table.add_row(Text(value), *numbers)
    return table


def _differences(photos: Sequence[Difference]) -> Table:
    table = Table(title="Photos on which they differ by forced choice", title_justify="left")
    for name in ("file", "label", "A", "B"):
        table.add_column(name, overflow="fold")
    for name in ("p(happy) A", "p(happy) B"):
        table.add_column(name, justify="right")
    for photo in photos:
        numbers = ("" if value is None else fixed(value, 2) for value in (photo.p_happy_a, photo.p_happy_b))
        table.add_row(Text(photo.file), photo.truth, photo.a, photo.b, *numbers)
    return table


def _probability(p: float) -> str:
    told = p_value(p)
    return f"p {told}" if told.startswith("<") else f"p = {told}"
