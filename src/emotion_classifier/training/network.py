"""Fit a Keras network: head first where there is a trained one to begin with, then epoch after epoch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from emotion_classifier.recipes import NetworkRecipe
from emotion_classifier.recipes.fitting import FitPlan, Fitted, Progress
from emotion_classifier.training.batches import Batches, fixed_inputs, fixed_pixels
from emotion_classifier.training.inputs import Inputs
from emotion_classifier.training.loop import HISTORY, Plan, run_epochs
from emotion_classifier.training.onnx.precision import HALVED_TOLERANCE, halved, quantized

if TYPE_CHECKING:
    import keras

# Photos that say how large the activations of a network become.
_TYPICAL = 800


def fit_network(
    recipe: NetworkRecipe,
    labels: tuple[str, ...],
    parts: tuple[Inputs, Inputs | None],
    plan: FitPlan,
    *,
    work: Path,
    progress: Progress,
) -> Fitted:
    """Train a network and convert it; a killed training goes on with what is in `work`.

    Parameters
    ----------
    recipe : NetworkRecipe
    labels : tuple of str
    parts : pair of Inputs
        To learn from, and held back for validation (or None).
    plan : FitPlan
    work : Path
        Folder of the state.
    progress : callable
        Called with (stage, done, in all, metrics).

    Raises
    ------
    RecipeError
        If the network cannot be built on this data, or the loss stops being a number.
    """
    import keras

    from emotion_classifier.training.onnx.conversion import check_parity, to_onnx, with_mirror

    keras.utils.set_random_seed(plan.seed)
    with _arithmetic("mixed_bfloat16" if plan.bfloat16 else "float32"):
        model = recipe.model(labels, plan.weights)
    if plan.learning_rate:
        model.optimizer.learning_rate = plan.learning_rate
    learn, held = parts
    if not (work / HISTORY).is_file():
        _fit_head(model, recipe, learn, seed=plan.seed)
    sigmoid = recipe.output == "sigmoid"
    history = run_epochs(
        model,
        batches_for(recipe, learn, plan),
        fixed_inputs(held, recipe.preprocessing, sigmoid=sigmoid) if held else None,
        Plan(
            epochs=plan.epochs or recipe.epochs,
            patience=plan.patience or recipe.patience,
            cosine=recipe.cosine,
            moving_average=recipe.moving_average,
        ),
        work=work,
        progress=lambda done, total, figures: progress("training", done, total, figures),
    )
    parameters = int(model.count_params())
    if plan.bfloat16:
        exact = recipe.model(labels, plan.weights)
        exact.set_weights(model.get_weights())
        model = exact
    if recipe.mirror:
        model = with_mirror(model)
    exported = to_onnx(model)
    moved = None
    if plan.int8:
        shipped, moved = quantized(exported, _typical_inputs(recipe, learn, seed=plan.seed))
    else:
        shipped = halved(exported)
        check_parity(model, shipped, tolerance=HALVED_TOLERANCE)
    return Fitted(shipped, parameters, history, recipe.mirror, moved)


def _typical_inputs(recipe: NetworkRecipe, learn: Inputs, *, seed: int) -> npt.NDArray[np.float32]:
    """Draw some hundred photos, as they are."""
    return fixed_pixels(_some(learn, _TYPICAL, seed=seed), recipe.preprocessing)


def _some(learn: Inputs, most: int, *, seed: int) -> Inputs:
    if len(learn.rows) <= most:
        return learn
    drawn = np.random.default_rng(seed).choice(len(learn.rows), most, replace=False)
    return learn.take(np.sort(drawn))


def _fit_head(model: keras.Model, recipe: NetworkRecipe, learn: Inputs, *, seed: int) -> None:
    """Fit the last layer alone, for a recipe that says how, on all photos or as many as it takes of them."""
    if not recipe.fit_head:
        return
    if recipe.head_photos:
        learn = _some(learn, recipe.head_photos, seed=seed)
    inputs, targets = fixed_inputs(learn, recipe.preprocessing, sigmoid=recipe.output == "sigmoid")
    recipe.fit_head(model, inputs, targets, learn.importance)


@contextmanager
def _arithmetic(policy: str) -> Iterator[None]:
    """Build layers that compute in the numbers of a Keras policy."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def batches_for(recipe: NetworkRecipe, learn: Inputs, plan: FitPlan) -> Batches:
    """Lay out the batches of a training.

    Where batches shrink on few photos, these are shared out evenly: a last batch of two would be a step like any other,
    with the mean and spread of two for batch normalisation.

    Parameters
    ----------
    recipe : NetworkRecipe
    learn : Inputs
    plan : FitPlan
    """
    size = recipe.batch_size
    if recipe.smallest_batch:
        size = min(size, max(recipe.smallest_batch, len(learn.rows) // 16))
    return Batches(
        learn,
        recipe.preprocessing,
        size,
        even=size < recipe.batch_size,
        seed=plan.seed,
        augment=recipe.augment,
        sigmoid=recipe.output == "sigmoid",
        more_light=plan.more_light,
        bad_photos=plan.bad_photos,
    )
