"""What tells the better of several copies of a picture: how fine it really is, and how coarsely it is compressed."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from pathlib import Path

import numpy as np
from PIL import Image

from emotion_classifier.photo import read_photo
from emotion_classifier.photo.decoding import open_picture, quiet

# A picture is empty beyond a smaller size where one of that size, enlarged, differs from it by less than rounding and
# JPEG leave: these grey levels and a tenth of what is lost at half that size, or a fifth of that. Chosen on 160
# training photos each of FairFace, LFW and the web. Of 80 others each, all are told from their enlargements (bicubic,
# to 1.5, 2 and 3 times the width, JPEG quality 95); beside a copy of 0.67 times their width 2 of FairFace pass for
# empty, and none of the others. Of two that are nearer in width nobody can tell.
_RESIDUE = 0.3
_WIDER = 1.4
# Beside another of its size a copy is blurred if it has less than the first share of the other's fine detail; below the
# second it is if it is empty beyond half its size, too: an original has half the detail of its sharpened copy.
_BLURRED, _PERHAPS_BLURRED = 1 / 3, 0.75
_SMOOTH, _SOFTER = Image.Resampling.LANCZOS, Image.Resampling.BICUBIC
Size = tuple[int, int]


def real_sizes(sources: Sequence[Path | bytes], sizes: Sequence[Size]) -> list[Size]:
    """Find the size in which each of some copies of one picture has all its detail.

    That is a smaller copy's for an enlargement, half its own for one with next to no fine detail beside another of that
    size (a blurred copy), and else its own.

    Parameters
    ----------
    sources : sequence of Path or bytes
    sizes : sequence of (int, int)
        Width and height of each, upright.

    Raises
    ------
    PhotoError
        If a photo cannot be read.
    """
    real, fine = [], []
    for source, size in zip(sources, sizes, strict=True):
        levels = _levels(source)
        smaller = sorted({other for other in sizes if prod(other) * _WIDER**2 <= prod(size)}, key=prod)
        real.append(next((other for other in smaller if _is_empty_beyond(levels, other)), size))
        fine.append(_lost(levels, _half(size)) if sizes.count(size) > 1 else 0.0)
    for row, size in enumerate(sizes):
        finest = max(detail for detail, other in zip(fine, sizes, strict=True) if other == size)
        if real[row] != size or fine[row] >= _PERHAPS_BLURRED * finest:
            continue
        if fine[row] < _BLURRED * finest or _is_empty_beyond(_levels(sources[row]), _half(size)):
            real[row] = _half(size)
    return real


def _levels(source: Path | bytes) -> Image.Image:
    return Image.fromarray(np.asarray(Image.fromarray(read_photo(source)).convert("L"), np.float32))


def _half(size: Size) -> Size:
    return max(1, size[0] // 2), max(1, size[1] // 2)


def _is_empty_beyond(levels: Image.Image, size: Size) -> bool:
    half = _lost(levels, _half(size))
    most = max(_RESIDUE + half / 10, half / 5)
    return any(_lost(levels, size, kernel, steps=3) < most for kernel in (_SMOOTH, _SOFTER))


def _lost(levels: Image.Image, size: Size, kernel: Image.Resampling = _SMOOTH, *, steps: int = 1) -> float:
    """Shrink a picture, enlarge it again, and measure in grey levels by how much it differs.

    Each further step makes up for what this kernel does not enlarge as it was shrunk: of a picture that it did enlarge
    next to nothing is lost.
    """
    whole = np.asarray(levels)
    small, rest = np.zeros(size[::-1], np.float32), whole
    for _ in range(steps):
        small = small + np.asarray(Image.fromarray(rest).resize(size, _SMOOTH))
        rest = whole - np.asarray(Image.fromarray(small).resize(levels.size, kernel))
    return float(np.sqrt(np.square(rest).mean()))


def jpeg_step(content: bytes) -> float | None:
    """Return the mean step to which a JPEG file rounds brightness: 6 at quality 95, 58 at 50; None for other files."""
    with quiet():
        tables = getattr(open_picture(content, "The photo"), "quantization", None)
    # The table of brightness is the first, which nearly every file numbers 0.
    return round(float(np.mean(tables[min(tables)])), 1) if tables else None
