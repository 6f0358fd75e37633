"""Which photos a trained model knows: those of its training, and those of whatever it began with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emotion_classifier.model.known_photos import KnownPhotos
from emotion_classifier.recipes import Recipe
from emotion_classifier.recipes.fitting import FitPlan
from emotion_classifier.training.inputs import Inputs


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
    for before in recipe.photos_before(plan):
        known |= before
    return known
