"""A photo as faces are looked for and read in it: not as dark, flat or grainy as it may be.

The networks find few faces in a photo that uses a few grey levels only or whose pixels differ by chance, and call those
that they find neutral. Chosen on 160 happy and sad faces of LFW and FER+ (training parts): seven stops too dark 32 of
them got the right label as they were, and 135 with their grey levels spread out; with noise of 18 % of full white it
was 14, and 73 after a blur of 2.2 pixels.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
from PIL import Image

SPREAD_OUT = "read with more contrast: the photo uses few grey levels"
SMOOTHED = "read smoothed: the photo is grainy"

# Grey levels between the darkest and the lightest of a photo: few enough to be spread out a little (not quite 1 in
# 100 photos of FairFace, training part, has so few, and none of LFW's), so few that they are spread out fully, and too
# few to show anything.
_FLAT, _FLATTER, _BLANK = 80, 60, 5
_SAMPLED = 64  # rows and columns of pixels that are looked at
_OUTLIERS = 0.005  # share of the pixels, at either end

# Deviation, in grey levels, from which a photo is grainy. Of 2,700 photos of LFW, FairFace and the web (training
# parts) 1 has as much, and of 240 of them with noise of 8 % of full white added all but 1 have.
_GRAINY = 7.0
_GRAINIER = 11.0  # from which it is blurred fully; in between by and by, as grey levels are spread out
# Grey levels of grain to one pixel of the blur's radius: the best of some radii at 8, 12, 18 and 26 % of full white.
_TO_A_PIXEL = 14.0
_TILES, _SIDE = 3, 32
# Tiles that may be smoother: sky and what is wholly black or white show no grain, while things may look like some.
_MAY_BE_SMOOTH = 2
_SMALLEST = 96  # shorter side, in pixels, below which a picture's own detail is as fine as grain
# The filter's answer to noise of deviation 1 has a median of its absolute value of 0.6745 × 6.
_MEDIAN = 4.047


def cleared(
    image: Image.Image, *, only: Collection[str] = (SPREAD_OUT, SMOOTHED)
) -> tuple[Image.Image, tuple[str, ...]]:
    """Spread out the grey levels of a photo where they are few, and blur it where it is grainy.

    Parameters
    ----------
    image : PIL image
        RGB.
    only : collection of str
        What may be done.

    Returns
    -------
    PIL image
        The same size; the image itself where it is neither flat nor grainy, as nearly all are.
    tuple of str
        What was done, `SPREAD_OUT` and `SMOOTHED`.

    Examples
    --------
    >>> dim = Image.radial_gradient("L").point(lambda level: level // 8).convert("RGB")
    >>> bright, done = cleared(dim)
    >>> dim.getextrema()[0], bright.getextrema()[0], done
    ((0, 31), (0, 255), ('read with more contrast: the photo uses few grey levels',))
    """
    spread = _spread_out(image) if SPREAD_OUT in only else image
    smooth = _without_grain(spread) if SMOOTHED in only else spread
    changes = ((spread is not image, SPREAD_OUT), (smooth is not spread, SMOOTHED))
    return smooth, tuple(what for done, what in changes if done)


def _spread_out(image: Image.Image) -> Image.Image:
    sample = image.resize((_SAMPLED, _SAMPLED), Image.Resampling.NEAREST).convert("L")
    ends = _OUTLIERS * _SAMPLED**2, (1 - _OUTLIERS) * _SAMPLED**2
    darkest, lightest = np.cumsum(sample.histogram()).searchsorted(ends).tolist()
    extent = lightest - darkest
    if not _BLANK <= extent < _FLAT:
        return image
    # By and by, so that two frames of a video that are much alike are read alike.
    share = min(1.0, (_FLAT - extent) / (_FLAT - _FLATTER))
    levels = np.arange(256)
    spread = (1 - share) * levels + share * (levels - darkest) * (255 / extent)
    return image.point(np.clip(np.rint(spread), 0, 255).astype(int).tolist() * 3)


def _without_grain(image: Image.Image) -> Image.Image:
    grain = grain_of(image)
    if grain < _GRAINY:
        return image
    from PIL import ImageFilter

    share = min(1.0, (grain - _GRAINY) / (_GRAINIER - _GRAINY))
    return image.filter(ImageFilter.GaussianBlur(share * grain / _TO_A_PIXEL))


def grain_of(image: Image.Image) -> float:
    """Estimate the deviation of the noise in a photo, in grey levels; where it is little, some value below the limit.

    Parameters
    ----------
    image : PIL image
        RGB.

    References
    ----------
    Immerkær (1996), Fast Noise Variance Estimation, Computer Vision and Image Understanding 64. Here with the median,
    which edges change less, and of the smoother ones among nine small tiles.
    """
    if min(image.size) < _SMALLEST:
        return 0.0
    found: list[float] = []
    for grain in _tiles(image):
        found.append(grain)
        if sum(each < _GRAINY for each in found) > _MAY_BE_SMOOTH:
            return grain
    return sorted(found)[_MAY_BE_SMOOTH]


def _tiles(image: Image.Image) -> Iterator[float]:
    places = [
        [(length - _SIDE) * (2 * number + 1) // (2 * _TILES) for number in range(_TILES)]
        for length in image.size
    ]
    for left in places[0]:
        for top in places[1]:
            tile = image.crop((left, top, left + _SIDE, top + _SIDE)).convert("L")
            grey = np.asarray(tile, np.int16)
            down = grey[:-2] - 2 * grey[1:-1] + grey[2:]
            both = down[:, :-2] - 2 * down[:, 1:-1] + down[:, 2:]
            size = np.abs(both).ravel()
            yield float(np.partition(size, size.size // 2)[size.size // 2]) / _MEDIAN
