"""Which way a recipe is fitted, by what kind it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from emotion_classifier.errors import RecipeError
from emotion_classifier.recipes import EnsembleRecipe, FeaturesRecipe, NetworkRecipe, Recipe
from emotion_classifier.training.ensemble_fit import Parts, fit_ensemble, plan_for, require_takers
from emotion_classifier.training.features_fit import fit_features, require_libraries
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
    if isinstance(recipe, EnsembleRecipe):
        require_takers(recipe, plan)
        for member in recipe.members:
            check_ready(member, labels, plan_for(member, plan))
        return
    if plan.weights and not _begins_with_weights(recipe):
        raise RecipeError(
            f"The recipe {recipe.name} does not begin with trained weights; leave out --weights."
        )
    if isinstance(recipe, FeaturesRecipe) and (plan.epochs or plan.patience):
        raise RecipeError(f"The recipe {recipe.name} has no epochs; leave out --epochs and --patience.")
    if plan.learning_rate and not isinstance(recipe, NetworkRecipe):
        raise RecipeError(f"The recipe {recipe.name} has no learning rate; leave out --learning-rate.")
    if plan.more_light and not recipe.augment:
        raise RecipeError(f"The recipe {recipe.name} does not vary pictures; leave out --augment-light.")
    from emotion_classifier.training.onnx.conversion import check_exportable

    if isinstance(recipe, NetworkRecipe):
        check_exportable()
        if recipe.start:
            recipe.model(labels, plan.weights)
    if isinstance(recipe, FeaturesRecipe):
        require_libraries(recipe)
        recipe.graph(plan.weights)


def _begins_with_weights(recipe: Recipe) -> bool:
    if isinstance(recipe, NetworkRecipe):
        return recipe.start is not None
    return isinstance(recipe, FeaturesRecipe) and recipe.reads_network


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
    if isinstance(recipe, EnsembleRecipe):

        def fit(member: Recipe, own: Parts, its: FitPlan, folder: Path, stage: str) -> Fitted:
            def tell(_: str, done: int, total: int, figures: dict[str, float]) -> None:
                progress(stage, done, total, figures)

            return fit_model(member, labels, own, its, work=folder, progress=tell)

        return fit_ensemble(recipe, labels, parts, plan, work=work, fit=fit)
    if isinstance(recipe, FeaturesRecipe):
        return fit_features(recipe, labels, parts[0], plan, progress=progress)
    raise RecipeError(f"There is no way to fit {recipe.name}.")
