"""Which way a recipe is fitted, by what kind it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from emotion_classifier.errors import RecipeError
from emotion_classifier.recipes import NetworkRecipe, Recipe
from emotion_classifier.training.fitted import FitPlan, Fitted
from emotion_classifier.training.inputs import Inputs
from emotion_classifier.training.network import fit_network

Progress = Callable[[str, int, int, dict[str, float]], None]


def check_ready(recipe: Recipe, labels: tuple[str, ...], plan: FitPlan) -> None:
    """Refuse what cannot end in a bundle on this machine; call it before training rather than after.

    Raises
    ------
    BundleError
        If a network is to be trained and Keras runs on another backend than TensorFlow.
    MissingExtraError
        If a library is not installed.
    RecipeError
        If the recipe knows nothing of something in the plan, or the weights do not fit it.
    """
    if plan.weights and not (isinstance(recipe, NetworkRecipe) and recipe.start):
        raise RecipeError(
            f"The recipe {recipe.name} does not begin with trained weights; leave out --weights."
        )
    if plan.learning_rate and not isinstance(recipe, NetworkRecipe):
        raise RecipeError(f"The recipe {recipe.name} has no learning rate; leave out --learning-rate.")
    if plan.more_light and not recipe.augment:
        raise RecipeError(f"The recipe {recipe.name} does not vary pictures; leave out --augment-light.")
    from emotion_classifier.training.onnx_conversion import check_exportable

    if isinstance(recipe, NetworkRecipe):
        check_exportable()
        if recipe.start:
            recipe.model(labels, plan.weights)


def fit_model(
    recipe: Recipe,
    labels: tuple[str, ...],
    parts: tuple[Inputs, Inputs | None],
    plan: FitPlan,
    *,
    work: Path,
    progress: Progress,
) -> Fitted:
    """Fit any recipe; `fit_network` says what the parameters mean.

    Raises
    ------
    RecipeError
        If the recipe cannot be fitted on this data.
    """
    if isinstance(recipe, NetworkRecipe):
        return fit_network(recipe, labels, parts, plan, work=work, progress=progress)
    raise RecipeError(f"There is no way to fit {recipe.name}.")
