"""Fit the numbers of a bundle's scale on validation data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from emotion_classifier.data.labels import is_graded
from emotion_classifier.errors import missing_extra
from emotion_classifier.model.bundle import Levels, ScaleParameters
from emotion_classifier.model.scale import (
    CANONICAL,
    canonical_probabilities,
    gather,
    happy_given_happy_or_sad,
    log_odds,
    net_share,
)

FEWEST_ROWS, FEWEST_OF_EACH = 60, 20
ERROR_RATE = 0.01
NEUTRAL_ERROR = 0.02
# Share of raters from which a face is neutral beyond doubt, and how many such faces levels are fitted on at least.
CLEARLY_NEUTRAL, FEWEST_NEUTRAL = 0.8, 50
UNDECIDED_ERROR = 0.1
WIDTHS = np.round(np.arange(0, 5.01, 0.1), 2)
CONFIDENCES = np.round(np.arange(0.5, 0.991, 0.01), 2)
# Denser about the middle, where most faces lie and a step of one rater in ten matters most.
KNOTS = np.array([-1, -0.6, -0.3, -0.1, 0.1, 0.3, 0.6, 0.85, 1])
# So that no two faces that differ are given the same degree.
LEAST_SLOPE = 0.02


def fit_scale(
    raw: npt.NDArray[np.floating],
    targets: npt.NDArray[np.floating],
    labels: Sequence[str],
    *,
    source: str,
    weight: npt.NDArray[np.floating] | None = None,
    everyday: npt.NDArray[np.bool_] | None = None,
    begin: ScaleParameters | None = None,
) -> ScaleParameters:
    """Fit temperature, Platt scaling, the degree, the levels of happy and sad, and the threshold of "uncertain".

    The temperature minimises the cross-entropy of the shares of raters who say happy, neutral, sad and other (Guo
    et al. 2017). Slope and intercept of P(happy | happy or sad) are fitted on the rows that are happy or sad to most
    raters, both weighing the same in all (Platt 1999). The degree is the median of the raters' net share, see
    `fit_degree`; the levels bound how many neutral faces are called happy or sad, see `fit_levels`.
    ``min_confidence``, for models that do not know neutral, is the lowest threshold at which at most 1 % of the
    answered rows are wrong.

    Parameters
    ----------
    raw : ndarray, shape (n, k)
        The network's probabilities on rows it was not trained on.
    targets : ndarray, shape (n, k)
    labels : sequence of k str
    source : str
        Said in the bundle: what the numbers were fitted on.
    weight : ndarray, shape (n,), or None
        How much each row counts, on average 1; None: all the same.
    everyday : ndarray of bool, shape (n,), or None
        The rows that the levels are fitted on; None: all.
    begin : ScaleParameters or None
        What stays where there is too little to fit on; None: the defaults.

    Returns
    -------
    ScaleParameters
        `begin` where there are fewer than 60 rows, or fewer than 20 of happy or of sad. Its levels where too few faces
        are neutral: how often those are passed was counted on another model, and is not said.
    """
    try:
        from scipy.optimize import minimize_scalar
    except ImportError as error:
        raise missing_extra("train", "scipy") from error
    begin = begin or ScaleParameters()
    shares = gather(targets, labels)
    if not _enough(shares):
        return begin
    happy, sad = (shares[:, CANONICAL.index(name)] for name in ("happy", "sad"))
    counted = _counted(weight, len(raw))

    def soft_loss(log_temperature: float) -> float:
        probabilities = canonical_probabilities(raw, labels, temperature=float(np.exp(log_temperature)))
        surprise = -(shares * np.log(np.maximum(probabilities, 1e-9))).sum(axis=1)
        return float((counted * surprise).sum())

    temperature = float(np.exp(minimize_scalar(soft_loss, bounds=(-2, 2)).x))
    probabilities = canonical_probabilities(raw, labels, temperature=temperature)
    slope, intercept = _platt(probabilities, shares, counted)
    fitted = ScaleParameters(
        temperature=temperature,
        slope=slope,
        intercept=intercept,
        degree_knots=fit_degree(probabilities, net_share(shares), weight=counted),
        error_rate=ERROR_RATE,
        fitted_on=source,
    )
    rows = np.ones(len(raw), np.bool_) if everyday is None else everyday
    levels = Levels()
    if "neutral" in labels:
        levels = fit_levels(probabilities[rows], shares[rows], weight=counted[rows])
    if not levels.neutral_faces:
        unmeasured = {"neutral_called_happy": None, "neutral_called_sad": None, "neutral_faces": 0}
        levels = begin.levels.model_copy(update=unmeasured)
    least = _least_confidence(probabilities, happy, sad, counted, fitted)
    return fitted.model_copy(update={"levels": levels, "min_confidence": least})


def fit_levels(
    probabilities: npt.NDArray[np.float64],
    shares: npt.NDArray[np.float64],
    *,
    weight: npt.NDArray[np.float64],
) -> Levels:
    """Fit the levels that a face must pass to be called happy or sad.

    Everyday faces are mostly neutral and seldom sad, so that even a small share of neutral faces called sad makes
    most of the "sad" wrong. Hence the error on neutral faces is bounded (2 %) and nothing else weighed against it, as
    in a test after Neyman and Pearson (1933). Happy faces are as common as neutral ones, so that for them both errors
    count the same: as large a share of the happy faces stays below the level as of the neutral ones passes it.

    Parameters
    ----------
    probabilities : ndarray of float64, shape (n, 4)
        Happy, neutral, sad, other.
    shares : ndarray of float64, shape (n, 4)
        Of raters.
    weight : ndarray of float64, shape (n,)
        How much each face counts.

    Returns
    -------
    Levels
        The defaults where fewer than 50 faces are neutral to four raters in five.
    """
    happy, neutral, sad = (np.log(np.maximum(probabilities[:, column], 1e-7)) for column in range(3))
    plain = shares[:, CANONICAL.index("neutral")] >= CLEARLY_NEUTRAL
    n = int(plain.sum())
    if n < FEWEST_NEUTRAL:
        return Levels()
    scores = (happy - neutral, sad - neutral)
    found = [_quantile(score[plain], 1 - NEUTRAL_ERROR, weight[plain]) for score in scores]
    smiling = shares[:, CANONICAL.index("happy")] > 0.5
    if smiling.sum() >= FEWEST_NEUTRAL:
        found[0] = _equal_error(scores[0], weight, below=plain, above=smiling)
    passed = [
        float(np.average(score[plain] > level, weights=weight[plain]))
        for score, level in zip(scores, found, strict=True)
    ]
    return Levels(
        happy=found[0],
        sad=found[1],
        undecided=_undecided(scores[0] - found[0], scores[1] - found[1], shares, weight),
        error_rate=NEUTRAL_ERROR,
        neutral_called_happy=passed[0],
        neutral_called_sad=passed[1],
        neutral_faces=n,
    )


def _counted(weight: npt.NDArray[np.floating] | None, n: int) -> npt.NDArray[np.float64]:
    return np.ones(n) if weight is None else np.asarray(weight, np.float64)


def _quantile(values: npt.NDArray[np.float64], share: float, weight: npt.NDArray[np.float64]) -> float:
    """Find the least value that `share` of the weight lies below; of equal weights, NumPy's quantile "higher"."""
    order = np.argsort(values)
    before = np.cumsum(weight[order]) - weight[order]
    return float(values[order][np.searchsorted(before, share * before[-1])])


