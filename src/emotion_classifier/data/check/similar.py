"""Pictures that are nearly the same: by a hash of the whole, and by faces laid over each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from emotion_classifier.data.check.overlay import SIDE, coarse, likeness
from emotion_classifier.data.picture_hash import close_pairs, joined, picture_bits, signs
from emotion_classifier.faces.align import Framing
from emotion_classifier.faces.detect import Face
from emotion_classifier.preprocessing import Preprocessing

# Share of the 256 bits of two difference hashes that are equal. Of 1.1 million pairs of different LFW photos
# (validation part) the most alike have 0.84; of re-encoded, scaled or mirrored copies 99 in 100 have 0.95.
_SAME_PICTURE = 0.92
# Correlation of two aligned faces from which they are laid over each other, and from which they are then the same
# picture, as a whole and in their details. Of 3.8 million pairs of different LFW photos (training part) 221 reach
# 0.92 as a whole, and all but one of these stay below 0.9 in their details; of copies that lost a tenth of width and
# height 99.3 in 100 pass 0.955 and 0.93.
_WORTH_A_LOOK, _SAME_FACE, _SAME_DETAIL = 0.86, 0.955, 0.93
_WHOLE = "the whole picture"
_CHUNK = 2048
_FACE = Preprocessing(
    input="face",
    height=SIDE,
    width=SIDE,
    channels="grey",
    framing=Framing(width_in_eye_distances=2.86, eye_line=0.36),
)


@dataclass(frozen=True)
class Twin:
    """Two rows with nearly the same picture, in which way, and how alike, 0 to 1."""

    first: int
    second: int
    how: str
    likeness: float


@dataclass(frozen=True)
class Twins:
    """All pairs of like pictures among `rows` rows."""

    rows: int
    pairs: tuple[Twin, ...]

    @cached_property
    def _numbers(self) -> npt.NDArray[np.int64]:
        return self.groups(None)

    def groups(self, people: Sequence[object] | None) -> npt.NDArray[np.int64]:
        """Give every row a number, shape (n,), so that like pictures, and rows of one person, share a number."""
        return joined(self.rows, ((pair.first, pair.second) for pair in self.pairs), people)

    def sets(self) -> Iterator[list[int]]:
        """Yield the rows of every set of two or more like pictures, in the order of their first row."""
        rows_of: dict[int, list[int]] = defaultdict(list)
        for row in sorted({row for pair in self.pairs for row in (pair.first, pair.second)}):
            rows_of[int(self._numbers[row])].append(row)
        yield from rows_of.values()

    def within(self, rows: Sequence[int]) -> list[Twin]:
        """Pairs that lie within one of `sets`."""
        return self._pairs_of[int(self._numbers[rows[0]])]

    @cached_property
    def _pairs_of(self) -> dict[int, list[Twin]]:
        pairs_of: dict[int, list[Twin]] = defaultdict(list)
        for pair in self.pairs:
            pairs_of[int(self._numbers[pair.first])].append(pair)
        return pairs_of


def both_bits(photo: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Hash a photo and its mirror image, see `picture_bits`."""
    return picture_bits(photo), picture_bits(photo[:, ::-1])


def face_picture(photo: npt.NDArray[np.uint8], face: Face) -> npt.NDArray[np.uint8]:
    """Cut out a face for comparing, shape (48, 48)."""
    return _FACE.pixels(photo, face)[..., 0]


def find_twins(
    bits: npt.NDArray[np.uint8],
    mirrored_bits: npt.NDArray[np.uint8],
    faces: npt.NDArray[np.uint8],
    *,
    rows: npt.NDArray[np.int64],
    face_rows: npt.NDArray[np.int64],
) -> list[Twin]:
    """Find like pictures.

    Parameters
    ----------
    bits, mirrored_bits : ndarray of uint8, shape (n, 32)
        As `both_bits` gives them.
    faces : ndarray of uint8, shape (n, 48, 48)
        As `face_picture` gives them.
    rows, face_rows : ndarray of int64
        Rows that can be read, and rows with a face.

    Returns
    -------
    list of Twin
        Each pair once, by the first way that finds it.
    """
    found: dict[tuple[int, int], Twin] = {}

    def keep(pairs: Iterator[tuple[int, int, float]], numbers: npt.NDArray[np.int64], how: str) -> None:
        for first, second, alike in pairs:
            one, other = int(numbers[first]), int(numbers[second])
            found.setdefault((one, other), Twin(one, other, how, round(min(1.0, alike), 4)))

    # Equal hashes are linked to the first of them alone: a thousand copies make a thousand pairs, not half a million.
    _, firsts, places = np.unique(bits[rows], axis=0, return_index=True, return_inverse=True)
    first_of = firsts[places.ravel()]
    again = np.flatnonzero(first_of != np.arange(len(rows)))
    keep(((int(first_of[row]), int(row), 1.0) for row in again), rows, _WHOLE)
    alone = rows[np.sort(firsts)]
    plain, mirrored = signs(bits[alone]), signs(mirrored_bits[alone])
    keep(close_pairs(plain, plain, least=2 * _SAME_PICTURE - 1), alone, _WHOLE)
    keep(close_pairs(plain, mirrored, least=2 * _SAME_PICTURE - 1), alone, "mirrored")
    with_face = alone[np.isin(alone, face_rows)]
    own = faces[with_face]
    keep(_faces_over_each_other(own, own), with_face, "the face, cropped otherwise")
    keep(_faces_over_each_other(own, own[:, :, ::-1]), with_face, "the face, mirrored and cropped otherwise")
    return list(found.values())


def _faces_over_each_other(
    faces: npt.NDArray[np.uint8], others: npt.NDArray[np.uint8]
) -> Iterator[tuple[int, int, float]]:
    one, other = coarse(faces), coarse(others)
    candidates = list(close_pairs(one, other, least=_WORTH_A_LOOK))
    for start in range(0, len(candidates), _CHUNK):
        pairs = candidates[start : start + _CHUNK]
        first, second = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
        whole, detail = likeness(faces[first], others[second])
        for place in np.flatnonzero((whole >= _SAME_FACE) & (detail >= _SAME_DETAIL)):
            yield pairs[place][0], pairs[place][1], float(whole[place])
