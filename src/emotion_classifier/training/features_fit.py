"""Fit a classifier on engineered features, computed by the very graph that the bundle will hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from emotion_classifier.errors import RecipeError
from emotion_classifier.recipes.features import FeaturesRecipe
from emotion_classifier.recipes.fitting import FitPlan, Fitted, Progress, silent
from emotion_classifier.recipes.recipe import Recipe
from emotion_classifier.training.batches import fixed_pixels
from emotion_classifier.training.inputs import Inputs

if TYPE_CHECKING:
    import onnx

# Pictures of 48 × 48 px at a time, and so many fewer larger ones: all of a large dataset as floats would not fit.
_BATCH = 1024
_PIXELS = 48 * 48


def fit_features(
    recipe: FeaturesRecipe,
    labels: tuple[str, ...],
    learn: Inputs,
    plan: FitPlan,
    *,
    progress: Progress,
) -> Fitted:
    """Compute features, fit, and convert.

    A photo whose raters disagree counts as the label most of them chose, with the weight of their share.

    Parameters
    ----------
    recipe : FeaturesRecipe
    labels : tuple of str
    learn : Inputs
        To learn from; its `importance` multiplies the weights.
    plan : FitPlan
        Seed, and the bundle whose network gives the embedding.
    progress : callable
        Called with (stage, done, in all, metrics).

    Raises
    ------
    RecipeError
        If there are photos of one label only, too few of another, or a feature is not a number.
    BundleError
        If the converted model differs from the fitted one by more than 1e-4.
    MissingExtraError
        If a library is not installed.
    """
    recipe.require_libraries()
    from emotion_classifier.training.onnx.sklearn_conversion import check_same, head_to_onnx, join

    check_counts(recipe, labels, learn)
    chosen, weights = hardened(learn)
    present, y, counts = np.unique(chosen, return_inverse=True, return_counts=True)
    graph = recipe.graph(plan.weights)
    features = _computed(Fitted(graph.SerializeToString(), 0), recipe, learn, progress)
    _check_finite(features)
    pipeline = recipe.estimator(counts.tolist(), plan.seed)
    progress("training", 0, 1, {})
    pipeline.fit(features, y, head__sample_weight=weights)
    head = head_to_onnx(pipeline, features.shape[1])
    both_ways = not recipe.reads_network  # The network sees the face as it is, all else its mirror image too.
    onnx_model = join(graph, head, present=present, labels=len(labels))
    fitted = Fitted(onnx_model, _numbers(head), mirror=both_ways)
    answers = _computed(fitted, recipe, learn, silent)
    check_same(pipeline.predict_proba(features), answers[:, present])
    progress("training", 1, 1, {})
    return fitted


def hardened(inputs: Inputs) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Turn shares of votes into one label per photo and a weight.

    Returns
    -------
    chosen : ndarray of int64, shape (n,)
        The label with the largest share.
    weights : ndarray of float32, shape (n,)
        That share, times how much the photo counts.
    """
    chosen = inputs.targets.argmax(axis=1)
    weights = inputs.targets.max(axis=1)
    return chosen, weights if inputs.importance is None else weights * inputs.importance


def _computed(
    network: Fitted, recipe: FeaturesRecipe, inputs: Inputs, progress: Progress
) -> npt.NDArray[np.float32]:
    total = len(inputs.rows)
    batch = max(1, _BATCH * _PIXELS // int(np.prod(recipe.preprocessing.input_shape)))
    parts = []
    for start in range(0, total, batch):
        done = min(start + batch, total)
        pixels = fixed_pixels(inputs.take(np.arange(start, done)), recipe.preprocessing)
        parts.append(network.predict(pixels))
        progress("features", done, total, {})
    return np.concatenate(parts)


def check_counts(recipe: Recipe, labels: tuple[str, ...], inputs: Inputs) -> None:
    """Refuse photos that are too few for a recipe, each counted as its likeliest label; see `Recipe.check_counts`."""
    counts = np.bincount(hardened(inputs)[0], minlength=len(labels)).tolist()
    recipe.check_counts(dict(zip(labels, counts, strict=True)))


def _check_finite(features: npt.NDArray[np.float32]) -> None:
    bad = ~np.isfinite(features).all(axis=1)
    if bad.any():
        raise RecipeError(
            f"The features of {bad.sum()} of {len(features)} photos are not all numbers, so nothing can be fitted to "
            f"them. The network they are taken from is broken; name another bundle with --weights, or none."
        )


def _numbers(head: onnx.ModelProto) -> int:
    """How many numbers a fitted head consists of."""
    inside = sum(len(attribute.floats) for node in head.graph.node for attribute in node.attribute)
    return int(inside + sum(np.prod(tensor.dims) for tensor in head.graph.initializer))
