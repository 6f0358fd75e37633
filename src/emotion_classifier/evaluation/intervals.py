"""A figure with the interval it should never be quoted without."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.data.groups import between
from emotion_classifier.errors import missing_extra

_TAILS = (0.025, 0.975)  # quantiles between which a 95 % interval lies
Z = NormalDist().inv_cdf(_TAILS[1])
"""Standard errors from the middle of a 95 % interval to its ends, where it is normal."""
RESAMPLES = 1000
_NO_VARIANCE = 1e-12
_NO_WIDTH = 1e-9
Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]
Draw = Callable[[np.random.Generator], npt.NDArray[np.int64]]


@dataclass(frozen=True)
class Estimate:
    """A figure, its 95 % interval, and the number of photos (or fits) it rests on.

    ``value``, ``low`` and ``high`` are None where the figure is not defined, as the accuracy on no photos.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int

    @classmethod
    def from_dict(cls, found: Mapping[str, Any] | None) -> Estimate:
        """Read what `to_dict` gave; None: nothing was measured."""
        found = found or {}
        return cls(found.get("value"), found.get("low"), found.get("high"), found.get("n", 0))

    def to_dict(self) -> dict[str, Any]:
        """As `evaluate --json` prints it: to six places, so that text made from there rounds as the figure does."""
        rounded = {
            name: None if number is None else round(number, 6)
            for name, number in (("value", self.value), ("low", self.low), ("high", self.high))
        }
        return {**rounded, "n": self.n}


UNDEFINED = Estimate(None, None, None, 0)


def wilson(correct: int, n: int) -> Estimate:
    """Estimate a proportion with Wilson's score interval.

    Parameters
    ----------
    correct, n : int
        Successes and trials, ``0 <= correct <= n``.

    Returns
    -------
    Estimate

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference.

    Examples
    --------
    >>> wilson(51, 67).to_dict()
    {'value': 0.761194, 'low': 0.646742, 'high': 0.847319, 'n': 67}
    """
    if n == 0:
        return UNDEFINED
    return Estimate(correct / n, *score_interval(correct / n, n), n)


def score_interval(share: float, n: float) -> tuple[float, float]:
    """Wilson's score interval; n may be an effective number and need not be whole.

    Examples
    --------
    >>> [round(end, 3) for end in score_interval(1.0, 60)]
    [0.94, 1.0]
    """
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def grouped_share(hits: Marks, of: Marks | None = None, groups: Rows | None = None) -> Estimate:
    """Estimate a share of photos of which some belong together, with Wilson's interval.

    The interval is that of as many photos as are independent, see `effective_number`.

    Parameters
    ----------
    hits : ndarray of bool, shape (n,)
    of : ndarray of bool, shape (n,), or None
        The photos that count; None: all.
    groups : ndarray of int64, shape (n,), or None
        Photos with the same number are not independent; None: no two are.

    Returns
    -------
    Estimate
        Its ``n`` counts photos.

    Examples
    --------
    >>> right = np.array([True] * 3 + [False])
    >>> grouped_share(right).to_dict() == wilson(3, 4).to_dict()
    True
    >>> grouped_share(right, groups=np.array([7, 7, 7, 8])).low < wilson(3, 4).low
    True
    """
    rows = np.arange(len(hits)) if of is None else np.flatnonzero(of)
    estimate = wilson(int(hits[rows].sum()), len(rows))
    if groups is None or estimate.value is None:
        return estimate
    n = effective_number(hits[rows].astype(np.float64), groups[rows])
    return Estimate(estimate.value, *score_interval(estimate.value, n), len(rows))


