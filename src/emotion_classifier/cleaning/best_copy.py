"""Which of several copies of a picture is the best, by what a check measured of each."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from pathlib import PurePosixPath
from typing import Any

from emotion_classifier.findings.finding import Finding

# Faces are told apart by sharpness only where one is clearly blurred. Above the first number, where most photos lie,
# and within the second, the blocks of strong JPEG compression look sharper than the original.
_SHARP, _AS_SHARP = 0.35, 0.05
# A JPEG of quality 55 or so. Finer steps tell nothing of quality: a copy saved anew has those of its last saving.
_COARSE_STEP = 50.0
_MORE_PIXELS = "it has more pixels"
_NO_MORE = "this one looks enlarged or blurred, and has no more detail"
_BETTER_BY = ("its face is clearer", _MORE_PIXELS, "it is in colour", "it is compressed less", _NO_MORE)


def best_first(finding: Finding, files: Iterable[str]) -> list[tuple[str, tuple[float, ...]]]:
    """Order copies of a picture, the best first, each with its marks: the lower the better.

    Parameters
    ----------
    finding : Finding
        What was measured is its evidence. Of what is missing there (exact copies, a file that an earlier state of
        `check` wrote) nothing is held against a copy.
    files : iterable of str
        Some of its files; where nothing tells two apart the first by name comes first, "a.jpg" before "a-copy.jpg".
    """
    files = list(files)
    sharpness, sizes, real, colour, steps = (
        _by_file(finding, name) for name in ("sharpness", "sizes", "real_sizes", "in_colour", "jpeg_steps")
    )
    sharp = {name: _number(sharpness.get(name)) for name in files}
    enough = min(_SHARP, max(sharp.values(), default=0.0) - _AS_SHARP)
    marks = {
        name: (
            float(sharp[name] < enough),
            -_pixels(real.get(name, sizes.get(name))),
            float(colour.get(name) is False),
            max(_COARSE_STEP, _number(steps.get(name))),
            _pixels(sizes.get(name)) if real else 0.0,
        )
        for name in files
    }
    return sorted(marks.items(), key=lambda item: (item[1], PurePosixPath(item[0]).with_suffix("")))


def why_better(best: tuple[float, ...], other: tuple[float, ...]) -> str | None:
    """Say in what the best copy is better than another, by their marks; None where nothing tells them apart."""
    why = next((why for why, mine, its in zip(_BETTER_BY, best, other, strict=True) if mine < its), None)
    real, size = -other[1], other[-1]
    return _NO_MORE if why == _MORE_PIXELS and real < size else why


def _by_file(finding: Finding, name: str) -> dict[str, Any]:
    values = finding.evidence.get(name)
    if not isinstance(values, list) or len(values) != len(finding.files):
        return {}
    return dict(zip(finding.files, values, strict=True))


def _pixels(size: Any) -> float:
    return prod(map(_number, size)) if isinstance(size, list) else 0.0


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
