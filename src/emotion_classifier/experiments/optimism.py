"""How far the best of many trials looks better than it is."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

from emotion_classifier.evaluation.intervals import (
    LEVEL,
    UNDEFINED,
    Estimate,
    effective_of,
    score_interval,
    wilson,
)
from emotion_classifier.experiments.tune import Trial
from emotion_classifier.text import percent


def difference(first: Estimate, second: Estimate) -> Estimate:
    """Estimate the difference of two shares of different photos.

    Parameters
    ----------
    first, second : Estimate
        From `wilson`.

    Returns
    -------
    Estimate
        The first less the second, with the hybrid score interval; ``n`` counts both.

    References
    ----------
    Newcombe (1998), Interval estimation for the difference between independent proportions, method 10.

    Examples
    --------
    >>> difference(wilson(56, 70), wilson(48, 80)).to_dict()
    {'value': 0.2, 'low': 0.0524, 'high': 0.3339, 'n': 150}
    """
    if None in (first.value, second.value):
        return UNDEFINED
    a, a_low, a_high = _numbers(first)
    b, b_low, b_high = _numbers(second)
    down = math.hypot(a - a_low, b_high - b)
    up = math.hypot(a_high - a, b - b_low)
    return Estimate(a - b, a - b - down, a - b + up, first.n + second.n)


def _numbers(estimate: Estimate) -> tuple[float, float, float]:
    assert estimate.value is not None and estimate.low is not None and estimate.high is not None
    return estimate.value, estimate.low, estimate.high


def confess(validation: Estimate, test: Estimate, optimism: Estimate, *, tried: int) -> str:
    """Say in words what the search promised, what came of it, and which to believe.

    Parameters
    ----------
    validation, test : Estimate
        Accuracy on the photos it was chosen on, and on the test photos.
    optimism : Estimate
        From `difference`.
    tried : int
        Trials it was chosen from.

    Examples
    --------
    >>> validation, test = wilson(56, 70), wilson(48, 80)
    >>> print(confess(validation, test, difference(validation, test), tried=20))
    The best of 20 trials was right on 80.0 % of the 70 photos it was chosen on, and the model trained with its \
parameters on 60.0 % of 80 photos that no trial saw: the search flattered itself by 20.0 points (95 % 5.2 to 33.4). \
Only the second figure is a measurement.
    """
    if optimism.value is None or validation.value is None or test.value is None:
        return "In no test photo was a face found, so nothing can be said of what the search is worth."
    low, high = optimism.low or 0.0, optimism.high or 0.0
    points = f"{percent(optimism.value)} points (95 % {percent(low)} to {percent(high)})"
    if low > 0:
        verdict = f"the search flattered itself by {points}."
    elif high < 0:
        verdict = f"a difference of {points}, so the test photos are easier than those it was chosen on."
    else:
        verdict = f"a difference of {points}, no more than chance makes between so few photos."
    return (
        f"The best of {tried} trials was right on {percent(validation.value)} % of the {validation.n:,} photos it was "
        f"chosen on, and the model trained with its parameters on {percent(test.value)} % of {test.n:,} photos that "
        f"no trial saw: {verdict} Only the second figure is a measurement."
    )


def log_loss_of(trial: Trial) -> Estimate:
    """Estimate a trial's log loss on the carved part; normal interval of a mean over independent photos."""
    if not trial.metrics:
        return UNDEFINED
    mean, n = trial.metrics["log_loss"], int(trial.metrics["n"])
    error = trial.metrics["log_loss_sd"] / math.sqrt(n)
    if _groups(trial) < n:
        error = math.sqrt(trial.metrics["log_loss_between"]) / n
    half = NormalDist().inv_cdf(0.5 + LEVEL / 2) * error
    return Estimate(mean, max(0.0, mean - half), mean + half, n)


def accuracy_of(trial: Trial) -> Estimate:
    """Estimate a trial's accuracy on the carved part."""
    correct, n = int(trial.metrics.get("correct", 0)), int(trial.metrics.get("n", 0))
    if _groups(trial) == n:
        return wilson(correct, n)
    share, spread = correct / n, trial.metrics["accuracy_between"]
    known = effective_of(share, n, groups=_groups(trial), spread=spread)
    return Estimate(share, *score_interval(share, known), n)


def _groups(trial: Trial) -> int:
    """Independent photos; all of them in trials from before groups were counted."""
    return int(trial.metrics.get("groups", trial.metrics.get("n", 0)))


def with_intervals(trial: Trial) -> dict[str, Any]:
    """As `tune --json` prints a trial."""
    metrics = {"log_loss": log_loss_of(trial).to_dict(), "accuracy": accuracy_of(trial).to_dict()}
    return trial.to_dict() | {"metrics": metrics if trial.metrics else {}}
