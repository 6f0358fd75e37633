"""Fit any recipe: the recipe says how, and finds here the ways that need Keras, scikit-learn or both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from emotion_classifier.errors import RecipeError
from emotion_classifier.recipes import EnsembleRecipe, FeaturesRecipe, NetworkRecipe, Recipe
from emotion_classifier.recipes.fitting import FitPlan, Fitted, Floats, Progress
from emotion_classifier.training.batches import fixed_inputs, fixed_pixels
from emotion_classifier.training.ensemble_fit import Parts, fit_ensemble
from emotion_classifier.training.features_fit import fit_features
from emotion_classifier.training.inputs import Inputs
from emotion_classifier.training.network import fit_network


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
    recipe.refuse_unknown(plan)
    if recipe.trains_keras:
        from emotion_classifier.training.onnx.conversion import check_exportable

        check_exportable()
    recipe.check(labels, plan)


def fit_recipe(recipe: Recipe, task: Task) -> Fitted:
    """Fit a recipe, and hold its model to what it is to give.

    Raises
    ------
    RecipeError
        If the recipe cannot be fitted on this data, or its model gives anything but one probability per label.
    """
    fitted = recipe.fit(task)
    some = task.learn.take(np.arange(min(2, len(task.learn.rows))))
    wanted = (len(some.rows), 1 if recipe.output == "sigmoid" else len(task.labels))
    found = fitted.predict(fixed_pixels(some, recipe.preprocessing)).shape
    if found != wanted:
        raise RecipeError(
            f"The recipe {recipe.name} made a model that gives an array of shape {found} for {wanted[0]} photos, and "
            f"{wanted} is needed: {recipe.output} over the labels {', '.join(task.labels)}. Mend its `fit`."
        )
    return fitted


@dataclass(frozen=True, kw_only=True)
class Task:
    """One fit, as `emotion_classifier.recipes.fitting.FitTask` describes it.

    Parameters
    ----------
    labels : tuple of str
    learn : Inputs
    held : Inputs or None
        Held back for validation.
    plan : FitPlan
    work : Path
        Folder of the state.
    progress : callable
        Called with (stage, done, in all, figures).
    """

    labels: tuple[str, ...]
    learn: Inputs
    held: Inputs | None
    plan: FitPlan
    work: Path
    progress: Progress

    def arrays(self, recipe: Recipe) -> tuple[Floats, Floats]:
        """Give normalised pixels and targets of the photos to learn from."""
        return fixed_inputs(self.learn, recipe.preprocessing, sigmoid=recipe.output == "sigmoid")

    def train_network(self, recipe: NetworkRecipe) -> Fitted:
        """Train a Keras network and convert it."""
        parts = self.learn, self.held
        return fit_network(recipe, self.labels, parts, self.plan, work=self.work, progress=self.progress)

    def fit_estimator(self, recipe: FeaturesRecipe) -> Fitted:
        """Fit a classifier on engineered features and convert it."""
        return fit_features(recipe, self.labels, self.learn, self.plan, progress=self.progress)

    def fit_members(self, recipe: EnsembleRecipe) -> Fitted:
        """Fit every member of an ensemble and merge them."""
        parts = self.learn, self.held
        return fit_ensemble(recipe, self.labels, parts, self.plan, work=self.work, fit=self._fit_member)

    def _fit_member(self, member: Recipe, parts: Parts, plan: FitPlan, work: Path, stage: str) -> Fitted:
        def tell(_: str, done: int, total: int, figures: dict[str, float]) -> None:
            self.progress(stage, done, total, figures)

        learn, held = parts
        return member.fit(replace(self, learn=learn, held=held, plan=plan, work=work, progress=tell))