def _equal_error(
    scores: npt.NDArray[np.float64],
    weight: npt.NDArray[np.float64],
    *,
    below: npt.NDArray[np.bool_],
    above: npt.NDArray[np.bool_],
) -> float:
    """Find the level that as large a share of the faces `below` passes as of those `above` stays below."""
    levels = np.sort(np.concatenate([scores[below], scores[above]]))
    passed = 1 - _shares_up_to(levels, scores[below], weight[below])
    missed = _shares_up_to(levels, scores[above], weight[above])
    return float(levels[np.argmin(np.abs(passed - missed))])


def _shares_up_to(
    levels: npt.NDArray[np.float64], values: npt.NDArray[np.float64], weight: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    order = np.argsort(values)
    sums = np.concatenate([[0.0], np.cumsum(weight[order])])
    return np.asarray(sums[np.searchsorted(values[order], levels, side="right")] / sums[-1], np.float64)


def _undecided(
    happy: npt.NDArray[np.float64],
    sad: npt.NDArray[np.float64],
    shares: npt.NDArray[np.float64],
    weight: npt.NDArray[np.float64],
) -> float:
    """Find how far apart the margins of a face that passes both levels must lie.

    The least width at which of those decided, that are happy or sad to most raters, at most one in ten is wrong.
    """
    net = net_share(shares)
    rows = (happy > 0) & (sad > 0) & (np.abs(net) > 0.5)
    gap, wrong, counted = np.abs(happy - sad)[rows], ((happy >= sad) != (net > 0))[rows], weight[rows]
    for width in WIDTHS:
        decided = gap >= width
        if counted[decided & wrong].sum() <= UNDECIDED_ERROR * counted[decided].sum():
            return float(width)
    return float(WIDTHS[-1])


def fit_leaning(
    begin: ScaleParameters,
    raw: npt.NDArray[np.floating],
    targets: npt.NDArray[np.floating],
    labels: Sequence[str],
    *,
    source: str,
    weight: npt.NDArray[np.floating] | None = None,
) -> ScaleParameters:
    """Fit slope and intercept of P(happy | happy or sad) alone, on data that do not show the other classes.

    Parameters
    ----------
    begin : ScaleParameters
        All the other numbers, which such data say nothing of.
    raw, targets, labels, source, weight
        As `fit_scale` takes them.

    Returns
    -------
    ScaleParameters
        `begin` where there are fewer than 60 rows, or fewer than 20 of happy or of sad.
    """
    shares = gather(targets, labels)
    if not _enough(shares):
        return begin
    probabilities = canonical_probabilities(raw, labels, temperature=begin.temperature)
    slope, intercept = _platt(probabilities, shares, _counted(weight, len(shares)))
    told = "; ".join(filter(None, [begin.fitted_on, f"slope and intercept: {source}"]))
    return begin.model_copy(update={"slope": slope, "intercept": intercept, "fitted_on": told})


def _enough(shares: npt.NDArray[np.float64]) -> bool:
    """Tell whether there are rows enough to fit on, and of happy and sad."""
    clear = [(shares[:, CANONICAL.index(name)] > 0.5).sum() for name in ("happy", "sad")]
    return len(shares) >= FEWEST_ROWS and min(clear) >= FEWEST_OF_EACH


def fit_degree(
    probabilities: npt.NDArray[np.float64],
    net: npt.NDArray[np.float64],
    *,
    weight: npt.NDArray[np.float64],
) -> tuple[tuple[float, float], ...]:
    """Fit the curve from P(happy) − P(sad) to the degree.

    Quantile regression (Koenker and Bassett 1978) of the median on a curve that is linear between `KNOTS` and
    rises everywhere: the degree is what half of the raters' verdicts on such faces exceed, which has the least
    mean absolute error.

    Parameters
    ----------
    probabilities : ndarray of float64, shape (n, 4)
        Happy, neutral, sad, other.
    net : ndarray of float64, shape (n,)
        (Raters saying happy − raters saying sad) / raters, −1 to 1.
    weight : ndarray of float64, shape (n,)
        How much each row counts.

    Returns
    -------
    tuple of (float, float)
        The straight line where the labels are hard: they say nothing of degrees.
    """
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, eye_array, hstack, vstack

    if not is_graded(net):
        return ScaleParameters().degree_knots
    difference = net_share(probabilities)
    n, k = len(net), len(KNOTS)
    basis = csr_array(np.stack([np.interp(difference, KNOTS, unit) for unit in np.eye(k)], axis=1))
    step = csr_array(np.eye(k)[:-1] - np.eye(k)[1:])
    # The unknowns are the degrees at the knots, then each row's absolute error.
    limits = vstack(
        [
            hstack([basis, -eye_array(n)]),
            hstack([-basis, -eye_array(n)]),
            hstack([step, csr_array((k - 1, n))]),
        ]
    )
    bounds = [(-1, 1)] * k + [(0, None)] * n
    solved = linprog(
        np.r_[np.zeros(k), weight],
        A_ub=limits,
        b_ub=np.r_[net, -net, -LEAST_SLOPE * np.diff(KNOTS)],
        bounds=bounds,
    )
    return tuple((float(x), round(float(y), 4)) for x, y in zip(KNOTS, solved.x[:k], strict=True))


def _platt(
    probabilities: npt.NDArray[np.float64],
    shares: npt.NDArray[np.float64],
    counted: npt.NDArray[np.float64],
) -> tuple[float, float]:
    """Fit slope and intercept of ``p_happy`` on the faces that are happy or sad to most raters.

    Both weigh the same in all: how many happy and sad faces a user has is unknown, and how many the training data
    has is an accident. Targets are drawn in a little, as Platt (1999) does, for classes told apart without error.
    """
    from scipy.optimize import minimize

    likeliest = shares.argmax(axis=1)
    happy, sad = (likeliest == CANONICAL.index(name) for name in ("happy", "sad"))
    odds = log_odds(probabilities)
    both = [counted * each for each in (happy, sad)]
    weight = np.sum([each / (each.sum() or 1) for each in both], axis=0)
    target = np.where(happy, (happy.sum() + 1) / (happy.sum() + 2), 1 / (sad.sum() + 2))

    def loss(parameters: npt.NDArray[np.float64]) -> float:
        logit = np.exp(parameters[0]) * odds + parameters[1]
        return float((weight * (np.logaddexp(0, logit) - target * logit)).sum())

    slope, intercept = minimize(loss, (0.0, 0.0)).x
    return float(np.exp(slope)), float(intercept)


def _least_confidence(
    probabilities: npt.NDArray[np.float64],
    happy: npt.NDArray[np.float64],
    sad: npt.NDArray[np.float64],
    counted: npt.NDArray[np.float64],
    parameters: ScaleParameters,
) -> float:
    clear = np.maximum(happy, sad) > 0.5
    p_happy = happy_given_happy_or_sad(probabilities[clear], parameters)
    wrong = (p_happy >= 0.5) != (happy[clear] > sad[clear])
    confidence, counted = np.maximum(p_happy, 1 - p_happy), counted[clear]
    for threshold in CONFIDENCES:
        answered = confidence >= threshold
        # One error more than was counted: a handful of rows without an error proves little.
        if (counted[wrong & answered].sum() + 1) / (counted[answered].sum() + 1) <= ERROR_RATE:
            return float(threshold)
    return float(CONFIDENCES[-1])
