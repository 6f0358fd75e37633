"""Figures of groups and the gaps between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from emotion_classifier.data.columns import NOT_SAID
from emotion_classifier.data.groups import photos_needed
from emotion_classifier.evaluation.intervals import UNDEFINED, Estimate
from emotion_classifier.evaluation.predictions import Predictions
from emotion_classifier.fairness.frame import compare_groups
from emotion_classifier.fairness.grouping import TIMES, Grouping
from emotion_classifier.fairness.measures import FEWEST, Measure, columns, measures_of
from emotion_classifier.fairness.permutation import Shuffle, holm, p_value, shuffled_values
from emotion_classifier.fairness.resampling import Drawn, Resamples, difference, ratio
from emotion_classifier.fairness.result import Gap, GroupFigures
from emotion_classifier.fairness.survey import SIGNIFICANT, AuditOptions, points_of

_PER_TEST = 40  # permutations, so that Holm's correction can still come to 0.05
Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class _Tested(NamedTuple):
    """A grouping's groups that take part in gaps, and the metrics that two or more of them have."""

    grouping: Grouping
    taking_part: tuple[int, ...]
    measures: tuple[tuple[int, tuple[int, ...]], ...]


class GroupTable:
    """All sums behind an audit, from which figures and gaps are read.

    Parameters
    ----------
    predictions : Predictions
    unit : ndarray of int64, shape (n,)
        From 0 without gaps.
    options : AuditOptions
    """

    def __init__(self, predictions: Predictions, unit: Rows, options: AuditOptions) -> None:
        self._predictions, self._unit, self._options = predictions, unit, options
        self.needed = max(FEWEST, photos_needed(options.points))
        everybody = np.arange(len(predictions))
        candidates = measures_of(predictions)
        self.measures = tuple(each for each in candidates if each.enough(everybody, unit, self.needed))
        self._dropped = tuple(each for each in candidates if each not in self.measures)
        if not self.measures:
            # Of everybody all is told with its interval, however few they are; no group has figures.
            self.measures, self._dropped = candidates, ()
        self._table, self._places = columns(self.measures)
        self._resamples = Resamples(unit, rounds=options.rounds, seed=options.seed)
        self._drawn: dict[tuple[str, str], dict[str, Drawn]] = {}
        self.overall: dict[str, Estimate] = {
            name: each.estimate for name, each in self._draw(everybody, few=True).items()
        }

    def figures(self, grouping: Grouping) -> Iterator[GroupFigures]:
        """Yield the figures of every group, all rows accounted for."""
        for code, group in enumerate(grouping.groups):
            rows = np.flatnonzero(grouping.codes == code)
            people = len(np.unique(self._unit[rows]))
            if people < self.needed:
                yield GroupFigures(grouping.by, group, len(rows), people, needed=self.needed)
                continue
            drawn = self._drawn[grouping.by, group] = self._draw(rows)
            metrics = {name: each.estimate for name, each in drawn.items()}
            yield GroupFigures(grouping.by, group, len(rows), people, metrics)

    def gaps(
        self, groupings: Sequence[Grouping], *, progress: Callable[[str, int, int], None] | None = None
    ) -> tuple[Gap, ...]:
        """Compare the groups that have figures; call it after `figures`."""
        tested = [each for each in map(self._tested, groupings) if each.measures]
        rounds = max(self._options.rounds, _PER_TEST * sum(len(each.measures) for each in tested))
        found: list[Gap] = []
        for done, each in enumerate(tested):
            if progress:
                progress("testing gaps", done, len(tested))
            found += self._compare(each, rounds)
        if progress and tested:
            progress("testing gaps", len(tested), len(tested))
        corrected = holm([gap.p_value for gap in found])
        return tuple(
            replace(gap, p_corrected=after, shown=self._shown(gap, after))
            for gap, after in zip(found, corrected, strict=True)
        )

    def not_measured(self, groups: Sequence[GroupFigures], unit_name: str) -> Iterator[str]:
        """Say what has no figures and why."""
        if self._dropped:
            names = ", ".join(measure.name for measure in self._dropped)
            yield (
                f"Too few {unit_name} have the classes for {names} ({self.needed:,} are needed). A class that is rare "
                f"can be left out with --labels."
            )
        if not any(each.metrics for each in groups):
            yield f"No group is measured: each needs {self.needed:,} {unit_name}."
            return
        for by in dict.fromkeys(each.by for each in groups):
            of_column = [each for each in groups if each.by == by]
            large = [
                each for each in of_column if each.needed is None and NOT_SAID not in each.group.split(TIMES)
            ]
            if len(large) < 2:
                yield f"By {by}, no two groups are large enough to compare."
            for each in of_column:
                absent = [one.name for one in self.measures if each.metrics and one.name not in each.metrics]
                if absent:
                    yield (
                        f"{', '.join(absent)} of {each.group} (by {by}): too few of the {each.n:,} photos have "
                        f"the class."
                    )

    def _draw(self, rows: Rows, *, few: bool = False) -> dict[str, Drawn]:
        """Measure some photos; what is known of too few of them only where asked for."""
        sums, resampled = self._table[rows].sum(axis=0), self._resamples.sums(rows, self._table)
        return {
            measure.name: self._resamples.draw(measure, rows, sums[place], resampled[:, place])
            for measure, place in zip(self.measures, self._places, strict=True)
            if few or measure.enough(rows, self._unit, self.needed)
        }

    def _tested(self, grouping: Grouping) -> _Tested:
        parts = tuple(
            code
            for code, group in enumerate(grouping.groups)
            if grouping.said[code] and (grouping.by, group) in self._drawn
        )
        measures = []
        for place, measure in enumerate(self.measures):
            having = tuple(
                position
                for position, code in enumerate(parts)
                if measure.name in self._drawn[grouping.by, grouping.groups[code]]
            )
            if len(having) > 1:
                measures.append((place, having))
        return _Tested(grouping, parts, tuple(measures))

    def _compare(self, tested: _Tested, rounds: int) -> list[Gap]:
        grouping = tested.grouping
        rows = np.flatnonzero(np.isin(grouping.codes, tested.taking_part))
        codes = np.searchsorted(tested.taking_part, grouping.codes[rows])
        shuffle = Shuffle(codes, self._unit[rows], self._predictions.y_true[rows])
        chosen = [(self.measures[place], self._places[place]) for place, _ in tested.measures]
        shuffled = shuffled_values(
            shuffle, chosen, self._table[rows], rounds=rounds, seed=self._options.seed + 1
        )
        alike = self._alike(rows, codes, chosen)
        compared = compare_groups(
            np.array(grouping.groups)[grouping.codes],
            [measure for measure, _ in chosen],
            unit=self._unit,
            needed=self.needed,
            rows=rows,
        )
        names = [grouping.groups[code] for code in tested.taking_part]
        found = []
        for place, (measure, (_, having)) in enumerate(
            zip([one for one, _ in chosen], tested.measures, strict=True)
        ):
            values = compared.values[measure.name]
            of_groups = [names[position] for position in having]
            observed = np.array([values[group] for group in of_groups])
            by_chance = shuffled[:, list(having), place]
            highest = int(np.argmax(observed))
            # Another group even where all are alike.
            others = np.where(np.arange(len(observed)) == highest, np.inf, observed)
            lowest = int(np.argmin(others))
            gap = self._gap(grouping.by, measure, (of_groups[highest], of_groups[lowest]))
            found.append(
                replace(
                    gap,
                    difference=replace(gap.difference, value=compared.differences[measure.name]),
                    explained=float(alike[having[highest], place] - alike[having[lowest], place]),
                    p_value=p_value(observed, by_chance),
                )
            )
        return found

    def _shown(self, gap: Gap, p: float) -> bool:
        low, high = gap.difference.low, gap.difference.high
        beyond = low is not None and high is not None and not low <= gap.explained <= high
        # As it is and without what the mix explains: two effects that cancel out are no gap anybody meets.
        whole = points_of(replace(gap, explained=0.0))
        return beyond and p < SIGNIFICANT and min(whole, points_of(gap)) >= self._options.points_of_concern

    def _alike(self, rows: Rows, codes: Rows, chosen: Sequence[tuple[Measure, slice]]) -> Floats:
        """Work out what each group would have if only its classes set it apart, shape (groups, measures)."""
        truth = self._predictions.y_true[rows]
        values = []
        for measure, place in chosen:
            alike = measure.by_class(self._table[rows, place], truth)
            sums = np.stack([alike[codes == code].sum(axis=0) for code in range(int(codes.max()) + 1)])
            values.append(measure.value(sums))
        return np.stack(values, axis=1)

    def _gap(self, by: str, measure: Measure, ends: tuple[str, str]) -> Gap:
        high, low = (self._drawn[by, group][measure.name] for group in ends)
        divided = ratio(high, low) if measure.metric.has_ratio else UNDEFINED
        return Gap(by, measure.name, *ends, difference(high, low), divided, 1.0, 1.0)
