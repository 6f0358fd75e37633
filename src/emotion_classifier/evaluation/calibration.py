"""Whether probabilities mean what they say, and what is gained by not answering."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

BINS = 15
Floats = npt.NDArray[np.float64]


def calibration_error(stated: Floats, outcome: Floats, *, bins: int = BINS) -> float:
    """Measure how far stated probabilities lie from what happens: the expected calibration error.

    Parameters
    ----------
    stated : ndarray of float64, shape (n,)
        Probabilities, 0 to 1.
    outcome : ndarray of float64, shape (n,)
        1 where it happened, 0 where not; or the share of raters for whom it did.
    bins : int
        Equally wide bins of the stated probability.

    Returns
    -------
    float
        Mean over the bins, weighted by their rows, of |mean stated − mean outcome|; NaN without rows.

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
    said, happened, rows = reliability(stated, outcome, bins=bins)
    return float(np.average(np.abs(said - happened), weights=rows))


def reliability(
    stated: Floats, outcome: Floats, *, bins: int = BINS
) -> tuple[Floats, Floats, npt.NDArray[np.int64]]:
    """Mean stated probability, mean outcome and number of rows of every bin that has rows, for a plot."""
    place = np.minimum((stated * bins).astype(np.int64), bins - 1)
    rows = np.bincount(place, minlength=bins)
    some = rows > 0
    means = (
        np.bincount(place, weights=values, minlength=bins)[some] / rows[some] for values in (stated, outcome)
    )
    return (*means, rows[some])  # type: ignore[return-value]


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
    surest_first = np.argsort(-np.nan_to_num(confidence, nan=-1.0), kind="stable")
    given = np.arange(1, len(confidence) + 1)
    return given / len(confidence), np.cumsum(wrong[surest_first]) / given
