"""Fit the numbers of a bundle's scale on validation data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from emotion_classifier.bundle import ScaleParameters
from emotion_classifier.errors import missing_extra
from emotion_classifier.scale import CANONICAL, canonical_probabilities, happy_given_happy_or_sad

FEWEST_ROWS = 60
MOST_ERRORS = 0.02
CONFIDENCES = np.round(np.arange(0.5, 0.96, 0.01), 2)


def fit_scale(
    raw: npt.NDArray[np.floating], targets: npt.NDArray[np.floating], labels: Sequence[str], *, source: str
) -> ScaleParameters:
    """Fit temperature, Platt scaling and the threshold of "uncertain".

    The temperature minimises the cross-entropy of the soft targets (Guo et al. 2017). Slope and intercept
    minimise the log loss of P(happy | happy or sad), each row weighted by its share of happy and sad raters.
    ``min_confidence`` is the lowest threshold at which at most 2 % of the answered rows are wrong.

    Parameters
    ----------
    raw : ndarray, shape (n, k)
        The network's probabilities on rows it was not trained on.
    targets : ndarray, shape (n, k)
    labels : sequence of k str
    source : str
        Said in the bundle: what the numbers were fitted on.

    Returns
    -------
    ScaleParameters
        The defaults where there are fewer than 60 rows, or fewer than 20 of happy or of sad.
    """
    try:
        from scipy.optimize import minimize, minimize_scalar
    except ImportError as error:
        raise missing_extra("train", "scipy") from error
    happy = targets[:, list(labels).index("happy")].astype(np.float64)
    sad = targets[:, list(labels).index("sad")].astype(np.float64)
    if len(raw) < FEWEST_ROWS or min((happy > 0.5).sum(), (sad > 0.5).sum()) < 20:
        return ScaleParameters()
    logits = np.log(np.clip(raw, 1e-7, 1))
    temperature = float(np.exp(minimize_scalar(_soft_loss, args=(logits, targets), bounds=(-2, 2)).x))
    probabilities = canonical_probabilities(raw, labels, temperature=temperature)
    log_odds = _log_odds(probabilities)
    weight, share = happy + sad, happy / np.maximum(happy + sad, 1e-9)
    slope, intercept = minimize(_platt_loss, (0.0, 0.0), args=(log_odds, share, weight)).x
    fitted = ScaleParameters(
        temperature=temperature, slope=float(np.exp(slope)), intercept=float(intercept), fitted_on=source
    )
    return fitted.model_copy(update={"min_confidence": _least_confidence(probabilities, happy, sad, fitted)})


def _soft_loss(
    log_temperature: float, logits: npt.NDArray[np.float64], targets: npt.NDArray[np.floating]
) -> float:
    scaled = logits / np.exp(log_temperature)
    scaled = scaled - scaled.max(axis=1, keepdims=True)
    return -float((targets * (scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True)))).sum())


def _log_odds(probabilities: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    happy = np.clip(probabilities[:, CANONICAL.index("happy")], 1e-7, None)
    return np.asarray(np.log(happy / np.clip(probabilities[:, CANONICAL.index("sad")], 1e-7, None)))


def _platt_loss(
    parameters: npt.NDArray[np.float64],
    log_odds: npt.NDArray[np.float64],
    share: npt.NDArray[np.float64],
    weight: npt.NDArray[np.float64],
) -> float:
    logit = np.exp(parameters[0]) * log_odds + parameters[1]
    return float((weight * (np.logaddexp(0, logit) - share * logit)).sum())


def _least_confidence(
    probabilities: npt.NDArray[np.float64],
    happy: npt.NDArray[np.float64],
    sad: npt.NDArray[np.float64],
    parameters: ScaleParameters,
) -> float:
    clear = np.maximum(happy, sad) > 0.5
    p_happy = happy_given_happy_or_sad(probabilities[clear], parameters)
    wrong = (p_happy >= 0.5) != (happy[clear] > sad[clear])
    confidence = np.maximum(p_happy, 1 - p_happy)
    for threshold in CONFIDENCES:
        answered = confidence >= threshold
        if answered.any() and wrong[answered].mean() <= MOST_ERRORS:
            return float(threshold)
    return float(CONFIDENCES[-1])
