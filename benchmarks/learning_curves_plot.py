"""The picture of `learning_curves.py`: a panel for each set of photos, dots and whiskers over a logarithmic axis."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# Told apart by the colour-blind too (Okabe and Ito 2008), and by the marker.
_STYLES = {
    "transfer": ("#0072b2", "o"),
    "ensemble": ("#cc79a7", "D"),
    "logistic_regression": ("#56b4e9", "P"),
    "gradient_boosting": ("#009e73", "s"),
    "geometry": ("#000000", "p"),
    "compact": ("#e69f00", "^"),
    "attempt_5": ("#d55e00", "v"),
    "initial": ("#777777", "X"),
}
_APART = (
    0.02  # of the axis' decades between the dots of neighbouring recipes, so that whiskers can be told apart
)


def plot_learning_curves(panels: Mapping[str, list[dict[str, Any]]], out: Path) -> None:
    """Draw balanced accuracy against the number of training photos.

    Parameters
    ----------
    panels : mapping of title to curves
        Each curve with its ``recipe``, whether the model it starts from has ``seen`` the photos (hollow dots), and
        ``points`` as `Point.to_dict` gives them. A recipe may have several in a panel.
    out : Path
        PNG to write.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.4 * len(panels), 4.8), layout="constrained")
    decades = [_decades(curves) for curves in panels.values()]
    grid = figure.subplots(1, len(panels), sharey=True, squeeze=False, width_ratios=decades)[0]
    handles: dict[str, Any] = {}
    sizes: set[int] = set()
    for axes, (title, curves) in zip(grid, panels.items(), strict=True):
        of_panel = {point["photos"] for curve in curves for point in curve["points"]}
        names = list(dict.fromkeys(curve["recipe"] for curve in curves))
        for curve in curves:
            drawn = _draw(axes, curve, (names.index(curve["recipe"]) - (len(names) - 1) / 2) * _APART)
            handles.setdefault(curve["recipe"], drawn)
        axes.axhline(0.5, color="#999999", linewidth=1, linestyle="--")
        axes.set_xscale("log")
        axes.set_xticks(sorted(of_panel), [f"{size:,}" for size in sorted(of_panel)])
        axes.minorticks_off()
        axes.set_title(title, fontsize=11)
        axes.set_xlabel("training photos")
        axes.grid(axis="y", color="#e6e6e6", linewidth=0.8)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        sizes |= of_panel
    grid[0].set_ylabel("balanced accuracy, happy against sad")
    grid[0].set_yticks([0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0], ["40", "50", "60", "70", "80", "90", "100 %"])
    grid[0].set_ylim(0.4, 1.01)
    figure.legend(
        handles.values(), handles, loc="outside upper center", ncols=min(7, len(handles) or 1), frameon=False
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=110)
    print(f"wrote {out}")


def _decades(curves: list[dict[str, Any]]) -> float:
    """How wide a panel should be, in powers of ten; some more for its margins."""
    photos = [point["photos"] for curve in curves for point in curve["points"]]
    return 0.4 + math.log10(max(photos) / min(photos)) if photos else 1.0


def _draw(axes: Any, curve: dict[str, Any], shift: float) -> Any:
    colour, marker = _STYLES.get(curve["recipe"], ("#333333", "."))
    figures = [point["balanced_accuracy"] for point in curve["points"]]
    values = [figure["value"] for figure in figures]
    spread = [
        [max(0.0, figure["value"] - figure["low"]) for figure in figures],
        [max(0.0, figure["high"] - figure["value"]) for figure in figures],
    ]
    return axes.errorbar(
        [point["photos"] * 10**shift for point in curve["points"]],
        values,
        yerr=spread,
        color=colour,
        marker=marker,
        markerfacecolor="white" if curve["seen"] else colour,
        linestyle=":" if curve["seen"] else "-",
        markersize=5,
        linewidth=1.4,
        elinewidth=1,
        capsize=2,
    )
