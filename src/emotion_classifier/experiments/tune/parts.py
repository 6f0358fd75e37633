"""The inputs of all trials as files that every process maps into its memory, and none has to copy."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from emotion_classifier.training.inputs import Inputs

_ARRAYS = ("pixels", "targets", "rows", "groups")
_PARTS = ("learn", "held")


def write_parts(folder: Path, learn: Inputs, held: Inputs) -> None:
    """Write what trials learn from, and what they are compared on."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, inputs in zip(_PARTS, (learn, held), strict=True):
        for array in _ARRAYS:
            np.save(folder / f"{part}-{array}.npy", getattr(inputs, array))


def read_parts(folder: Path) -> tuple[Inputs, Inputs]:
    """Map what `write_parts` wrote."""
    learn, held = (_read(folder, part) for part in _PARTS)
    return learn, held


def _read(folder: Path, part: str) -> Inputs:
    mapped = {array: np.load(folder / f"{part}-{array}.npy", mmap_mode="r") for array in _ARRAYS}
    return Inputs(**mapped, problems=())
