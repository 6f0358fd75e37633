"""Predictions about photos by a model that has not seen them, nor any of the same person."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from emotion_classifier.data.split import count_independent
from emotion_classifier.errors import missing_extra

FOLDS = 5
FEWEST = 2 * FOLDS
"""Independent photos of each class that there must be, to learn the others from."""
_STRENGTH = 0.3  # inverse of the penalty of the logistic regression


def learnable(labels: npt.NDArray[np.int64], groups: npt.NDArray[np.int64]) -> list[int]:
    """List the labels, rising, that have `FEWEST` independent photos.

    Parameters
    ----------
    labels, groups : ndarray of int64, shape (m,)
        Photos of one group are not independent of each other.
    """
    return [label for label, number in count_independent(labels, groups).items() if number >= FEWEST]


def require_scikit_learn() -> None:
    """Refuse to begin without scikit-learn.

    Raises
    ------
    MissingExtraError
    """
    try:
        import sklearn  # noqa: F401
    except ImportError as error:
        raise missing_extra("audit", "scikit-learn") from error


def out_of_fold_probabilities(
    features: npt.NDArray[np.float64],
    labels: npt.NDArray[np.int64],
    groups: npt.NDArray[np.int64],
    *,
    trees: bool = False,
) -> npt.NDArray[np.float64]:
    """Learn labels from four fifths of the rows and judge the rest, five times.

    Parameters
    ----------
    features : ndarray of float64, shape (m, f)
    labels : ndarray of int64, shape (m,)
    groups : ndarray of int64, shape (m,)
        Rows with one number stay together.
    trees : bool
        Learn with gradient-boosted trees, for features whose effect is not a straight line.

    Returns
    -------
    ndarray of float64, shape (m, number of different labels)
        Columns in the order of the labels' numbers; rows sum to 1.
    """
    require_scikit_learn()
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    present, codes = np.unique(labels, return_inverse=True)
    judged = np.zeros((len(labels), len(present)))
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    for learn, rest in folds.split(features, codes, groups):
        if trees:
            model = HistGradientBoostingClassifier(
                max_iter=60, max_depth=3, class_weight="balanced", random_state=0, early_stopping=False
            )
        else:
            model = make_pipeline(StandardScaler(), LogisticRegression(C=_STRENGTH, max_iter=1000))
        # More threads gain little on so few rows, and where the cores are busy they wait for each other for minutes.
        with threadpool_limits(1):
            model.fit(features[learn], codes[learn])
            judged[np.ix_(rest, model.classes_)] = model.predict_proba(features[rest])
    return judged
