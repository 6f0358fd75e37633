"""How far the best of many trials looks better than it is."""

from __future__ import annotations

import math
from typing import Any

from emotion_classifier.evaluation.intervals import (
    UNDEFINED,
    Estimate,
    effective_of,
    normal_interval,
    score_interval,
    wilson,
)
from emotion_classifier.experiments.tune import Trial
from emotion_classifier.text import interval, quantity


def confess(validation: Estimate, test: Estimate, optimism: Estimate, *, tried: int) -> str:
    """Say in words what the search promised, what came of it, and which to believe.

    Parameters
    ----------
    validation, test : Estimate
        Accuracy on the photos it was chosen on, and on the test photos.
    optimism : Estimate
        From `difference_of_shares`.
    tried : int
        Trials it was chosen from.

    Examples
    --------
    >>> from emotion_classifier.evaluation.differences import difference_of_shares
    >>> validation, test = wilson(56, 70), wilson(48, 80)
    >>> print(confess(validation, test, difference_of_shares(validation, test), tried=20))
    The best of 20 trials was right on 80.0 % of the 70 photos it was chosen on, and the model trained with its \
parameters on 60.0 % of 80 photos that no trial saw: the search flattered itself by 20.0 points (95 % 5.2 to 33.4). \
Only the second figure is a measurement.
    """
    if optimism.value is None or validation.value is None or test.value is None:
        return "In no test photo was a face found, so nothing can be said of what the search is worth."
    low, high = optimism.low or 0.0, optimism.high or 0.0
    points = f"{quantity(optimism.value, 'points')} ({interval(low, high, 'points')})"
    if low > 0:
        verdict = f"the search flattered itself by {points}."
    elif high < 0:
        verdict = f"a difference of {points}, so the test photos are easier than those it was chosen on."
    else:
        verdict = f"a difference of {points}, no more than chance makes between so few photos."
    return (
        f"The best of {tried} trials was right on {quantity(validation.value, '%')} of the {validation.n:,} photos it "
        f"was chosen on, and the model trained with its parameters on {quantity(test.value, '%')} of {test.n:,} photos "
        f"that no trial saw: {verdict} Only the second figure is a measurement."
    )


def log_loss_of(trial: Trial) -> Estimate:
    """Estimate a trial's log loss on the carved part; normal interval of a mean over independent photos."""
    if not trial.metrics:
        return UNDEFINED
    mean, n = trial.metrics["log_loss"], int(trial.metrics["n"])
    error = trial.metrics["log_loss_sd"] / math.sqrt(n)
    if _groups(trial) < n:
        error = math.sqrt(trial.metrics["log_loss_between"]) / n
    return normal_interval(mean, error, n)


def accuracy_of(trial: Trial) -> Estimate:
    """Estimate a trial's accuracy on the carved part."""
    correct, n = int(trial.metrics.get("correct", 0)), int(trial.metrics.get("n", 0))
    if _groups(trial) == n:
        return wilson(correct, n)
    share, spread = correct / n, trial.metrics["accuracy_between"]
    known = effective_of(share * (1 - share), n, groups=_groups(trial), spread=spread)
    return Estimate(share, *score_interval(share, known), n)


def _groups(trial: Trial) -> int:
    """Independent photos; all of them in trials from before groups were counted."""
    return int(trial.metrics.get("groups", trial.metrics.get("n", 0)))


def with_intervals(trial: Trial) -> dict[str, Any]:
    """As `tune --json` prints a trial."""
    metrics = {"log_loss": log_loss_of(trial).to_dict(), "accuracy": accuracy_of(trial).to_dict()}
    return trial.to_dict() | {"metrics": metrics if trial.metrics else {}}
