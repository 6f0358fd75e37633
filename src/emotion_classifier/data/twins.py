"""Pictures that are nearly the same: by a hash of the whole, and by faces laid over each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from emotion_classifier.data.fingerprint import Fingerprints
from emotion_classifier.data.overlay import coarse, likeness
from emotion_classifier.data.picture_hash import Pairs, close_pairs, joined, signs

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
        return joined(self.rows, ((pair.first, pair.second) for pair in self.pairs))

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


def find_twins(prints: Fingerprints) -> Twins:
    """Find like pictures; each pair is there once, by the first way that finds it.

    Parameters
    ----------
    prints : Fingerprints
        Of n photos; those that cannot be read are like no other.
    """
    found: dict[tuple[int, int], Twin] = {}

    def keep(blocks: Iterable[Pairs], numbers: npt.NDArray[np.int64], how: str) -> None:
        for first, second, alike in blocks:
            for one, other, value in zip(
                numbers[first].tolist(), numbers[second].tolist(), alike.tolist(), strict=True
            ):
                found.setdefault((one, other), Twin(one, other, how, round(min(1.0, value), 4)))

    rows = np.flatnonzero(prints.readable)
    # Equal hashes are linked to the first of them alone: a thousand copies make a thousand pairs, not half a million.
    _, firsts, places = np.unique(prints.bits[rows], axis=0, return_index=True, return_inverse=True)
    first_of = firsts[places.ravel()]
    again = np.flatnonzero(first_of != np.arange(len(rows)))
    keep([(first_of[again], again, np.ones(len(again), np.float32))], rows, _WHOLE)
    alone = rows[np.sort(firsts)]
    plain, mirrored = signs(prints.bits[alone]), signs(prints.mirrored_bits[alone])
    keep(close_pairs(plain, plain, least=2 * _SAME_PICTURE - 1), alone, _WHOLE)
    keep(close_pairs(plain, mirrored, least=2 * _SAME_PICTURE - 1), alone, "mirrored")
    with_face = alone[prints.with_face[alone]]
    own = prints.faces[with_face]
    keep(_faces_over_each_other(own, own), with_face, "the face, cropped otherwise")
    keep(_faces_over_each_other(own, own[:, :, ::-1]), with_face, "the face, mirrored and cropped otherwise")
    return Twins(len(prints), tuple(found.values()))


def _faces_over_each_other(faces: npt.NDArray[np.uint8], others: npt.NDArray[np.uint8]) -> Iterator[Pairs]:
    for pairs in close_pairs(coarse(faces), coarse(others), least=_WORTH_A_LOOK):
        for start in range(0, len(pairs[0]), _CHUNK):
            first, second = (side[start : start + _CHUNK] for side in pairs[:2])
            whole, detail = likeness(faces[first], others[second])
            same = (whole >= _SAME_FACE) & (detail >= _SAME_DETAIL)
            yield first[same], second[same], whole[same]
