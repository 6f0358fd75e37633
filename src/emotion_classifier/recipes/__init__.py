"""Recipes by name."""

from __future__ import annotations

from emotion_classifier.errors import RecipeError
from emotion_classifier.recipes import compact, seed, transfer
from emotion_classifier.recipes.recipe import NetworkRecipe, Recipe

__all__ = ["NetworkRecipe", "Recipe", "get", "get_network", "names"]

_RECIPES: dict[str, Recipe] = {
    recipe.name: recipe for recipe in (*compact.RECIPES, *transfer.RECIPES, *seed.RECIPES)
}


def names() -> tuple[str, ...]:
    """List every recipe's name.

    Examples
    --------
    >>> "compact" in names()
    True
    """
    return tuple(_RECIPES)


def get(name: str) -> Recipe:
    """Find a recipe by name.

    Raises
    ------
    RecipeError
        If there is none of that name.
    """
    try:
        return _RECIPES[name]
    except KeyError:
        raise RecipeError(f"There is no recipe named {name!r}. Choose from: {', '.join(names())}.") from None


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
