"""How far raters agree with each other, and with a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.data.folder import read_folder
from emotion_classifier.data.groups import independent_groups
from emotion_classifier.data.labels import CANNOT_TELL, SCALE
from emotion_classifier.data.targets import degree_of
from emotion_classifier.data.votes import photo_key, read_votes
from emotion_classifier.errors import DatasetError
from emotion_classifier.evaluation.intervals import Estimate, bootstrap
from emotion_classifier.evaluation.predictions import UNCERTAIN, Predictions, predict_grouped
from emotion_classifier.evaluation.scores import spearman
from emotion_classifier.evaluation.trained_on import TrainedOn
from emotion_classifier.model.bundle import Bundle

_LABELS = ("happy", "neutral", "sad", "mixed", "other")
Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Agreement:
    """How far raters agree, with intervals that count independent photos.

    Parameters
    ----------
    raters : dict of str to int
        How many photos each graded; those that they could not tell do not count.
    photos : int
        Photos with a grade.
    groups : int
        Groups of them that are independent of each other.
    metrics : dict of str to Estimate
        ``alpha``: Krippendorff's, ordinal, on the five grades of the scale. ``alpha_labels``: nominal, on happy
        (slightly or not), neutral, sad, mixed and other. ``icc``: intraclass correlation of the degree, of one
        rating. All on photos that two raters or more graded so. With a model: ``alpha_with_model``, the model as one
        more rater; ``degree_spearman`` and ``degree_mae``, its degree against the mean of the votes.
    kappa : dict of (str, str) to Estimate
        Cohen's with quadratic weights, of each pair of raters on the five grades; with a model, of each and it.
    model : str or None
        Id of the bundle.
    """

    raters: dict[str, int]
    photos: int
    groups: int
    metrics: dict[str, Estimate]
    kappa: dict[tuple[str, str], Estimate]
    model: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the object that `label --agreement --json` prints."""
        return {
            "raters": self.raters,
            "photos": self.photos,
            "groups": self.groups,
            "model": self.model,
            **{name: estimate.to_dict() for name, estimate in self.metrics.items()},
            "kappa": [{"between": list(pair), **estimate.to_dict()} for pair, estimate in self.kappa.items()],
        }


def agreement_of(
    root: Path,
    *,
    bundle: Bundle | None = None,
    cropped: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Agreement, TrainedOn | None]:
    """Measure how far the raters of a folder agree; the parameters are those of `predict_grouped` and `read_folder`.

    Returns
    -------
    (Agreement, TrainedOn or None)
        And how many of the photos the bundle had learned from.

    Raises
    ------
    DatasetError
        If nobody graded photos there, or only one rater and no bundle did.
    """
    votes = read_votes(root)
    if not votes:
        raise DatasetError(
            f"There are no votes in {root}. Grade photos first: `emotion-classifier label {root} --rater NAME`."
        )
    dataset = read_folder(root, cropped=cropped)
    names = [photo_key(name) for name in dataset.ids]
    dataset = dataset.take([row for row, name in enumerate(names) if name in votes])
    said = [votes[photo_key(name)] for name in dataset.ids]
    if bundle is None:
        return measure_agreement(said, independent_groups(dataset, progress=progress)), None
    predictions = predict_grouped(bundle, dataset, progress=progress)
    agreement = measure_agreement(said, predictions.group_numbers, model=bundle.id, predictions=predictions)
    return agreement, predictions.trained_on


