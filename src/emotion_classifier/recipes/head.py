"""The last layer of a network fitted alone, before the rest is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import keras

# How strongly the head is held to the one it starts from, in units of the mean loss of a photo times n.
PULL = 10.0


def fit_head(
    model: keras.Model,
    inputs: npt.NDArray[np.float32],
    targets: npt.NDArray[np.float32],
    *,
    pull: float = PULL,
) -> None:
    """Fit the head alone, everything before it frozen.

    A logistic regression on the features of every face and its mirror image, held to the weights it starts from
    instead of to nothing (L2-SP, Li et al. 2018). That a head should be fitted before the rest is trained: Kumar et
    al. (2022), Fine-tuning can distort pretrained features and underperform out-of-distribution.

    Parameters
    ----------
    model : keras.Model
        From `start`.
    inputs : ndarray of float32, shape (n, height, width, channels)
    targets : ndarray of float32, shape (n, labels)
    pull : float
        How strongly the head is held to the one it starts from.
    """
    from scipy.optimize import minimize
    from scipy.special import log_softmax, softmax

    features = model.get_layer("backbone")
    x = np.concatenate(
        [features.predict(faces, batch_size=64, verbose=0) for faces in (inputs, inputs[:, :, ::-1])]
    ).astype(np.float64)
    y = np.concatenate([targets, targets]).astype(np.float64)
    kernel, bias = model.get_layer("head").get_weights()
    begin = np.concatenate([kernel, bias[None]]).astype(np.float64)
    x = np.concatenate([x, np.ones((len(x), 1))], axis=1)

    def loss(flat: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        now = flat.reshape(begin.shape)
        scores = x @ now
        away = now - begin
        value = -(y * log_softmax(scores, axis=1)).sum() / 2 + pull * (away**2).sum() / 2
        slope = x.T @ (softmax(scores, axis=1) * y.sum(axis=1, keepdims=True) - y) / 2 + pull * away
        return float(value), slope.ravel()

    found = minimize(loss, begin.ravel(), jac=True, method="L-BFGS-B").x.reshape(begin.shape)
    model.get_layer("head").set_weights([found[:-1].astype(np.float32), found[-1].astype(np.float32)])
