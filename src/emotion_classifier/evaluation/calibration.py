"""Whether probabilities mean what they say, and what is gained by not answering."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from emotion_classifier.evaluation.intervals import grouped_share

BINS = 15
Floats = npt.NDArray[np.float64]


def calibration_error(stated: Floats, outcome: Floats) -> float:
    """Measure how far stated probabilities lie from what happens: the expected calibration error.

    Parameters
    ----------
    stated : ndarray of float64, shape (n,)
        Probabilities, 0 to 1.
    outcome : ndarray of float64, shape (n,)
        1 where it happened, 0 where not; or the share of raters for whom it did.

    Returns
    -------
    float
        Mean over `BINS` equally wide bins of the stated probability, weighted by their rows, of |mean stated − mean
        outcome|; NaN without rows.

    References
    ----------
    Naeini et al. (2015); Guo et al. (2017), On calibration of modern neural networks.

    Examples
    --------
    >>> round(calibration_error(np.array([0.9, 0.9, 0.1, 0.1]), np.array([1.0, 1.0, 0.0, 0.0])), 2)
    0.1
    """
    if not len(stated):
        return float("nan")
    said, happened, rows = _binned(stated, outcome)
    return float(np.average(np.abs(said - happened), weights=rows))


class Bin(NamedTuple):
    """Photos with about the same stated probability: its mean, what was observed, and a 95 % interval of that.

    ``low`` and ``high`` are Wilson's; ``n`` counts photos.
    """

    stated: float
    observed: float
    low: float
    high: float
    n: int


def reliability(
    stated: Floats,
    outcome: npt.NDArray[np.bool_] | Floats,
    *,
    groups: npt.NDArray[np.int64] | None = None,
) -> tuple[Bin, ...]:
    """Compare stated probabilities with what happened, bin by bin: the reliability diagram.

    Parameters
    ----------
    stated : ndarray of float64, shape (n,)
        Probabilities, 0 to 1.
    outcome : ndarray of bool or float64, shape (n,)
        1 where it happened, 0 where not.
    groups : ndarray of int64, shape (n,), or None
        Photos with the same number count as one in the intervals.

    Returns
    -------
    tuple of Bin
        `BINS` equally wide ones, rising in ``stated``; those without photos are left out.

    References
    ----------
    Niculescu-Mizil and Caruana (2005), Predicting good probabilities with supervised learning; Wilson (1927).

    Examples
    --------
    >>> [bin] = reliability(np.array([0.9, 0.9, 0.9]), np.array([1.0, 1.0, 0.0]))
    >>> round(bin.observed, 3), round(bin.low, 3), round(bin.high, 3), bin.n
    (0.667, 0.208, 0.939, 3)
    """
    found = []
    place = bins_of(stated)
    for each, said in zip(np.unique(place), _binned(stated, outcome)[0], strict=True):
        share = grouped_share(outcome == 1, place == each, groups)
        if share.value is not None and share.low is not None and share.high is not None:
            found.append(Bin(float(said), share.value, share.low, share.high, share.n))
    return tuple(found)


def bins_of(stated: Floats) -> npt.NDArray[np.int64]:
    """Find the bin of every stated probability, shape (n,): `BINS` equally wide ones from 0; 1 is in the last."""
    return np.minimum((stated * BINS).astype(np.int64), BINS - 1)


def _binned(
    stated: Floats, outcome: npt.NDArray[np.bool_] | Floats
) -> tuple[Floats, Floats, npt.NDArray[np.int64]]:
    """Mean stated probability, mean outcome and number of rows of every bin that has rows."""
    place = bins_of(stated)
    rows = np.bincount(place, minlength=BINS)
    some = rows > 0
    said, happened = (
        np.bincount(place, weights=values, minlength=BINS)[some] / rows[some] for values in (stated, outcome)
    )
    return said, happened, rows[some]


def risk_coverage(confidence: Floats, wrong: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Error among the answers given, when only the surest are given.

    Parameters
    ----------
    confidence : ndarray of float64, shape (n,)
        NaN where there is no answer, as without a face: given last of all.
    wrong : ndarray of bool, shape (n,)

    Returns
    -------
    (coverage, risk) : pair of ndarray of float64, shape (n,)
        Share of the photos answered, rising to 1, and share of the answers that are wrong.

    References
    ----------
    El-Yaniv and Wiener (2010), On the foundations of noise-free selective classification.

    Examples
    --------
    >>> coverage, risk = risk_coverage(np.array([0.9, 0.6]), np.array([False, True]))
    >>> coverage.tolist(), risk.tolist()
    ([0.5, 1.0], [0.0, 0.5])
    """
    given = np.arange(1, len(confidence) + 1)
    return given / len(confidence), np.cumsum(wrong[most_confident_first(confidence)]) / given


def most_confident_first(confidence: Floats) -> npt.NDArray[np.int64]:
    """Order rows, shape (n,), by falling confidence, those without an answer (NaN) last."""
    return np.argsort(-np.nan_to_num(confidence, nan=-1.0), kind="stable")
