"""Whether the same smile scores the same on every face, on the rendered set that is shipped; and how long it takes.

python benchmarks/counterfactual.py [BUNDLE]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from results import interval, write_results

from emotion_classifier.fairness.counterfactual import counterfactual
from emotion_classifier.model.bundle import Bundle

IMAGE = Path(__file__).parents[1] / "docs" / "images" / "counterfactual.png"
# Told apart by the colour-blind too (Okabe and Ito 2008).
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9")
_TARGET = "largest gap {value:.2f} ({low:.2f} to {high:.2f}) at {expression:+.2f}"


def draw(figures: dict[str, Any], out: Path) -> None:
    """Draw degree against strength of expression: a panel for each factor, a line for each level."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 7.4), layout="constrained")
    grid = figure.subplots(2, 3, sharex=True, sharey=True)
    for axes, factor in zip(grid.flat, figures["factors"], strict=False):
        lines = [curve for curve in figures["curves"] if curve["factor"] == factor["factor"]]
        for colour, line in zip(_COLOURS, lines, strict=False):
            axes.fill_between(line["expression"], line["low"], line["high"], color=colour, alpha=0.13, lw=0)
            axes.plot(
                line["expression"],
                line["degree"],
                color=colour,
                marker="o",
                ms=3,
                lw=1.5,
                label=line["level"],
            )
        axes.axhline(0, color="#999999", lw=0.6)
        axes.set_title(f"{factor['factor']}: {_TARGET.format(**factor['difference'])}", fontsize=9)
        axes.legend(fontsize=8, frameon=False, loc="upper left")
        axes.spines[["top", "right"]].set_visible(False)
    for axes in grid[-1]:
        axes.set_xlabel("expression rendered, full frown to full smile")
    for axes in grid[:, 0]:
        axes.set_ylabel("mean degree read, 95 % bands")
    figure.suptitle(
        f"{figures['model']}: {figures['images']:,} rendered pictures of {figures['identities']} faces that differ in "
        "one thing at a time",
        fontsize=10,
    )
    figure.savefig(out, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("bundle", nargs="?", default="default", help="folder of a bundle (the default model)")
    parser.add_argument("--image", type=Path, default=IMAGE, help="PNG to write")
    arguments = parser.parse_args()
    bundle = Bundle.load(arguments.bundle)
    start = time.perf_counter()
    figures = counterfactual(bundle).to_dict() | {"seconds": round(time.perf_counter() - start, 1)}
    for factor in figures["factors"]:
        largest = factor["difference"]
        print(f"{factor['factor']:10s} {interval(largest)}  {largest['highest']} above {largest['lowest']}")
        for level in factor["levels"]:
            print(
                f"  {level['level']:18s} {interval(level['degree'])}  uncertain {interval(level['abstained'])}"
            )
    print(f"lowest rank correlation {figures['spearman_min']}, falls {len(figures['violations'])}")
    print(f"{figures['seconds']} s")
    draw(figures, arguments.image)
    write_results("counterfactual", figures)


if __name__ == "__main__":
    main()
