"""Lays the figures of all tools out in one table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from figures import FORCED, TITLES, Figures

from emotion_classifier.evaluation.intervals import Estimate

_NOTE = (
    "Percentages with Wilson's 95 % interval; AUC with a bootstrap interval, on photos with a face. No face found "
    "counts as not called, and as wrong. By label: what the tool shows, for the peers the emotion with the highest "
    "score. By forced choice: the score of happy against that of sad; equal ones are wrong. A cell states its own n "
    "where it differs from the row's."
)


def in_markdown(
    sets: dict[str, dict[str, Any]], versions: dict[str, str], figures: dict[str, dict[str, Figures]]
) -> str:
    """Write one table in Markdown, a section for each set and way of asking.

    Parameters
    ----------
    sets : dict of str to dict
        Of every set ``title``, ``about``, ``photos`` and ``truth``.
    versions : dict of str to str
        Of every tool.
    figures : dict of str to dict of str to Figures
        Of every tool on every set.
    """
    lines = [
        *(f"- {tool}: {version}" for tool, version in versions.items()),
        "",
        *(
            f"- {known['title']}: {known['photos']:,} photos, {known['about']}: "
            f"{', '.join(f'{count} {truth}' for truth, count in known['truth'].items())}"
            for known in sets.values()
        ),
        "",
        _NOTE,
        "",
        f"| | n | {' | '.join(versions)} |",
        f"|---|---|{'---|' * len(versions)}",
    ]
    for name, known in sets.items():
        of_tools = [figures[tool][name] for tool in versions]
        for way in ("label", "forced choice"):
            lines.append(f"| **{known['title']}, by {way}** |{' |' * (len(versions) + 1)}")
            lines += _rows(of_tools, forced=way != "label")
    return "\n".join(lines) + "\n"


def _rows(of_tools: list[Figures], *, forced: bool) -> Iterator[str]:
    for key, title in TITLES.items():
        cells = [figures.get(key) for figures in of_tools]
        if (key in FORCED) != forced or not any(cells):
            continue
        n = {cell.n for cell in cells if cell}
        shared = n.pop() if len(n) == 1 else None
        written = " | ".join(_cell(cell, key, shared) for cell in cells)
        yield f"| {title} | {f'{shared:,}' if shared else ''} | {written} |"


def _cell(figure: Estimate | None, key: str, shared: int | None) -> str:
    if figure is None or figure.value is None:
        return "–"
    kind = ".3f" if key.startswith("auc") else ".1%"
    bounds = None if figure.low is None else f"{figure.low:{kind}} to {figure.high:{kind}}".replace("%", "")
    own = None if figure.n == shared else f"n = {figure.n:,}"
    beside = ", ".join(filter(None, (bounds, own)))
    return f"{figure.value:{kind}} {f'({beside})' if beside else ''}".rstrip().replace("%", " %")
