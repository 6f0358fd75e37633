"""Who of two is right on the same photos, by how much, and whether that is more than chance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.errors import missing_extra
from emotion_classifier.evaluation.intervals import Estimate, bootstrap, grouped_share
from emotion_classifier.evaluation.label_metrics import general
from emotion_classifier.evaluation.predictions import Answers
from emotion_classifier.evaluation.scores import balanced_accuracy, log_loss
from emotion_classifier.model.scale import CANONICAL
from emotion_classifier.text import percent

SIGNIFICANT = 0.05
FORCED_CHOICE = "forced choice"
LABEL_SHOWN = "the label people see"
Rows = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]
Pair = tuple[Answers, Answers]
Statistic = Callable[[int, Rows], float]  # of A (0) or B (1), on some rows


@dataclass(frozen=True)
class Paired:
    """A figure of A and of B, each with the interval that `evaluate` gives it, and B's less A's.

    The interval of the difference is of a paired bootstrap of whole groups.
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
    """

    accuracy: Paired
    both_right: int
    only_a: int
    only_b: int
    both_wrong: int
    p: float
    groups: int

    @property
    def n(self) -> int:
        """Number of photos."""
        return self.both_right + self.only_a + self.only_b + self.both_wrong

    @property
    def shown(self) -> bool:
        """Whether the interval leaves out 0 and the test is below 0.05: both, since each fails in its own way.

        The bootstrap's interval is too short for a handful of photos, the test does not know of groups.
        """
        low, high = self.accuracy.difference.low, self.accuracy.difference.high
        return low is not None and high is not None and (low > 0 or high < 0) and self.p < SIGNIFICANT

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
    pair : (Answers, Answers)
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
    return Verdict(
        accuracy=paired_share((right_a, right_b), groups),
        both_right=int((right_a & right_b).sum()),
        only_a=only_a,
        only_b=only_b,
        both_wrong=int((~right_a & ~right_b).sum()),
        p=p,
        groups=len(np.unique(groups)),
    )


def summarise(verdict: Verdict, *, by: str = FORCED_CHOICE) -> str:
    """Say in one sentence which is better, by what figure and how much, and whether that is shown.

    Examples
    --------
    >>> nothing = Estimate(None, None, None, 0)
    >>> accuracy = Paired(nothing, nothing, Estimate(0.019, -0.004, 0.042, 266))
    >>> summarise(Verdict(accuracy, both_right=250, only_a=3, only_b=8, both_wrong=5, p=0.23, groups=262))
    'By forced choice, B is better by 1.9 points (95 % −0.4 to 4.2, n = 266): not shown.'
    """
    difference = verdict.accuracy.difference
    value, ends = difference.value or 0.0, (difference.low, difference.high)
    if not value:
        return f"By {by}, A and B are right equally often ({_interval(*ends)}, n = {verdict.n:,}): no difference shown."
    better = "B"
    if value < 0:
        better, value = "A", -value
        ends = (_negative(difference.high), _negative(difference.low))
    shown = "shown" if verdict.shown else "not shown"
    return f"By {by}, {better} is better by {percent(value)} points ({_interval(*ends)}, n = {verdict.n:,}): {shown}."


def _interval(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return "no interval, all photos belong together"
    return f"95 % {percent(low)} to {percent(high)}"


def _negative(value: float | None) -> float | None:
    return None if value is None else -value


def paired_share(marks: tuple[Marks, Marks], groups: Rows) -> Paired:
    """Compare how often something is so, given where it is so for A and for B, shape (n,)."""
    a, b = (grouped_share(each, groups=groups) for each in marks)
    return Paired(a, b, _difference(lambda side, rows: float(marks[side][rows].mean()), groups))


def paired_metrics(pair: Pair, groups: Rows) -> dict[str, Paired]:
    """Compare every figure: of the label people see, then of the forced choice.

    Those are ``label_accuracy``, ``label_recall_happy``, ``…_neutral`` and ``…_sad``, ``neutral_called_sad``, then
    ``accuracy``, ``balanced_accuracy``, ``log_loss`` (where both found a face) and ``coverage``.

    Parameters
    ----------
    pair : (Answers, Answers)
    groups : ndarray of int64, shape (n,)
        Photos with the same number count as one in the intervals.
    """
    truth, forced = pair[0].truth, (pair[0].forced, pair[1].forced)
    seen = np.flatnonzero(pair[0].answered & pair[1].answered)
    probabilities = [answers.probabilities[seen] for answers in pair]
    seen_truth = truth[seen]
    return {
        **_label_metrics(pair, groups),
        "accuracy": paired_share((pair[0].correct, pair[1].correct), groups),
        "balanced_accuracy": _paired(
            lambda side, rows: balanced_accuracy(truth[rows], forced[side][rows]), groups
        ),
        "log_loss": _paired(
            lambda side, rows: log_loss(seen_truth[rows], probabilities[side][rows]), groups[seen]
        ),
        "coverage": paired_share((pair[0].decided, pair[1].decided), groups),
    }


def _label_metrics(pair: Pair, groups: Rows) -> dict[str, Paired]:
    names, shown = general(pair[0].names), (pair[0].shown, pair[1].shown)
    found = {"label_accuracy": paired_share((shown[0] == names, shown[1] == names), groups)}
    wanted = [(f"label_recall_{label}", label, label) for label in CANONICAL[:3]]
    for metric, truth, called in (*wanted, ("neutral_called_sad", "neutral", "sad")):
        of = np.flatnonzero(names == truth)
        if len(of):
            found[metric] = paired_share((shown[0][of] == called, shown[1][of] == called), groups[of])
    return found


def _paired(statistic: Statistic, groups: Rows) -> Paired:
    n = len(groups)
    a, b = (bootstrap(partial(statistic, side), n, groups=groups) for side in (0, 1))
    return Paired(a, b, _difference(statistic, groups))


def _difference(statistic: Statistic, groups: Rows) -> Estimate:
    return bootstrap(lambda rows: statistic(1, rows) - statistic(0, rows), len(groups), groups=groups)
