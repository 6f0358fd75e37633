"""Whether groups differ at all: what their figures would be if groups were handed out by chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from emotion_classifier.fairness.measures import Measure

_AT_ONCE = 500  # rounds, for memory
_TIE = 1e-9
Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


class Shuffle:
    """Groups shuffled among people, or among photos where nobody says whose they are.

    A person whose photos are in several groups counts once in each. Groups are shuffled among people with about
    as many photos of each class, so that a group whose photos are mostly happy stays so, and a difference that comes
    from the classes alone is none.

    Parameters
    ----------
    codes : ndarray of int64, shape (n,)
        Group of every photo, from 0.
    unit, truth : ndarray of int64, shape (n,)
        Whose photo it is, and its class.
    """

    def __init__(self, codes: Rows, unit: Rows, truth: Rows) -> None:
        blocks, self.place = np.unique(np.stack([unit, codes], axis=1), axis=0, return_inverse=True)
        self.place = self.place.ravel()
        self.codes = np.asarray(blocks[:, 1], np.int64)
        self.groups = int(codes.max()) + 1
        counts = np.zeros((len(blocks), int(truth.max()) + 1), np.int64)
        np.add.at(counts, (self.place, truth), 1)
        # 0, 1, 2 to 3, 4 to 7, ... photos of each class.
        _, strata = np.unique(np.frexp(counts.astype(np.float64))[1], axis=0, return_inverse=True)
        strata = strata.ravel()
        self._strata = [np.flatnonzero(strata == each) for each in range(int(strata.max()) + 1)]
        self._strata = [rows for rows in self._strata if len(np.unique(self.codes[rows])) > 1]

    def sums(self, table: Floats, *, rounds: int, seed: int) -> Iterator[Floats]:
        """Yield sums of the columns of `table`, shape (n, columns), in each group, shape (rounds, groups, columns)."""
        by_unit = np.zeros((len(self.codes), table.shape[1]))
        np.add.at(by_unit, self.place, table)
        generator = np.random.default_rng(seed)
        for done in range(0, rounds, _AT_ONCE):
            shuffled = np.tile(self.codes.astype(np.int16), (min(_AT_ONCE, rounds - done), 1))
            for rows in self._strata:
                shuffled[:, rows] = generator.permuted(shuffled[:, rows], axis=1)
            yield np.stack([(shuffled == group) @ by_unit for group in range(self.groups)], axis=1)


def p_value(observed: Floats, shuffled: Floats) -> float:
    """Tell how often chance makes some group as unusual as the most unusual one is.

    Each group's figure is set against its own mean and spread over the shuffles, so that groups of different sizes,
    the bias of calibration in small ones and the mix of classes are allowed for.

    Parameters
    ----------
    observed : ndarray of float64, shape (groups,)
    shuffled : ndarray of float64, shape (rounds, groups)

    References
    ----------
    Phipson and Smyth (2010), Permutation p-values should never be zero.
    """
    every = np.vstack([observed, shuffled])
    spread = np.nanstd(every, axis=0)
    away = np.abs(every - np.nanmean(every, axis=0)) / np.where(spread > _TIE, spread, np.inf)
    unusual = np.nan_to_num(away).max(axis=1)
    return float(np.mean(unusual >= unusual[0] - _TIE))


def shuffled_values(
    shuffle: Shuffle,
    measures: Sequence[tuple[Measure, slice]],
    table: Floats,
    *,
    rounds: int,
    seed: int,
) -> Floats:
    """Work measures out under shuffled groups, shape (rounds, groups, measures)."""
    return np.concatenate(
        [
            np.stack([measure.value(sums[..., place]) for measure, place in measures], axis=-1)
            for sums in shuffle.sums(table, rounds=rounds, seed=seed)
        ]
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p-values for their number; the chance of any false alarm stays below the level.

    References
    ----------
    Holm (1979), A simple sequentially rejective multiple test procedure.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    values = np.asarray(p_values, np.float64)
    order = np.argsort(values, kind="stable")
    steps = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    corrected = np.empty_like(values)
    corrected[order] = np.minimum(steps, 1.0)
    return [float(value) for value in corrected]
