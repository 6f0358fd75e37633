"""Recipes by name."""

from __future__ import annotations

from emotion_classifier.errors import RecipeError
from emotion_classifier.recipes import compact, seed
from emotion_classifier.recipes.recipe import Recipe

__all__ = ["Recipe", "get", "names"]

_RECIPES: dict[str, Recipe] = {recipe.name: recipe for recipe in (*compact.RECIPES, *seed.RECIPES)}


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
