"""Which photo belongs to which group: columns of the data as their owner wrote them, and intersections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import numpy.typing as npt

from emotion_classifier.data import Dataset
from emotion_classifier.data.columns import NOT_SAID, is_missing, one_spelling, rising
from emotion_classifier.data.parquet import LABELLING
from emotion_classifier.errors import DatasetError
from emotion_classifier.evaluation.slices import MOST_VALUES
from emotion_classifier.fairness.bands import AGE_BANDS, band_all, parse_number

TIMES = " × "
_MOST_NUMBERS = 12  # different numbers that may still be groups rather than measurements
_MOST_TOGETHER = 3  # columns of one intersection


@dataclass(frozen=True)
class Grouping:
    """Every photo's group in one column or one intersection.

    Parameters
    ----------
    by : str
        The column, or the columns joined with " × ".
    groups : tuple of k str
        In rising order, "(not said)" last.
    codes : ndarray of int64, shape (n,)
        Index into `groups`.
    notes : tuple of str
        What was done to the values, in plain sentences.
    """

    by: str
    groups: tuple[str, ...]
    codes: npt.NDArray[np.int64]
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def said(self) -> npt.NDArray[np.bool_]:
        """Which groups have a value in every column, shape (k,)."""
        return np.array([NOT_SAID not in group.split(TIMES) for group in self.groups], np.bool_)


def group_columns(dataset: Dataset, group_column: str) -> tuple[str, ...]:
    """Name the columns that may hold groups of people."""
    return tuple(name for name in dataset.columns if name not in LABELLING and name != group_column)


def group_by(
    dataset: Dataset,
    by: Sequence[str],
    *,
    age_bands: Sequence[float] = AGE_BANDS,
    bands: Mapping[str, Sequence[float]] | None = None,
) -> tuple[Grouping, ...]:
    """Sort photos by each column, by each pair of columns, and by all of them where there are three.

    Parameters
    ----------
    dataset : Dataset
    by : sequence of str
        Names of columns.
    age_bands : sequence of float
        Lower ends of the bands of a column called age.
    bands : mapping of column to sequence of float
        The same of other columns.

    Raises
    ------
    DatasetError
        If a column is not there, has too many values, or holds numbers and words.
    """
    names = dict.fromkeys(map(dataset.column_named, by))
    edges = {name: tuple(age_bands) for name in names if name.strip().lower() == "age"}
    edges |= {dataset.column_named(name): tuple(given) for name, given in (bands or {}).items()}
    singles = [_column(dataset, name, edges.get(name)) for name in names]
    together: list[tuple[Grouping, ...]] = list(combinations(singles, 2))
    if len(singles) == _MOST_TOGETHER:
        together.append(tuple(singles))
    return (*singles, *map(intersect, together))


def intersect(parts: Sequence[Grouping]) -> Grouping:
    """Sort photos by several columns at once; only combinations that occur are groups."""
    stacked = np.stack([part.codes for part in parts], axis=1)
    found, codes = np.unique(stacked, axis=0, return_inverse=True)
    groups = tuple(
        TIMES.join(part.groups[code] for part, code in zip(parts, row, strict=True)) for row in found
    )
    return Grouping(TIMES.join(part.by for part in parts), groups, np.asarray(codes.ravel(), np.int64))


def _column(dataset: Dataset, name: str, edges: Sequence[float] | None) -> Grouping:
    raw = [None if is_missing(value) else value for value in dataset.columns[name]]
    notes: tuple[str, ...] = ()
    if edges is not None:
        values = band_all(name, raw, dataset.ids, edges)
        if values == [None if value is None else str(value) for value in raw] and any(values):
            notes = (
                f"The column {name!r} holds words, not numbers: they are taken as they are, without bands.",
            )
    else:
        values, notes = one_spelling(name, raw)
    known = sorted({value for value in values if value is not None}, key=rising)
    if edges is None:
        _refuse_many(name, known)
    groups = (*known, NOT_SAID) if None in values else tuple(known)
    place = {group: index for index, group in enumerate(groups)}
    codes = np.array([place[NOT_SAID if value is None else value] for value in values], np.int64)
    return Grouping(name, groups, codes, notes)


def _refuse_many(name: str, known: Sequence[str]) -> None:
    numeric = bool(known) and all(parse_number(value) is not None for value in known)
    if len(known) <= (_MOST_NUMBERS if numeric else MOST_VALUES):
        return
    if numeric:
        raise DatasetError(
            f"The column {name!r} has {len(known):,} different numbers, too many for groups. Put them into bands by "
            f"their lower ends: --bands {name}=0,10,20."
        )
    raise DatasetError(
        f"The column {name!r} has {len(known):,} different values, and groups are made of at most {MOST_VALUES}. "
        f"Put its values into a few kinds, in a column of their own, and name that; if it says who is in the photo, "
        f"name it with --group-column."
    )
