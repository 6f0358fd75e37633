"""How a network ends: its optimizer, and the last layer on trained features, fitted before the rest is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import keras

# How strongly the head is held to the one it starts from, in units of the mean loss of a photo times n.
PULL = 10.0


def with_head(
    features: keras.Model,
    classes: int,
    *,
    name: str,
    learning_rate: float,
    weight_decay: float,
    averaging: float,
    dropout: float,
    kernel_initializer: str,
) -> keras.Model:
    """Put dropout and a softmax layer named ``head`` on features, and compile the whole; see `compile_network`.

    Parameters
    ----------
    features : keras.Model
        From pictures to features.
    classes : int
    name : str
        Of the Keras model.
    learning_rate, weight_decay, dropout : float
    averaging : float
        Momentum of the moving average.
    kernel_initializer : str
        Of the head.

    Returns
    -------
    keras.Model
        From pictures to probabilities (n, classes).
    """
    import keras
    from keras import layers

    output = layers.Dense(
        classes, "softmax", kernel_initializer=kernel_initializer, name="head", dtype="float32"
    )
    inputs = keras.Input(features.input_shape[1:])
    model = keras.Model(inputs, output(layers.Dropout(dropout)(features(inputs))), name=name)
    compile_network(model, learning_rate=learning_rate, weight_decay=weight_decay, averaging=averaging)
    return model


def compile_network(
    model: keras.Model, *, learning_rate: float, weight_decay: float, averaging: float
) -> None:
    """Compile a network that ends in a softmax.

    Trained with AdamW (Loshchilov and Hutter 2019), which leaves biases and normalisation alone, and a moving average
    of the weights (Polyak and Juditsky 1992).

    Parameters
    ----------
    model : keras.Model
    learning_rate, weight_decay : float
    averaging : float
        Momentum of the moving average.
    """
    import keras

    optimizer = keras.optimizers.AdamW(
        learning_rate, weight_decay=weight_decay, use_ema=True, ema_momentum=averaging, clipnorm=1.0
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    model.compile(optimizer, loss="categorical_crossentropy", metrics=["accuracy"])


def fit_head(
    model: keras.Model,
    inputs: npt.NDArray[np.float32],
    targets: npt.NDArray[np.float32],
    importance: npt.NDArray[np.float32] | None = None,
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
    importance : ndarray of float32, shape (n,), or None
        How much each face counts; None: all the same.
    pull : float
        How strongly the head is held to the one it starts from.
    """
    features = model.get_layer("backbone")
    x = np.concatenate(
        [features.predict(faces, batch_size=64, verbose=0) for faces in (inputs, inputs[:, :, ::-1])]
    ).astype(np.float64)
    counted = targets if importance is None else targets * importance[:, None]
    y = np.concatenate([counted, counted]).astype(np.float64) / 2  # A face and its mirror image count as one.
    kernel, bias = model.get_layer("head").get_weights()
    begin = np.concatenate([kernel, bias[None]]).astype(np.float64)
    found = fit_softmax(x, y, begin, pull=pull)
    model.get_layer("head").set_weights([found[:-1].astype(np.float32), found[-1].astype(np.float32)])


def fit_softmax(
    x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], begin: npt.NDArray[np.float64], *, pull: float
) -> npt.NDArray[np.float64]:
    """Fit a multinomial logistic regression that is held to the weights it starts from.

    Minimises the cross-entropy, and `pull` times half the squared distance to `begin`: with few rows it stays near
    that, with many it goes where they say (L2-SP, Li et al. 2018).

    Parameters
    ----------
    x : ndarray of float64, shape (n, features)
    y : ndarray of float64, shape (n, labels)
        Shares of the labels, times how much the row counts.
    begin : ndarray of float64, shape (features + 1, labels)
        Kernel, and in the last row the bias.
    pull : float

    Returns
    -------
    ndarray of float64, shape (features + 1, labels)
    """
    from scipy.optimize import minimize
    from scipy.special import log_softmax, softmax

    x = np.concatenate([x, np.ones((len(x), 1))], axis=1)

    def loss(flat: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        now = flat.reshape(begin.shape)
        scores = x @ now
        away = now - begin
        value = -(y * log_softmax(scores, axis=1)).sum() + pull * (away**2).sum() / 2
        slope = x.T @ (softmax(scores, axis=1) * y.sum(axis=1, keepdims=True) - y) + pull * away
        return float(value), slope.ravel()

    found = minimize(loss, begin.ravel(), jac=True, method="L-BFGS-B").x
    return np.asarray(found, np.float64).reshape(begin.shape)
