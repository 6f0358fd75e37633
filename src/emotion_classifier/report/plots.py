"""Pictures of figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from emotion_classifier.errors import missing_extra
from emotion_classifier.files import atomic_write

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TRAINING, _VALIDATION = "#4c72b0", "#dd8452"
_COLOURS = (_TRAINING, _VALIDATION, "#55a868", "#8172b3")
_GRADE_COLOURS = ("#5b7fb5", "#a9bddb", "#e6e6e6", "#f5cf9f", "#e9a03b")
Floats = npt.NDArray[np.float64]
Bin = tuple[float, float, float, float, int]


def plot_history(history: Sequence[dict[str, float]], out: Path, *, title: str) -> None:
    """Draw loss and accuracy against epochs.

    Parameters
    ----------
    history : sequence of dict
        One per epoch, as `train` returns them.
    out : Path
        PNG to write.
    title : str

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    figure = _figure(9, 3.6)
    epochs = [int(row["epoch"]) + 1 for row in history]
    for axes, name in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        for key, colour, label in ((name, _TRAINING, "training"), (f"val_{name}", _VALIDATION, "validation")):
            if key in history[0]:
                axes.plot(epochs, [row[key] for row in history], color=colour, label=label)
        axes.set(xlabel="epoch", ylabel=name)
        axes.xaxis.get_major_locator().set_params(integer=True)
        _tidy(axes)
    figure.suptitle(title)
    _write(figure, out)


def plot_reliability(curves: Mapping[str, Sequence[Bin]], out: Path, *, what: str) -> None:
    """Draw what happened against what was stated, with 95 % intervals.

    Parameters
    ----------
    curves : mapping of name to bins
        As `evaluation.calibration.reliability` gives them: mean stated, observed share, low and high end of its
        interval, and number of photos of each; at least one bin.
    out : Path
        PNG to write.
    what : str
        Name of the probability.
    """
    figure = _figure(4.6 * len(curves), 4.4)
    panels = figure.subplots(1, len(curves), squeeze=False)[0]
    for axes, colour, (name, bins) in zip(panels, _COLOURS, curves.items(), strict=False):
        stated, observed, low, high, rows = np.array(bins, np.float64).T
        axes.plot([0, 1], [0, 1], color="#999999", linewidth=1, linestyle="--", label="stated = observed")
        # An interval that ends at the dot may miss it by a rounding error.
        limits = np.maximum(0, np.stack([observed - low, high - observed]))
        axes.errorbar(
            stated, observed, yerr=limits, fmt="o", color=colour, capsize=2, label="bins, 95 % interval"
        )
        axes.set(xlabel=f"stated {what}", ylabel="observed share", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        axes.set_title(f"{name} (n = {int(rows.sum()):,})", fontsize=11)
        _tidy(axes, legend="upper left" if axes is panels[0] else None)
    _write(figure, out)


def plot_risk_coverage(curves: Mapping[str, tuple[Floats, Floats]], out: Path) -> None:
    """Draw the error among the answers given against the share of photos answered.

    Parameters
    ----------
    curves : mapping of name to (coverage, risk)
        As `evaluation.calibration.risk_coverage` gives them.
    out : Path
        PNG to write.
    """
    figure = _figure(7, 4.2)
    axes = figure.subplots()
    for colour, (name, (coverage, risk)) in zip(_COLOURS, curves.items(), strict=False):
        axes.plot(100 * coverage, 100 * risk, color=colour, label=f"{name} (n = {len(risk):,})")
    axes.axvline(90, color="#999999", linewidth=1, linestyle=":")
    axes.set(xlabel="photos answered, surest first (%)", ylabel="wrong among them (%)", xlim=(40, 100.5))
    axes.set_ylim(bottom=0)
    _tidy(axes)
    _write(figure, out)


def plot_degree(
    degree: Floats, net: Floats, cuts: Sequence[float], out: Path, *, names: Sequence[str]
) -> None:
    """Draw what raters said against the degree, over the grades.

    Parameters
    ----------
    degree, net : ndarray of float64, shape (n,)
        The model's degree and the raters' net share of each face.
    cuts : sequence of four floats
        Where grades meet.
    out : Path
        PNG to write.
    names : sequence of five str
        Of the grades, from sad to happy.
    """
    figure = _figure(7.5, 5)
    axes = figure.subplots()
    edges = (-1.0, *cuts, 1.0)
    for low, high, colour, name in zip(edges, edges[1:], _GRADE_COLOURS, names, strict=False):
        axes.axvspan(low, high, color=colour, alpha=0.45, linewidth=0)
        axes.text((low + high) / 2, 1.08, name.replace(" ", "\n"), ha="center", va="bottom", fontsize=9)
    axes.plot([-1, 1], [-1, 1], color="#777777", linewidth=1, linestyle="--", label="degree = raters")
    place = np.clip(np.floor((degree + 1) / 0.1).astype(int), 0, 19)
    filled = [step for step in range(20) if (place == step).sum() >= 10]
    quarters = np.array([np.quantile(net[place == step], [0.25, 0.5, 0.75]) for step in filled])
    middles = np.array([degree[place == step].mean() for step in filled])
    spread = np.abs(quarters[:, [0, 2]] - quarters[:, [1]]).T
    axes.errorbar(
        middles,
        quarters[:, 1],
        yerr=spread,
        fmt="o",
        color="#333333",
        capsize=2,
        label="median and middle half",
    )
    axes.set(xlabel="degree", ylabel="raters: share happy − share sad", xlim=(-1, 1), ylim=(-1.04, 1.04))
    _tidy(axes, legend="lower right")
    _write(figure, out)


def _write(figure: Figure, out: Path) -> None:
    atomic_write(out, lambda draft: figure.savefig(draft, dpi=110))


def _figure(width: float, height: float) -> Figure:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise missing_extra("evaluate", "matplotlib") from error
    return Figure(figsize=(width, height), layout="constrained")


def _tidy(axes: Axes, *, legend: str | None = "best") -> None:
    axes.spines[["top", "right"]].set_visible(False)
    if legend:
        axes.legend(frameon=False, loc=legend)
