"""What `tune` searches for classifiers on engineered features: their size, their regularisation, and the features."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

Parameters = dict[str, Any]
SETS = {
    "all": ("embedding", "log_probabilities", "hog", "lbp"),
    "network": ("embedding", "log_probabilities"),
    "texture": ("hog", "lbp"),
}


def ask_features(hp: Any, own: tuple[str, ...]) -> tuple[str, ...]:
    """Ask which features to take; `own`, those of the recipe, are the default.

    Parameters
    ----------
    hp : keras_tuner.HyperParameters
    own : tuple of str
    """
    # Faces are cut once for a whole search, and geometry needs other pictures than the rest.
    if "geometry" in own:
        return own
    default = next(name for name, known in SETS.items() if known == own)
    return SETS[hp.Choice("features", list(SETS), default=default)]


def _boosted(hp: Any, *, trees: str, leaves: str) -> Parameters:
    return {
        f"head__{trees}": hp.Choice("trees", [50, 100, 200, 400], default=200),
        f"head__{leaves}": hp.Choice("leaves", [2, 4, 8, 16, 31], default=4),
        "head__learning_rate": hp.Float("learning_rate", 0.01, 0.2, sampling="log", default=0.05),
    }


def _forest(hp: Any) -> Parameters:
    return {
        "head__n_estimators": hp.Choice("trees", [100, 300, 600], default=300),
        "head__max_leaf_nodes": hp.Choice("leaves", [16, 64, 128], default=128),
    }


def _strength(hp: Any, *, place: str, default: float) -> Parameters:
    return {place: hp.Float("C", 1e-4, 100.0, sampling="log", default=default)}


# By recipe: what to ask for, as parameters of its pipeline.
SPACES: dict[str, Callable[[Any], Parameters]] = {
    "gradient_boosting": partial(_boosted, trees="n_estimators", leaves="num_leaves"),
    "hist_gradient_boosting": partial(_boosted, trees="max_iter", leaves="max_leaf_nodes"),
    "random_forest": _forest,
    "logistic_regression": partial(_strength, place="head__C", default=0.01),
    "geometry": partial(_strength, place="head__C", default=0.5),
    "svm": partial(_strength, place="head__estimator__C", default=1.0),
}
