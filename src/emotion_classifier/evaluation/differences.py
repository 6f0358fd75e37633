"""Intervals of the difference of two shares: of different photos, and of the same photos read twice."""

from __future__ import annotations

import math

import numpy as np

from emotion_classifier.evaluation.intervals import (
    UNDEFINED,
    Estimate,
    Floats,
    Rows,
    Z,
    effective_number,
    ends_of,
)

# With fewer groups on which one alone is right, the exact test of groups cannot come below 0.05.
_FEWEST_APART = 6
_HALVINGS = 60


def difference_of_shares(first: Estimate, second: Estimate) -> Estimate:
    """Estimate the difference of two shares of different photos with the hybrid score interval.

    Parameters
    ----------
    first, second : Estimate
        With Wilson's intervals.

    Returns
    -------
    Estimate
        The first less the second; ``n`` counts both.

    References
    ----------
    Newcombe (1998), Interval estimation for the difference between independent proportions, method 10.

    Examples
    --------
    >>> from emotion_classifier.evaluation.intervals import wilson
    >>> difference_of_shares(wilson(56, 70), wilson(48, 80)).to_dict()
    {'value': 0.2, 'low': 0.052431, 'high': 0.333873, 'n': 150}
    """
    if None in (first.value, first.low, first.high, second.value, second.low, second.high):
        return UNDEFINED
    (a, a_low, a_high), (b, b_low, b_high) = ends_of(first), ends_of(second)
    down, up = math.hypot(a - a_low, b_high - b), math.hypot(a_high - a, b - b_low)
    return Estimate(a - b, a - b - down, a - b + up, first.n + second.n)


def difference_of_paired_shares(further: Floats, groups: Rows) -> Estimate:
    """Estimate the difference of two shares of the same photos with Tango's score interval.

    The interval is that of as many photos as are independent, see `effective_number`; not more than there are groups
    where the two differ in a handful of groups, which say too little of how much groups vary.

    Parameters
    ----------
    further : ndarray of float64, shape (n,)
        1 for a photo that counts for the second share alone, −1 for the first alone, 0 for both or neither.
    groups : ndarray of int64, shape (n,)
        Photos with the same number are not independent. All in one group: there is no interval.

    Returns
    -------
    Estimate
        The second less the first; ``n`` counts photos.

    References
    ----------
    Tango (1998), Equivalence test and confidence interval for the difference in proportions for the paired-sample
    design.

    Examples
    --------
    One photo of ten on which the second alone is right, and none:

    >>> photos = np.arange(10)
    >>> difference_of_paired_shares(np.array([1.0] + [0.0] * 9), photos).to_dict()
    {'value': 0.1, 'low': -0.205286, 'high': 0.40415, 'n': 10}
    >>> difference_of_paired_shares(np.zeros(10), photos).to_dict()
    {'value': 0.0, 'low': -0.277533, 'high': 0.277533, 'n': 10}
    """
    if not len(further):
        return UNDEFINED
    value, of_groups = float(further.mean()), len(np.unique(groups))
    if of_groups < 2:
        return Estimate(value, None, None, len(further))
    n = effective_number(further, groups)
    if len(np.unique(groups[further != 0])) < _FEWEST_APART:
        n = min(n, of_groups)
    low, high = paired_score_interval(float((further > 0).mean()), float((further < 0).mean()), n)
    return Estimate(value, low, high, len(further))


def paired_score_interval(second: float, first: float, n: float) -> tuple[float, float]:
    """Tango's score interval for how much more often the second of two is right than the first.

    Parameters
    ----------
    second, first : float
        Shares of the photos on which that one alone is right.
    n : float
        Photos; may be an effective number and need not be whole.

    Examples
    --------
    >>> [round(end, 3) for end in paired_score_interval(12 / 50, 2 / 50, 50)]
    [0.061, 0.345]
    """
    value = second - first

    def score(difference: float) -> float:
        """How many standard errors the value lies above a difference, were that the true one."""
        # The likeliest share of the first alone, given the difference.
        middle = (2 - value) * difference - second - first
        root = math.sqrt(middle * middle + 8 * first * difference * (1 - difference))
        variance = (root - middle) / 2 + difference * (1 - difference)
        return (
            (value - difference) * math.sqrt(n / variance)
            if variance > 0
            else math.inf * (value - difference)
        )

    def solve(low: float, high: float, target: float) -> float:
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if score(middle) > target else (low, middle)
        return (low + high) / 2

    return (-1.0 if first == 1 else solve(-1.0, value, Z)), (1.0 if second == 1 else solve(value, 1.0, -Z))