def effective_number(values: Floats, groups: Rows) -> float:
    """How many independent photos would tell a share, or the difference of two, as well as these do.

    Those of which the mean has the variance that it has over groups (the linearised variance of a ratio of sums),
    fewer by what a variance known from few groups costs, at least one and at most as many as there are photos. Where
    all groups are alike, as when every photo is right, nothing is known of that variance, and groups are counted.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        1 or 0; of a difference 1, 0 or −1.
    groups : ndarray of int64, shape (n,)

    References
    ----------
    Korn and Graubard (1998), Confidence intervals for proportions with small expected number of positive counts
    estimated from survey data.

    Examples
    --------
    >>> round(effective_number(np.array([1.0] * 40 + [0.0] * 40), np.repeat(np.arange(20), 4)), 1)
    17.4
    """
    return effective_of(
        float(values.var()), len(values), groups=len(np.unique(groups)), spread=between(values, groups)
    )


def effective_of(variance: float, n: int, *, groups: int, spread: float) -> float:
    """Work out `effective_number` from the variance of one photo, the numbers of photos and groups, and `between`."""
    if groups == n:
        return n
    over_groups = spread / n**2
    if min(variance, over_groups) < _NO_VARIANCE:
        return float(groups)
    # Of n photos in n groups the factor is 1.
    known = (_t_quantile(n - 1) / _t_quantile(groups - 1)) ** 2 * (1 - 1 / groups) / (1 - 1 / n)
    return float(min(n, max(1.0, known * variance / over_groups)))


def mean_of_shares(shares: Sequence[Estimate], *, least: float = 0.0) -> tuple[float, float]:
    """Combine the intervals of shares of different photos, or of differences (`least` −1), into that of their mean.

    References
    ----------
    Zou and Donner (2008), Construction of confidence limits about effect measures.
    """
    ends = [ends_of(share) for share in shares]
    value = sum(share for share, _, _ in ends) / len(ends)
    below = math.sqrt(sum((share - low) ** 2 for share, low, _ in ends)) / len(ends)
    above = math.sqrt(sum((high - share) ** 2 for share, _, high in ends)) / len(ends)
    return max(least, value - below), min(1.0, value + above)


def ends_of(estimate: Estimate) -> tuple[float, float, float]:
    """Give value, low and high of an estimate that has all three."""
    assert estimate.value is not None and estimate.low is not None and estimate.high is not None
    return estimate.value, estimate.low, estimate.high


def normal_interval(mean: float, error: float, n: int) -> Estimate:
    """Estimate a mean that cannot be below 0 from its standard error, with a normal interval."""
    return Estimate(mean, max(0.0, mean - Z * error), mean + Z * error, n)


def _t_quantile(freedom: int) -> float:
    """97.5 % quantile of Student's t, by its series about the normal (Abramowitz and Stegun 1964, 26.7.5).

    Within one in a hundred from two degrees of freedom on.
    """
    z = Z
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return float(sum(term / float(freedom) ** power for power, term in enumerate(terms)))


def bootstrap(
    statistic: Callable[[npt.NDArray[np.int64]], float],
    n: int,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    groups: npt.NDArray[np.int64] | None = None,
) -> Estimate:
    """Estimate any statistic of n photos with a percentile bootstrap interval.

    Parameters
    ----------
    statistic : callable
        From row numbers, shape (n,), to a number; NaN where it is not defined on those rows.
    n : int
        Number of photos.
    resamples, seed : int
        Of the bootstrap.
    groups : ndarray of int64, shape (n,), or None
        Photos with the same number are drawn together or not at all, as pictures of one person should be.
        All in one group: there is no interval.

    Returns
    -------
    Estimate
        Its ``n`` counts photos, not groups. Where all resamples agree, as when every photo is right, they say nothing
        of chance: there is no interval, rather than one without width.

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap; of groups: Field and Welsh (2007).

    Examples
    --------
    >>> values = np.array([0.0, 0.0, 1.0, 1.0])
    >>> bootstrap(lambda rows: float(values[rows].mean()), 4, groups=np.array([7, 7, 7, 7])).to_dict()
    {'value': 0.5, 'low': None, 'high': None, 'n': 4}
    """
    if n == 0:
        return UNDEFINED
    value = statistic(np.arange(n))
    if math.isnan(value):
        return Estimate(None, None, None, n)
    draw = _photo_draws(n) if groups is None else _group_draws(groups)
    if draw is None:
        return Estimate(value, None, None, n)
    generator = np.random.default_rng(seed)
    drawn = np.array([statistic(draw(generator)) for _ in range(resamples)])
    return Estimate(value, *percentiles_if_wide(drawn), n)


