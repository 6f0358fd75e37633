"""A counterfactual audit as tables on a terminal of 100 columns."""

from __future__ import annotations

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from emotion_classifier.evaluation.intervals import Estimate
from emotion_classifier.fairness.counterfactual_result import Counterfactual, Factor
from emotion_classifier.text import fixed, percent

_SHOWN = 5  # strengths that have a column


def render_counterfactual(result: Counterfactual) -> Group:
    """Lay it out: a table for each factor, what holds for all faces, findings."""
    parts: list[RenderableType] = [
        Text(
            f"{result.model}: {result.images:,} rendered pictures of {len(result.spearman):,} faces, "
            f"found in {result.images - len(result.missed):,}"
        ),
        Text(),
    ]
    for factor in result.factors:
        parts += [_levels(factor), Text(_difference(factor)), Text()]
    name, lowest = result.weakest[0]
    parts.append(Text(f"Lowest rank correlation between expression and degree: {_number(lowest)} ({name})."))
    parts += [Text(f"{each.code} {each.title}: {each.message}", style="yellow") for each in result.findings]
    parts.append(Text("Rendered faces are not people: this shows faults, and finding none proves little."))
    return Group(*parts)


def _levels(factor: Factor) -> Table:
    title = Text(f"By {factor.factor}: mean degree at each strength of the expression")
    table = Table(
        title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0)
    )
    strengths = factor.curves[0].expression
    places = [place for place, value in enumerate(strengths) if len(strengths) <= _SHOWN or value % 0.5 == 0]
    table.add_column("level", overflow="fold", min_width=9)
    table.add_column("n", justify="right")
    for place in places:
        table.add_column(_number(strengths[place]), justify="right")
    for heading in ("all", "95 %", "faces found", "uncertain"):
        table.add_column(heading, justify="right")
    for level, curve in zip(factor.levels, factor.curves, strict=True):
        ends = (level.degree.low, level.degree.high)
        table.add_row(
            level.level,
            f"{level.n:,}",
            *(_number(curve.degree[place].value) for place in places),
            _number(level.degree.value),
            " to ".join(map(_number, ends)),
            _share(level.faces_found),
            _share(level.abstained),
        )
    return table


def _difference(factor: Factor) -> str:
    largest = factor.difference
    estimate = largest.estimate
    if estimate.value is None:
        return "No difference can be given: some level has no faces."
    return (
        f"Largest difference at equal strength: {fixed(estimate.value, 2)} (95 % {_number(estimate.low)} to "
        f"{_number(estimate.high)}, n = {estimate.n:,}), {largest.highest} above {largest.lowest} at "
        f"{_number(largest.expression)}."
    )


def _number(value: float | None) -> str:
    return "–" if value is None else fixed(value, 2, signed=True)


def _share(estimate: Estimate) -> str:
    return "–" if estimate.value is None else f"{percent(estimate.value)} %"
