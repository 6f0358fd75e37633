"""Pictures of figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from emotion_classifier.errors import missing_extra

_TRAINING, _VALIDATION = "#4c72b0", "#dd8452"


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
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise missing_extra("evaluate", "matplotlib") from error
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    epochs = [int(row["epoch"]) + 1 for row in history]
    for axes, name in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        for key, colour, label in ((name, _TRAINING, "training"), (f"val_{name}", _VALIDATION, "validation")):
            if key in history[0]:
                axes.plot(epochs, [row[key] for row in history], color=colour, label=label)
        axes.set(xlabel="epoch", ylabel=name)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    figure.suptitle(title)
    figure.savefig(out, dpi=110)
