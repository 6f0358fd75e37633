"""How the answers of several models become one: their mean, or a mixture that is learnt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emotion_classifier.data.split import count_independent
from emotion_classifier.errors import RecipeError, missing_extra
from emotion_classifier.recipes.head import fit_softmax
from emotion_classifier.training.inputs import Inputs

Floats = npt.NDArray[np.floating]
FOLDS = 5
# Below this a probability counts as this: one member that is sure and wrong should not outweigh all the others.
LEAST = 1e-3
# How strongly the mixture is held to the plain average, in units of the mean loss of a photo times n.
PULL = 30.0


@dataclass(frozen=True)
class Mixture:
    """A multinomial logistic regression on log-probabilities.

    Parameters
    ----------
    kernel : ndarray, shape (members × labels, labels)
    bias : ndarray, shape (labels,)
    """

    kernel: Floats
    bias: Floats


def mix(answers: Sequence[Floats], mixture: Mixture | None) -> Floats:
    """Turn answers, one array (n, labels) per member, into one; without a mixture, their mean."""
    if mixture is None:
        return np.asarray(np.mean(answers, axis=0))
    scores = _logs(answers) @ mixture.kernel + mixture.bias
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def fit_mixture(answers: Sequence[Floats], targets: Floats, importance: Floats | None = None) -> Mixture:
    """Fit the mixture of several models, held to the mean of their log-probabilities; see `fit_softmax`.

    Parameters
    ----------
    answers : sequence of ndarray, shape (n, labels)
        One per member, on photos it had not seen.
    targets : ndarray, shape (n, labels)
    importance : ndarray, shape (n,), or None

    Examples
    --------
    >>> sure, unsure = np.array([[0.9, 0.1], [0.1, 0.9]]), np.array([[0.5, 0.5], [0.5, 0.5]])
    >>> fit_mixture([sure, unsure], np.eye(2)).kernel.shape
    (4, 2)
    """
    labels = targets.shape[1]
    begin = np.concatenate([np.tile(np.eye(labels) / len(answers), (len(answers), 1)), np.zeros((1, labels))])
    y = np.asarray(targets, np.float64)
    if importance is not None:
        y = y * importance[:, np.newaxis]
    found = fit_softmax(_logs(answers), y, begin, pull=PULL)
    return Mixture(found[:-1], found[-1])


def stacking_folds(
    inputs: Inputs, labels: Sequence[str], *, seed: int
) -> list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Split rows into (learn, answer) pairs, stratified, rows of one group on one side, every row answered for once.

    Raises
    ------
    RecipeError
        If a label has a single group.
    """
    try:
        from sklearn.model_selection import StratifiedGroupKFold
    except ImportError as error:
        raise missing_extra("train", "scikit-learn") from error
    hard = inputs.targets.argmax(axis=1)
    groups = np.arange(len(hard)) if inputs.groups is None else inputs.groups
    independent = count_independent(hard, groups)
    rarest = min(independent, key=lambda label: independent[label])
    if independent[rarest] < 2:
        raise RecipeError(
            f"Stacking learns from photos its members have not seen, and {labels[rarest]!r} has photos of one kind or "
            f"person only. Add independent photos of that class, or use vote: in place of stack:."
        )
    folds = StratifiedGroupKFold(min(FOLDS, independent[rarest]), shuffle=True, random_state=seed)
    return list(folds.split(np.zeros(len(hard)), hard, groups))


def _logs(answers: Sequence[Floats]) -> npt.NDArray[np.float64]:
    return np.asarray(np.log(np.maximum(np.concatenate(answers, axis=1), LEAST)), np.float64)
