"""A recipe's search space, and the recipe that a trial's parameters make of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emotion_classifier import recipes
from emotion_classifier.errors import RecipeError, missing_extra
from emotion_classifier.recipes import Recipe

EPOCHS = "epochs"


def keras_tuner() -> Any:
    """Import Keras Tuner.

    Raises
    ------
    MissingExtraError
        If it, or one of the packages it needs and does not declare, is not installed.
    BundleError
        If Keras runs on another backend than TensorFlow.
    """
    from emotion_classifier.training.onnx.conversion import check_exportable

    check_exportable()  # It loads Keras without the notes that TensorFlow writes.
    try:
        import keras_tuner
    except ImportError as error:
        # It imports six, scipy, scikit-learn and tensorboard without declaring them; the extra does.
        raise missing_extra("train", error.name or "keras_tuner") from error
    return keras_tuner


def require_space(recipe: Recipe) -> None:
    """Refuse a recipe that declares no space.

    Raises
    ------
    RecipeError
        It names those that do.
    """
    if recipe.variants is None:
        having = ", ".join(name for name in recipes.names() if recipes.get(name).variants)
        raise RecipeError(f"The recipe {recipe.name} has nothing to search. Choose one that has: {having}.")


def space_of(recipe: Recipe, *, epochs: int | None) -> Any:
    """Ask a recipe for its parameters.

    Parameters
    ----------
    recipe : Recipe
    epochs : int or None
        Where the epochs are given, they are not searched.

    Returns
    -------
    keras_tuner.HyperParameters

    Raises
    ------
    RecipeError
        If there is nothing to search.
    """
    require_space(recipe)
    module = keras_tuner()
    space = module.HyperParameters()
    _vary(recipe, space)
    if epochs is not None and EPOCHS in space:
        space = module.HyperParameters()
        space.Fixed(EPOCHS, epochs)
        _vary(recipe, space)
    fixed = module.engine.hyperparameters.Fixed
    if all(isinstance(parameter, fixed) for parameter in space.space):
        raise RecipeError(
            f"The space of the recipe {recipe.name} has no parameter, so there is nothing to search. "
            f"Let its `variants` ask for at least one, for example hp.Float('learning_rate', 1e-4, 1e-2)."
        )
    return space


def recipe_of(recipe: Recipe, parameters: Mapping[str, Any]) -> Recipe:
    """Make the recipe that the parameters of a trial say.

    Raises
    ------
    RecipeError
        If the recipe has no space, or the parameters change which pictures it takes in.
    """
    require_space(recipe)
    chosen = keras_tuner().HyperParameters()
    chosen.values = dict(parameters)
    return _vary(recipe, chosen)


def _vary(recipe: Recipe, parameters: Any) -> Recipe:
    assert recipe.variants is not None
    variant = recipe.variants(parameters)
    same = ("preprocessing", "labels", "output", "augment")
    changed = [name for name in same if getattr(variant, name) != getattr(recipe, name)]
    if changed:
        raise RecipeError(
            f"The space of {recipe.name} changes {', '.join(changed)}, and faces are cut once for all trials. "
            f"Make it a recipe of its own."
        )
    return variant
