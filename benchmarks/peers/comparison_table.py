"""Lays the figures of all tools out in one table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from figures import FORCED, TITLES

_NOTE = (
    "Percentages with Wilson's 95 % interval; AUC with a bootstrap interval, on photos with a face. No face found "
    "counts as not called, and as wrong. By label: what the tool shows, for the peers the emotion with the highest "
    "score. By forced choice: the score of happy against that of sad; equal ones are wrong. A cell states its own n "
    "where it differs from the row's."
)


def in_markdown(figures: dict[str, Any]) -> str:
    """Write the figures of `compare.py` as one table in Markdown, a section for each set and way of asking."""
    tools = figures["tools"]
    lines = [
        *(f"- {name}: {tool['version']}" for name, tool in tools.items()),
        "",
        *(
            f"- {known['title']}: {known['photos']:,} photos, {known['about']}: "
            f"{', '.join(f'{count} {truth}' for truth, count in known['truth'].items())}"
            for known in figures["sets"].values()
        ),
        "",
        _NOTE,
        "",
        f"| | n | {' | '.join(tools)} |",
        f"|---|---|{'---|' * len(tools)}",
    ]
    for name, known in figures["sets"].items():
        of_tools = [tool["sets"][name] for tool in tools.values()]
        for way in ("label", "forced choice"):
            lines.append(f"| **{known['title']}, by {way}** | | {' | ' * (len(tools) - 1)} |")
            lines += _rows(of_tools, forced=way != "label")
    return "\n".join(lines) + "\n"


def _rows(of_tools: list[dict[str, Any]], *, forced: bool) -> Iterator[str]:
    for key, title in TITLES.items():
        cells = [figures.get(key) for figures in of_tools]
        if (key in FORCED) != forced or not any(cells):
            continue
        n = {cell["n"] for cell in cells if cell}
        shared = n.pop() if len(n) == 1 else None
        written = " | ".join(_cell(cell, key, shared) for cell in cells)
        yield f"| {title} | {f'{shared:,}' if shared else ''} | {written} |"


def _cell(figure: dict[str, Any] | None, key: str, shared: int | None) -> str:
    if figure is None:
        return "–"
    own = "" if figure["n"] == shared else f", n = {figure['n']:,}"
    value, low, high = (figure[name] for name in ("value", "low", "high"))
    if key.startswith("auc"):
        return f"{value:.3f} ({low:.3f} to {high:.3f}{own})"
    return f"{100 * value:.1f} % ({100 * low:.1f} to {100 * high:.1f}{own})"
