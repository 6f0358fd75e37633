"""The two pictures of `robustness.py`: the curves, and what the severities look like."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from corruptions import CORRUPTIONS
from PIL import Image, ImageDraw, ImageFont
from robustness_photos import Sample, corrupted, place_of

import emotion_classifier
from emotion_classifier.photo import read_photo

_COLUMNS = 5
# One colour for each thing shown, told apart by the colour-blind too (Okabe and Ito 2008).
_LINES = (
    ("accuracy", "right, happy against sad (no face is wrong)", "#0072b2", "-", 1.8),
    ("faces_found", "a face is found", "#999999", "--", 1.0),
    ("uncertain", "called uncertain", "#e69f00", "-", 1.2),
    ("answered_wrong", "wrong among those called happy or sad", "#d55e00", "-", 1.2),
)
_FEWEST = 20  # labels given, below which their share of errors says nothing and is not drawn
_EXAMPLE = Path(emotion_classifier.__file__).parent / "serving" / "examples" / "smile.jpg"


def draw_curves(figures: dict[str, Any], out: Path) -> None:
    """Draw one panel a corruption: shares of the photos against severity, with 95 % intervals.

    Parameters
    ----------
    figures : dict
        As `robustness.py` writes them.
    out : Path
        PNG to write.
    """
    from matplotlib.figure import Figure

    corruptions = figures["corruptions"]
    rows = -(-len(corruptions) // _COLUMNS)
    figure = Figure(figsize=(13, 2.45 * rows + 0.5), layout="constrained")
    grid = figure.subplots(rows, _COLUMNS, sharey=True, squeeze=False)
    for axes in grid.flat[len(corruptions) :]:
        axes.set_visible(False)
    for axes, (name, corruption) in zip(grid.flat, corruptions.items(), strict=False):
        _draw_panel(axes, name, corruption, corruption.get("clean", figures["clean"]))
    for axes in grid[:, 0]:
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100 %"])
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels), frameon=False)
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=110)
    print(f"wrote {out}")


def _draw_panel(axes: Any, name: str, corruption: dict[str, Any], clean: dict[str, Any]) -> None:
    cells = [clean, *corruption["severities"]]
    steps = np.arange(len(cells))
    for key, label, colour, style, width in _LINES:
        value, low, high = (
            np.array([cell[key][part] for cell in cells], np.float64) for part in ("value", "low", "high")
        )
        few = np.array([cell[key]["n"] < _FEWEST for cell in cells])
        value[few] = low[few] = high[few] = np.nan
        axes.plot(steps, value, style, color=colour, linewidth=width, label=label)
        if key in ("accuracy", "answered_wrong"):
            axes.fill_between(steps, low, high, color=colour, alpha=0.18, linewidth=0)
    axes.set_title(name, loc="left", fontsize=11, fontweight="bold")
    axes.set_xticks(steps, ["clean", *(f"{cell['severity']:g}" for cell in corruption["severities"])])
    axes.set_xlabel(corruption["unit"], fontsize=9)
    axes.tick_params(labelsize=9, length=0)
    axes.set(ylim=(-0.02, 1.02), xlim=(0, len(cells) - 1))
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[:].set_visible(False)


def draw_examples(out: Path, *, side: int = 112) -> None:
    """Draw the package's rendered smile under every corruption, a row each, severity rising to the right."""
    photo = np.asarray(Image.fromarray(read_photo(_EXAMPLE)).resize((160, 160), Image.Resampling.LANCZOS))
    sample = Sample(photo, place_of(photo), happy=True)
    half, gap, margin = -(-len(CORRUPTIONS) // 2), 3, 112
    block = margin + 5 * (side + gap)
    sheet = Image.new("RGB", (2 * block + 16, half * (side + gap)), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for index, corruption in enumerate(CORRUPTIONS):
        left, top = index // half * (block + 16), index % half * (side + gap)
        draw.text((left, top + side / 2), corruption.name, fill="black", font=font, anchor="lm")
        for step, severity in enumerate(corruption.severities):
            (worse,) = corrupted([sample], corruption, severity)
            resample = Image.Resampling.NEAREST if len(worse) < side else Image.Resampling.LANCZOS
            picture = Image.fromarray(worse).resize((side, side), resample)
            sheet.paste(picture, (left + margin + step * (side + gap), top))
    out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(out, quality=88, optimize=True)
    print(f"wrote {out}")
