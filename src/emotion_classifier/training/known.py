"""Which photos a trained model knows: those of its training, and those of whatever it began with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from emotion_classifier.model.bundle import Bundle
from emotion_classifier.model.known_photos import KnownPhotos
from emotion_classifier.recipes import FeaturesRecipe, NetworkRecipe, Recipe
from emotion_classifier.recipes.ensemble import EnsembleRecipe
from emotion_classifier.training.ensemble_fit import plan_for
from emotion_classifier.training.fitted import FitPlan
from emotion_classifier.training.inputs import Inputs

_FOREIGN = "the weights it began with"


def photos_known(recipe: Recipe, plan: FitPlan, parts: Sequence[Inputs | None]) -> KnownPhotos | None:
    """Gather the photos that a model learned from or was fitted on.

    Parameters
    ----------
    recipe : Recipe
    plan : FitPlan
        Says which bundle or weights it began with, where the recipe begins with any.
    parts : sequence of Inputs or None
        To learn from, held back, for the scale.

    Returns
    -------
    KnownPhotos or None
        None: the photos of a part were not hashed.
    """
    hashes = [part.hashes for part in parts if part]
    own = [each for each in hashes if each is not None]
    if len(own) < len(hashes):
        return None
    known = KnownPhotos.of(np.concatenate(own))
    for before in _before(recipe, plan):
        known |= before
    return known


def _before(recipe: Recipe, plan: FitPlan) -> Iterator[KnownPhotos]:
    """Photos known to what a recipe begins with, or whose network gives it features."""
    if isinstance(recipe, EnsembleRecipe):
        for member in recipe.members:
            yield from _before(member, plan_for(member, plan))
    elif isinstance(recipe, NetworkRecipe) and recipe.base:
        yield _of(recipe.base(plan.weights))
    elif isinstance(recipe, NetworkRecipe) and recipe.start:
        yield KnownPhotos(unrecorded=(_FOREIGN,))
    elif isinstance(recipe, FeaturesRecipe) and recipe.reads_network:
        yield _of(Bundle.load(plan.weights) if plan.weights else Bundle.default())


def _of(bundle: Bundle) -> KnownPhotos:
    known = bundle.known_photos()
    return KnownPhotos(unrecorded=(bundle.id,)) if known is None else known
