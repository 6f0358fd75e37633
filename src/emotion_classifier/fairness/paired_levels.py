"""One factor of the rendered set: pictures laid out so that only that factor differs within a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emotion_classifier.evaluation.intervals import Estimate, percentiles
from emotion_classifier.fairness.counterfactual_result import Curve, Difference
from emotion_classifier.fairness.rendered_set import HEAD, PERSON, PICTURE, RenderedSet

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class PairedLevels:
    """Pictures of one factor in complete rows.

    Parameters
    ----------
    levels : tuple of k str
    strengths : ndarray of float64, shape (s,)
        Sorted.
    rows : ndarray of int64, shape (r, k)
        Pictures; those of one row differ in the factor only.
    strength : ndarray of int64, shape (r,)
        Index into `strengths`.
    block : ndarray of int64, shape (r,)
        Head the row shows, apart from the factor: rows of one head are drawn together.
    """

    levels: tuple[str, ...]
    strengths: Floats
    rows: Rows
    strength: Rows
    block: Rows


def pair_levels(rendered: RenderedSet, column: str) -> PairedLevels | None:
    """Lay a factor out; None where the set does not vary it.

    Factors of the person are compared in standard pose and light, a pose in standard light, and the other way round.
    """
    others = tuple(name for name in (*PERSON, *PICTURE) if name != column)
    rest, own = rendered.keys(others), rendered.levels[column]
    standard = {name: level for name, (_, level) in PICTURE.items() if name != column}
    levels = tuple(dict.fromkeys(own))
    contexts: dict[tuple[object, ...], dict[str, int]] = {}
    for row in range(len(rendered)):
        if all(rendered.levels[name][row] == level for name, level in standard.items()):
            contexts.setdefault((*rest[row], rendered.strength[row]), {})[own[row]] = row
    complete = {key: found for key, found in contexts.items() if len(found) == len(levels)}
    if len(levels) < 2 or not complete:
        return None
    heads = [tuple(key[others.index(name)] for name in HEAD if name != column) for key in complete]
    strengths, strength = np.unique([float(str(key[-1])) for key in complete], return_inverse=True)
    known = {head: number for number, head in enumerate(dict.fromkeys(heads))}
    return PairedLevels(
        levels=levels,
        strengths=strengths,
        rows=np.array([[found[level] for level in levels] for found in complete.values()], np.int64),
        strength=strength.astype(np.int64),
        block=np.array([known[head] for head in heads], np.int64),
    )


class ResampledMeans:
    """Mean degree by strength and level, as it is and in resamples of heads.

    Parameters
    ----------
    paired : PairedLevels
    degree : ndarray of float64, shape (n,)
        Of every picture of the set, NaN without a face; a row with one such picture takes no part.
    rounds, seed : int
        Of the bootstrap.
    """

    def __init__(self, paired: PairedLevels, degree: Floats, *, rounds: int, seed: int) -> None:
        self.paired = paired
        values = degree[paired.rows]
        use = ~np.isnan(values).any(axis=1)
        blocks, strengths, levels = int(paired.block.max()) + 1, len(paired.strengths), len(paired.levels)
        sums, counts = np.zeros((blocks, strengths, levels)), np.zeros((blocks, strengths))
        np.add.at(sums, (paired.block[use], paired.strength[use]), values[use])
        np.add.at(counts, (paired.block[use], paired.strength[use]), 1)
        self.counts = counts.sum(axis=0)
        # The first row of weights takes every head once: the figures themselves.
        generator = np.random.default_rng(seed)
        drawn = generator.multinomial(blocks, np.full(blocks, 1 / blocks), rounds)
        weights = np.concatenate([np.ones((1, blocks)), drawn])
        with np.errstate(invalid="ignore", divide="ignore"):
            self._means = (
                np.tensordot(weights, sums, 1) / np.tensordot(weights, counts, 1)[..., None]
            )  # (rounds + 1, strengths, levels)

    def _estimate(self, values: Floats, n: int) -> Estimate:
        if np.isnan(values[0]):
            return Estimate(None, None, None, n)
        return Estimate(float(values[0]), *percentiles(values[1:]), n)

    def level(self, place: int) -> Estimate:
        """Mean degree of one level over all strengths."""
        return self._estimate(self._means[:, :, place].mean(axis=1), int(self.counts.sum()))

    def curve(self, place: int) -> Curve:
        """Mean degree of one level by strength."""
        return Curve(
            self.paired.levels[place],
            tuple(map(float, self.paired.strengths)),
            tuple(
                self._estimate(self._means[:, index, place], int(count))
                for index, count in enumerate(self.counts)
            ),
        )

    def difference(self, index: int | None) -> Difference:
        """Compare the highest and the lowest level at one strength; None: over all strengths."""
        means = self._means.mean(axis=1) if index is None else self._means[:, index]
        pair: Sequence[int] = (0, 0)
        if not np.isnan(means[0]).any():
            pair = (int(means[0].argmax()), int(means[0].argmin()))
        n = 2 * int(self.counts.sum() if index is None else self.counts[index])
        return Difference(
            None if index is None else float(self.paired.strengths[index]),
            self.paired.levels[pair[0]],
            self.paired.levels[pair[1]],
            self._estimate(means[:, pair[0]] - means[:, pair[1]], n),
        )
