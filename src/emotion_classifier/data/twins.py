"""Pictures that are nearly the same: by a hash of the whole, and by faces laid over each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from emotion_classifier.data.fingerprint import Fingerprints
from emotion_classifier.data.overlay import SIDE, coarse, likeness
from emotion_classifier.data.picture_hash import Cells, Pairs, close_pairs, joined, signs

# Share of the 256 bits of two difference hashes that are equal. Of 1.1 million pairs of different LFW photos
# (validation part) the most alike have 0.84; of re-encoded, scaled or mirrored copies 99 in 100 have 0.95.
_SAME_PICTURE = 0.92
# Live cells (not flat) of 256, below which two pictures share so much plain background that their hashes agree whoever
# stands before it: then as large a share of the live cells alone has to agree, and the faces correlate as one in 10,000
# pairs of different people does. Below the second number hashes say nothing. Of 250 LFW faces (validation part) on a
# fifth of a white picture 6,430 of 31,125 pairs have like hashes and 16 like live cells; of copies all have both.
_PLAIN, _FEWEST, _LIKE_FACE = 160, 24, 0.92
# Correlation of two aligned faces from which they are laid over each other, and from which they are then the same
# picture, as a whole and in their details. Of 3.8 million pairs of different LFW photos (training part) 221 reach
# 0.92 as a whole, and all but one of these stay below 0.9 in their details; of copies that lost a tenth of width and
# height 99.3 in 100 pass 0.955 and 0.93.
_WORTH_A_LOOK, _SAME_FACE, _SAME_DETAIL = 0.86, 0.955, 0.93
_WHOLE, _MIRRORED = "the whole picture", "mirrored"
UNCROPPED = (_WHOLE, _MIRRORED)
"""Ways in which two pictures are alike that show the same section."""
_CHUNK = 2048


@dataclass(frozen=True)
class Twin:
    """Two rows with nearly the same picture, in which way they are alike, and how much, 0 to 1."""

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
    rich = Cells.of(prints.bits, prints.mirrored_bits).live() >= _FEWEST
    # Equal ones are linked to the first of them alone: a thousand copies make a thousand pairs, not half a million.
    everything = (
        prints.bits[rows],
        prints.mirrored_bits[rows],
        prints.faces[rows].reshape(len(rows), SIDE**2),
    )
    _, firsts, places = np.unique(
        np.concatenate(everything, axis=1), axis=0, return_index=True, return_inverse=True
    )
    first_of = firsts[places.ravel()]
    again = np.flatnonzero((first_of != np.arange(len(rows))) & (rich | prints.with_face)[rows])
    keep([(first_of[again], again, np.ones(len(again), np.float32))], rows, _WHOLE)
    alone = rows[np.sort(firsts)]
    telling = alone[rich[alone]]
    keep(_same_pictures(prints.take(telling), mirrored=False), telling, _WHOLE)
    keep(_same_pictures(prints.take(telling), mirrored=True), telling, _MIRRORED)
    with_face = alone[prints.with_face[alone]]
    own = prints.faces[with_face]
    keep(_faces_over_each_other(own, own), with_face, "the face, cropped otherwise")
    keep(_faces_over_each_other(own, own[:, :, ::-1]), with_face, "the face, mirrored and cropped otherwise")
    return Twins(len(prints), tuple(found.values()))


def _same_pictures(prints: Fingerprints, *, mirrored: bool) -> Iterator[Pairs]:
    cells = others = Cells.of(prints.bits, prints.mirrored_bits)
    faces = prints.faces
    if mirrored:
        others, faces = Cells.of(prints.mirrored_bits, prints.bits), faces[:, :, ::-1]
    for pairs in close_pairs(signs(cells.brighter), signs(others.brighter), least=2 * _SAME_PICTURE - 1):
        for start in range(0, len(pairs[0]), _CHUNK):
            first, second = (side[start : start + _CHUNK] for side in pairs[:2])
            live, share = cells.take(first).compare(others.take(second))
            same = (live >= _PLAIN) | (share >= _SAME_PICTURE)
            doubted = np.flatnonzero(
                same & (live < _PLAIN) & prints.with_face[first] & prints.with_face[second]
            )
            whole, _ = likeness(prints.faces[first[doubted]], faces[second[doubted]])
            same[doubted] = whole >= _LIKE_FACE
            yield first[same], second[same], pairs[2][start : start + _CHUNK][same]


def _faces_over_each_other(faces: npt.NDArray[np.uint8], others: npt.NDArray[np.uint8]) -> Iterator[Pairs]:
    for pairs in close_pairs(coarse(faces), coarse(others), least=_WORTH_A_LOOK):
        for start in range(0, len(pairs[0]), _CHUNK):
            first, second = (side[start : start + _CHUNK] for side in pairs[:2])
            whole, detail = likeness(faces[first], others[second])
            same = (whole >= _SAME_FACE) & (detail >= _SAME_DETAIL)
            yield first[same], second[same], whole[same]