def measure_agreement(
    votes: Sequence[Mapping[str, str]],
    groups: Rows,
    *,
    model: str | None = None,
    predictions: Predictions | None = None,
) -> Agreement:
    """Measure how far raters agree.

    Parameters
    ----------
    votes : sequence of n mappings
        Of each photo, from rater to grade.
    groups : ndarray of int64, shape (n,)
        Photos with the same number are not independent.
    model : str or None
        Id of a bundle that is a further rater.
    predictions : Predictions or None
        What it reads in these photos.

    Raises
    ------
    DatasetError
        If there is nobody to agree with.
    MissingExtraError
        If scipy is not installed and there is a model.
    """
    raters = sorted({rater for vote in votes for rater in vote})
    if not raters or (len(raters) == 1 and predictions is None):
        who = f"only {raters[0]} has" if raters else "nobody has"
        raise DatasetError(
            f"There are no two raters to compare: {who} graded photos here. Let another person run "
            f"`emotion-classifier label DIR --rater NAME`, or add --model BUNDLE to compare with a model."
        )
    graded = {rater: [vote.get(rater, CANNOT_TELL) for vote in votes] for rater in raters}
    metrics = {
        "alpha": _alpha([_places(grades) for grades in graded.values()], len(SCALE), groups, ordinal=True),
        "alpha_labels": _alpha([_labels(grades) for grades in graded.values()], len(_LABELS), groups),
        "icc": _icc([_degrees(grades) for grades in graded.values()], groups),
    }
    everybody = dict(graded)
    if predictions is not None and model is not None:
        everybody[model] = stated = _grades_of(predictions)
        places = [_places(grades) for grades in (*graded.values(), stated)]
        metrics["alpha_with_model"] = _alpha(places, len(SCALE), groups, ordinal=True)
        metrics |= _degree_metrics(
            [_degrees(grades) for grades in graded.values()], predictions.degree, groups
        )
    return Agreement(
        raters={rater: sum(grade != CANNOT_TELL for grade in grades) for rater, grades in graded.items()},
        photos=len(votes),
        groups=len(np.unique(groups)),
        metrics=metrics,
        kappa={
            (one, other): _kappa(_places(everybody[one]), _places(everybody[other]), groups)
            for one, other in combinations(everybody, 2)
        },
        model=model,
    )


def krippendorff_alpha(coincidences: Floats, *, ordinal: bool) -> float:
    """Krippendorff's alpha: 1 less observed over expected disagreement.

    Parameters
    ----------
    coincidences : ndarray of float64, shape (v, v)
        How often two raters of one photo gave these values, each photo weighted by 1 / (its ratings − 1).
    ordinal : bool
        Values far apart on the scale disagree more; else any two different ones disagree alike.

    Returns
    -------
    float
        NaN where fewer than two values occur: agreement cannot be told from there being nothing else to say.

    References
    ----------
    Krippendorff (2011), Computing Krippendorff's alpha-reliability, University of Pennsylvania.

    Examples
    --------
    >>> krippendorff_alpha(np.array([[6.0, 0.0], [0.0, 4.0]]), ordinal=True)
    1.0
    """
    counts = coincidences.sum(axis=1)
    places = np.arange(len(counts))
    distance: Floats = (places[:, np.newaxis] != places).astype(np.float64)
    if ordinal:
        reached = np.cumsum(counts) - counts / 2
        distance = (reached[:, np.newaxis] - reached) ** 2
    expected = float((np.outer(counts, counts) * distance).sum())
    if expected == 0:
        return float("nan")
    return float(1 - (counts.sum() - 1) * (coincidences * distance).sum() / expected)


def intraclass_correlation(n: Floats, total: Floats, squares: Floats) -> float:
    """ICC(1,1): share of the variance of one rating that is between photos, rated by any raters (one-way, random).

    Parameters
    ----------
    n, total, squares : ndarray of float64, shape (photos,)
        Number, sum and sum of squares of the ratings of each photo; numbers may differ.

    Returns
    -------
    float
        NaN where it is not defined.

    References
    ----------
    Shrout and Fleiss (1979), Intraclass correlations: uses in assessing rater reliability, case 1; for unequal numbers
    Donner (1986), International Statistical Review 54.

    Examples
    --------
    >>> ratings = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7.0]])
    >>> round(intraclass_correlation(np.full(6, 4.0), ratings.sum(axis=1), (ratings**2).sum(axis=1)), 2)
    0.17
    """
    photos, ratings = len(n), float(n.sum())
    if photos < 2 or ratings <= photos:
        return float("nan")
    mean = total.sum() / ratings
    between = float((n * (total / n - mean) ** 2).sum()) / (photos - 1)
    within = float((squares - total**2 / n).sum()) / (ratings - photos)
    each = (ratings - float((n**2).sum()) / ratings) / (photos - 1)
    spread = between + (each - 1) * within
    return float((between - within) / spread) if spread > 0 else float("nan")


