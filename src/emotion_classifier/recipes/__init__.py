"""Recipes by name."""

from __future__ import annotations

from emotion_classifier.errors import RecipeError
from emotion_classifier.recipes import applications, compact, features, mobilenet, original_study, transfer
from emotion_classifier.recipes.ensemble import EnsembleRecipe, composed, ensemble
from emotion_classifier.recipes.features import FeaturesRecipe
from emotion_classifier.recipes.recipe import NetworkRecipe, Recipe
from emotion_classifier.text import did_you_mean

__all__ = [
    "RECOMMENDED",
    "SHIPPED",
    "EnsembleRecipe",
    "FeaturesRecipe",
    "NetworkRecipe",
    "Recipe",
    "get",
    "get_network",
    "names",
    "register",
]

_RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        *compact.RECIPES,
        *transfer.RECIPES,
        *mobilenet.RECIPES,
        *features.RECIPES,
        *applications.RECIPES,
        *original_study.RECIPES,
    )
}
# One of each kind; chosen by benchmarks/ensemble_members.py.
_TOGETHER = [_RECIPES[name] for name in ("transfer", "gradient_boosting", "svm")]
_RECIPES |= {
    "ensemble": ensemble(_TOGETHER, "vote", name="ensemble"),
    "stacking": ensemble(_TOGETHER, "stack", name="stacking"),
}
# Names that every process knows; what a user registers, only those do that import the user's module.
SHIPPED = tuple(_RECIPES)
# At 10,000 photos, the most that it was measured with (docs/recipes.md), it had lost nothing; 36,000 faces taught a
# network that began with nothing no more than the default model knows, with which this one begins.
RECOMMENDED = "transfer"
"""The recipe where none is named."""


def register(recipe: Recipe) -> Recipe:
    """Make a recipe known by its name, on the command line too.

    Parameters
    ----------
    recipe : Recipe

    Returns
    -------
    Recipe
        The same.

    Raises
    ------
    RecipeError
        If there is another recipe of that name, or the name means an ensemble.
    """
    if _RECIPES.get(recipe.name, recipe) != recipe:
        raise RecipeError(f"There is a recipe named {recipe.name} already. Choose another name.")
    if set(recipe.name) & set(":+"):
        raise RecipeError(
            f"{recipe.name!r} would be read as an ensemble. Choose a name without colon and plus."
        )
    _RECIPES[recipe.name] = recipe
    return recipe


def names() -> tuple[str, ...]:
    """List every recipe's name.

    Examples
    --------
    >>> "compact" in names()
    True
    """
    return tuple(_RECIPES)


def get(name: str) -> Recipe:
    """Find a recipe by name, or put one together: ``vote:A+B`` and ``stack:A+B`` of any that there are.

    Raises
    ------
    RecipeError
        If there is none of that name, or those named cannot be put together.
    """
    found = _RECIPES.get(name) or composed(name, get)
    if found is None:
        near = did_you_mean(name, names())
        raise RecipeError(f"There is no recipe named {name!r}.{near} Choose from: {', '.join(names())}.")
    return found


def get_network(name: str) -> NetworkRecipe:
    """Find a recipe that trains a Keras network.

    Raises
    ------
    RecipeError
        If there is none of that name, or it is of another kind.
    """
    recipe = get(name)
    if not isinstance(recipe, NetworkRecipe):
        raise RecipeError(f"The recipe {name} trains no network of its own.")
    return recipe
