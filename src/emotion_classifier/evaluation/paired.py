"""Who of two is right on the same photos, by how much, and whether that is more than chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.errors import missing_extra
from emotion_classifier.evaluation import metrics
from emotion_classifier.evaluation.intervals import Estimate
from emotion_classifier.evaluation.predictions import Predictions, general
from emotion_classifier.evaluation.statistics import Share, Statistic
from emotion_classifier.text import interval, quantity

SIGNIFICANT = 0.05
FORCED_CHOICE = "forced choice"
LABEL_SHOWN = "the label people see"
Rows = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]
Pair = tuple[Predictions, Predictions]


@dataclass(frozen=True)
class Paired:
    """A figure of A and of B, each with the interval that `evaluate` gives it, and B's less A's.

    How the interval of the difference is made depends on the statistic, see `Statistic.difference`.
    """

    a: Estimate
    b: Estimate
    difference: Estimate

    def to_dict(self) -> dict[str, Any]:
        """As `compare --json` prints it."""
        return {"a": self.a.to_dict(), "b": self.b.to_dict(), "difference": self.difference.to_dict()}


@dataclass(frozen=True)
class Verdict:
    """Who is right on some photos, and whether the difference is shown.

    Parameters
    ----------
    accuracy : Paired
        No face or an unreadable photo counts as wrong.
    both_right, only_a, only_b, both_wrong : int
        Photos.
    p : float
        Two-sided exact McNemar test: how often photos on which one alone is right would fall so unevenly by chance.
    groups : int
        Near-duplicates and people, each counted once.
    p_groups : float
        The same test of groups, each for the one that is right on more of its photos.
    """

    accuracy: Paired
    both_right: int
    only_a: int
    only_b: int
    both_wrong: int
    p: float
    groups: int
    p_groups: float

    @property
    def n(self) -> int:
        """Number of photos."""
        return self.both_right + self.only_a + self.only_b + self.both_wrong

    @property
    def shown(self) -> bool:
        """Whether the interval leaves out 0 and the test, of photos and of groups, is below 0.05.

        Each fails in its own way: the interval may leave out 0 for four photos of four, the test of photos does not
        know of groups, and that of groups does not know how many photos each has.
        """
        low, high = self.accuracy.difference.low, self.accuracy.difference.high
        p = max(self.p, self.p_groups)
        return low is not None and high is not None and (low > 0 or high < 0) and p < SIGNIFICANT

    def to_dict(self) -> dict[str, Any]:
        """As `compare --json` prints it, but for the figures themselves."""
        return {
            # Not rounded to 0: no test ever gives that.
            "mcnemar_p": {
                "value": float(f"{self.p:.3g}"),
                "low": None,
                "high": None,
                "n": self.only_a + self.only_b,
            },
            "shown": self.shown,
            "table": {
                "both_right": self.both_right,
                "only_a_right": self.only_a,
                "only_b_right": self.only_b,
                "both_wrong": self.both_wrong,
            },
            "photos": self.n,
            "groups": self.groups,
        }


def judge(pair: Pair, groups: Rows) -> Verdict:
    """Say whose forced choice is right on which photos, with the test and the interval.

    Parameters
    ----------
    pair : (Predictions, Predictions)
        Of A and of B, to the same photos.
    groups : ndarray of int64, shape (n,)
        Photos with the same number count as one in the interval.

    Raises
    ------
    MissingExtraError
        If scipy is not installed.
    """
    return _judge((pair[0].correct, pair[1].correct), groups)


def judge_labels(pair: Pair, groups: Rows) -> Verdict:
    """Say the same of the label people see, which is never right where there is none; as `judge`."""
    names = general(pair[0].names)
    return _judge((pair[0].shown == names, pair[1].shown == names), groups)


def _judge(right: tuple[Marks, Marks], groups: Rows) -> Verdict:
    try:
        from scipy.stats import binomtest
    except ImportError as error:
        raise missing_extra("evaluate", "scipy") from error
    right_a, right_b = right
    only_a, only_b = int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())
    p = float(binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0
    places = np.unique(groups, return_inverse=True)[1].ravel()
    net = np.bincount(places, weights=right_b.astype(float) - right_a)
    ahead, apart = int((net > 0).sum()), int((net != 0).sum())
    return Verdict(
        accuracy=paired_share((right_a, right_b), groups),
        both_right=int((right_a & right_b).sum()),
        only_a=only_a,
        only_b=only_b,
        both_wrong=int((~right_a & ~right_b).sum()),
        p=p,
        groups=len(net),
        p_groups=float(binomtest(ahead, apart).pvalue) if apart else 1.0,
    )


def summarise(verdict: Verdict, *, by: str = FORCED_CHOICE) -> str:
    """Say in one sentence which is better, by what figure and how much, and whether that is shown.

    Examples
    --------
    >>> nothing = Estimate(None, None, None, 0)
    >>> accuracy = Paired(nothing, nothing, Estimate(0.019, -0.004, 0.042, 266))
    >>> verdict = Verdict(
    ...     accuracy, both_right=250, only_a=3, only_b=8, both_wrong=5, p=0.23, groups=262, p_groups=0.23
    ... )
    >>> summarise(verdict)
    'By forced choice, neither is shown to be better: B is ahead by 1.9 points (95 % −0.4 to 4.2, n = 266).'
    """
    difference = verdict.accuracy.difference
    value, ends = difference.value or 0.0, (difference.low, difference.high)
    if not value:
        told = _interval(*ends, verdict.groups)
        return f"By {by}, A and B are right equally often ({told}, n = {verdict.n:,}): no difference shown."
    better = "B"
    if value < 0:
        better, value = "A", -value
        ends = (_negative(difference.high), _negative(difference.low))
    by_how_much = f"by {quantity(value, 'points')} ({_interval(*ends, verdict.groups)}, n = {verdict.n:,})"
    if verdict.shown:
        return f"By {by}, {better} is better {by_how_much}: shown."
    # The interval alone would say otherwise.
    tested = "; the test of photos, or of groups, does not bear it out" if (ends[0] or 0) > 0 else ""
    return f"By {by}, neither is shown to be better: {better} is ahead {by_how_much}{tested}."


def _interval(low: float | None, high: float | None, groups: int) -> str:
    told = interval(low, high, "points")
    return f"{told}, all photos belong together" if groups < 2 else told


def _negative(value: float | None) -> float | None:
    return None if value is None else -value


def paired_share(marks: tuple[Marks, Marks], groups: Rows) -> Paired:
    """Compare how often something is so, given where it is so for A and for B, shape (n,)."""
    return pair_up((Share(marks[0]), Share(marks[1])), groups)


def pair_up(statistics: tuple[Statistic, Statistic], groups: Rows) -> Paired:
    """Compare a statistic of A with that of B, on the photos that count for both.

    Parameters
    ----------
    statistics : (Statistic, Statistic)
        Of one metric, over the same photos.
    groups : ndarray of int64, shape (n,)
        Photos with the same number count as one in the intervals.
    """
    first, second = statistics
    rows = np.flatnonzero(first.of & second.of)
    return Paired(
        first.estimate(groups, rows), second.estimate(groups, rows), first.difference(second, groups)
    )


def paired_metrics(pair: Pair, groups: Rows) -> dict[str, Paired]:
    """Compare every metric that is registered for it and that the data allow for both, by name.

    Parameters
    ----------
    pair : (Predictions, Predictions)
    groups : ndarray of int64, shape (n,)
        Photos with the same number count as one in the intervals.
    """
    of_a, of_b = (
        {metric.name: statistic for metric, statistic in metrics.statistics(each, "compare")} for each in pair
    )
    return {name: pair_up((of_a[name], of_b[name]), groups) for name in of_a if name in of_b}