def weighted_kappa(confusion: npt.NDArray[np.integer]) -> float:
    """Cohen's kappa with quadratic weights: 1 less observed over expected squared distance on the scale.

    Written out because a bootstrap calls it thousands of times, and scikit-learn's takes ten milliseconds.

    Parameters
    ----------
    confusion : ndarray of int, shape (v, v)
        Photos by the grades of one rater (rows) and the other (columns).

    Returns
    -------
    float
        NaN where both gave one and the same grade to all.

    References
    ----------
    Cohen (1968), Weighted kappa, Psychological Bulletin 70.

    Examples
    --------
    >>> round(weighted_kappa(np.array([[3, 1, 0], [0, 2, 1], [0, 0, 3]])), 3)
    0.859
    """
    places = np.arange(len(confusion))
    distance = (places[:, np.newaxis] - places) ** 2
    chance = np.outer(confusion.sum(axis=1), confusion.sum(axis=0)) / max(int(confusion.sum()), 1)
    expected = float((chance * distance).sum())
    return float(1 - (confusion * distance).sum() / expected) if expected else float("nan")


def _alpha(raters: Sequence[Rows], values: int, groups: Rows, *, ordinal: bool = False) -> Estimate:
    """Estimate alpha from each rater's values, shape (n,), −1 where there is none."""
    counts = np.zeros((len(groups), values))
    for places in raters:
        said = np.flatnonzero(places >= 0)
        counts[said, places[said]] += 1
    several = np.flatnonzero(counts.sum(axis=1) >= 2)
    counts = counts[several]
    pairs = counts[:, :, np.newaxis] * counts[:, np.newaxis, :]
    pairs -= counts[:, :, np.newaxis] * np.eye(values)
    pairs /= np.maximum(counts.sum(axis=1) - 1, 1)[:, np.newaxis, np.newaxis]
    return bootstrap(
        lambda rows: krippendorff_alpha(pairs[rows].sum(axis=0), ordinal=ordinal),
        len(several),
        groups=groups[several],
    )


def _icc(raters: Sequence[Floats], groups: Rows) -> Estimate:
    degrees = np.stack(raters)
    n = (~np.isnan(degrees)).sum(axis=0).astype(np.float64)
    several = np.flatnonzero(n >= 2)
    n, degrees = n[several], degrees[:, several]
    total, squares = np.nansum(degrees, axis=0), np.nansum(degrees**2, axis=0)
    return bootstrap(
        lambda rows: intraclass_correlation(n[rows], total[rows], squares[rows]),
        len(several),
        groups=groups[several],
    )


def _kappa(one: Rows, other: Rows, groups: Rows) -> Estimate:
    both = np.flatnonzero((one >= 0) & (other >= 0))
    grades = len(SCALE)
    cells = one[both] * grades + other[both]
    return bootstrap(
        lambda rows: weighted_kappa(np.bincount(cells[rows], minlength=grades**2).reshape(grades, grades)),
        len(both),
        groups=groups[both],
    )


def _degree_metrics(raters: Sequence[Floats], degree: Floats, groups: Rows) -> dict[str, Estimate]:
    degrees = np.stack(raters)
    n = (~np.isnan(degrees)).sum(axis=0)
    mean = np.nansum(degrees, axis=0) / np.maximum(n, 1)
    rows = np.flatnonzero((n > 0) & ~np.isnan(degree))
    mean, degree = mean[rows], degree[rows]
    statistics = {
        "degree_spearman": lambda drawn: spearman(mean[drawn], degree[drawn]),
        "degree_mae": lambda drawn: float(np.abs(mean[drawn] - degree[drawn]).mean()),
    }
    return {
        name: bootstrap(statistic, len(rows), groups=groups[rows]) for name, statistic in statistics.items()
    }


def _grades_of(predictions: Predictions) -> list[str]:
    """Word the model's readings as votes; a face that cannot be read, or is not found, it cannot tell."""
    told = []
    for label, grade in zip(predictions.stated, predictions.grades, strict=True):
        unread = label is None or (label == UNCERTAIN and grade != "mixed")
        told.append(CANNOT_TELL if unread else "other" if label == "other" else str(grade))
    return told


def _places(grades: Sequence[str]) -> Rows:
    """Places on the scale, shape (n,); −1 where a grade is not on it."""
    return np.array([SCALE.index(grade) if grade in SCALE else -1 for grade in grades], np.int64)


def _labels(grades: Sequence[str]) -> Rows:
    """Places in `_LABELS`, shape (n,); −1 where nobody can tell."""
    plain = [grade.removeprefix("slightly ") for grade in grades]
    return np.array([_LABELS.index(grade) if grade in _LABELS else -1 for grade in plain], np.int64)


def _degrees(grades: Sequence[str]) -> Floats:
    """Degrees of the grades on the scale, shape (n,); else NaN."""
    return np.array([degree_of(grade) if grade in SCALE else np.nan for grade in grades])