def percentiles(drawn: Floats) -> tuple[float, float]:
    """Take the interval that holds the middle of what a bootstrap drew; NaN, where it was not defined, is left out."""
    low, high = np.nanquantile(drawn, _TAILS)
    return float(low), float(high)


def percentiles_if_wide(drawn: Floats) -> tuple[float | None, float | None]:
    """Take the same interval; None, None where nothing was defined, or all draws agree and say nothing of chance."""
    if np.isnan(drawn).all():
        return None, None
    low, high = percentiles(drawn)
    return (low, high) if high - low > _NO_WIDTH else (None, None)


def _photo_draws(n: int) -> Draw:
    return lambda generator: generator.integers(0, n, n)


def _group_draws(groups: npt.NDArray[np.int64]) -> Draw | None:
    """Draw whole groups, as many as there are; None where there is only one."""
    _, place, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    if len(sizes) < 2:
        return None
    if len(sizes) == len(groups):
        return _photo_draws(len(groups))
    order = np.argsort(place, kind="stable")
    starts = np.cumsum(sizes) - sizes

    def draw(generator: np.random.Generator) -> npt.NDArray[np.int64]:
        chosen = generator.integers(0, len(sizes), len(sizes))
        lengths = sizes[chosen]
        offsets = starts[chosen] - (np.cumsum(lengths) - lengths)
        return np.asarray(order[np.repeat(offsets, lengths) + np.arange(lengths.sum())], np.int64)

    return draw


def corrected_resampled_t(
    scores: Sequence[float] | npt.NDArray[np.floating], *, test_share: float, n: int
) -> Estimate:
    """Estimate a mean over the fits of repeated cross-validation.

    The fits share training and test photos, so their plain standard error is far too small; the variance is
    enlarged by the ratio of test to training photos.

    Parameters
    ----------
    scores : sequence of float
        One score, or one paired difference, per fit.
    test_share : float
        Test photos divided by training photos of one fit; 0.25 for five folds.
    n : int
        Number of different photos, for the record.

    Returns
    -------
    Estimate

    References
    ----------
    Nadeau and Bengio (2003), Inference for the generalization error, Machine Learning 52;
    Bouckaert and Frank (2004), for repeated cross-validation.

    Examples
    --------
    >>> corrected_resampled_t([0.70, 0.74, 0.72, 0.68, 0.71], test_share=0.25, n=266).to_dict()
    {'value': 0.71, 'low': 0.668353, 'high': 0.751647, 'n': 266}
    """
    try:
        from scipy.stats import t
    except ImportError as error:
        raise missing_extra("evaluate", "scipy") from error
    values = np.asarray(scores, np.float64)
    if len(values) == 0:
        return UNDEFINED
    mean = float(values.mean())
    if len(values) == 1:
        return Estimate(mean, None, None, n)
    spread = math.sqrt((1 / len(values) + test_share) * float(values.var(ddof=1)))
    half = float(t.ppf(_TAILS[1], len(values) - 1)) * spread
    return Estimate(mean, mean - half, mean + half, n)


def standard_deviation(scores: Floats) -> Estimate:
    """Estimate a standard deviation with its chi-square interval.

    Examples
    --------
    >>> standard_deviation(np.array([0.64, 0.70, 0.66, 0.73, 0.67])).to_dict()
    {'value': 0.035355, 'low': 0.021183, 'high': 0.101596, 'n': 5}
    """
    try:
        from scipy.stats import chi2
    except ImportError as error:
        raise missing_extra("evaluate", "scipy") from error
    n = len(scores)
    if n < 2:
        return Estimate(None, None, None, n)
    value = float(np.std(scores, ddof=1))
    low, high = (value * math.sqrt((n - 1) / float(chi2.ppf(tail, n - 1))) for tail in reversed(_TAILS))
    return Estimate(value, low, high, n)
