"""Fit an ensemble: its members one after the other, and for stacking how to mix them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from emotion_classifier.errors import RecipeError
from emotion_classifier.recipes import FeaturesRecipe, NetworkRecipe, Recipe
from emotion_classifier.recipes.ensemble import EnsembleRecipe
from emotion_classifier.recipes.inner_crop import InnerCrop, inner_crop
from emotion_classifier.training.augment import MARGIN
from emotion_classifier.training.features_fit import check_counts
from emotion_classifier.training.fitted import FitPlan, Fitted
from emotion_classifier.training.inputs import Inputs, widened
from emotion_classifier.training.loop import HISTORY
from emotion_classifier.training.onnx.merge import Part, merged
from emotion_classifier.training.stacking import Floats, Mixture, fit_mixture, stacking_folds

if TYPE_CHECKING:
    from emotion_classifier.model.preprocessing import Preprocessing

MEMBERS = "members"
Parts = tuple[Inputs, Inputs | None]
# (member, parts, plan, folder of the state, name of the stage)
FitMember = Callable[[Recipe, Parts, FitPlan, Path, str], Fitted]


def fit_ensemble(
    recipe: EnsembleRecipe,
    labels: tuple[str, ...],
    parts: Parts,
    plan: FitPlan,
    *,
    work: Path,
    fit: FitMember,
) -> Fitted:
    """Fit every member and merge them into one model.

    Members of a stack are fitted on each part but one in turn and answer for that one (see `stacking_folds`); the
    mixture is learnt from these answers alone, and then every member is fitted on all rows. What is finished is kept
    in `work`, and a killed fit goes on from there.

    Parameters
    ----------
    recipe : EnsembleRecipe
    labels : tuple of str
    parts : pair of Inputs
        To learn from, and held back for validation (or None).
    plan : FitPlan
        Its weights go to the members that begin with some.
    work : Path
        Folder of the state.
    fit : callable
        Fits one member.

    Raises
    ------
    RecipeError
        If a member cannot be fitted on this data, or there is too little to stack.
    """
    _check_counts(recipe, labels, parts[0], plan)
    mixture = _learn_mixture(recipe, labels, parts, plan, work=work, fit=fit) if recipe.grouped else None
    members = []
    for member in recipe.members:
        folder = work / MEMBERS / member.name
        members.append(_fitted(member, _inputs(recipe, member, parts), plan, folder=folder, fit=fit))
    fitted = [
        Part(model, _served_crop(recipe, member), member.output == "sigmoid")
        for member, model in zip(recipe.members, members, strict=True)
    ]
    numbers = sum(model.parameters for model in members)
    return Fitted(
        merged(fitted, mixture, recipe.preprocessing.input_shape),
        numbers + (mixture.kernel.size + mixture.bias.size if mixture else 0),
        mirror=all(model.mirror for model in members),
    )


def _check_counts(recipe: EnsembleRecipe, labels: tuple[str, ...], learn: Inputs, plan: FitPlan) -> None:
    """Refuse too few photos for one member before the others are trained."""
    parts = [learn]
    if recipe.grouped:
        parts += [learn.take(rows) for rows, _ in stacking_folds(learn, labels, seed=plan.seed)]
    for member in recipe.members:
        if isinstance(member, FeaturesRecipe):
            for part in parts:
                check_counts(member, labels, part)


def plan_for(member: Recipe, plan: FitPlan) -> FitPlan:
    """Leave out of a plan what a member knows nothing of."""
    return replace(
        plan,
        weights=plan.weights if isinstance(member, NetworkRecipe) and member.start else None,
        learning_rate=plan.learning_rate if isinstance(member, NetworkRecipe) else None,
        more_light=plan.more_light and member.augment,
        epochs=None if isinstance(member, FeaturesRecipe) else plan.epochs,
        patience=None if isinstance(member, FeaturesRecipe) else plan.patience,
    )


def require_takers(recipe: EnsembleRecipe, plan: FitPlan) -> None:
    """Refuse what no member knows anything of, and weights that could be for several.

    Raises
    ------
    RecipeError
        Naming the option.
    """
    plans = [plan_for(member, plan) for member in recipe.members]
    beginning = sum(each.weights is not None for each in plans)
    if plan.weights and beginning != 1:
        raise RecipeError(
            f"{beginning or 'No'} members of {recipe.name} begin with trained weights, and --weights is for one. "
            f"Leave it out."
        )
    if (plan.epochs or plan.patience) and not any(each.epochs or each.patience for each in plans):
        raise RecipeError(f"No member of {recipe.name} has epochs; leave out --epochs and --patience.")
    if plan.learning_rate and not any(each.learning_rate for each in plans):
        raise RecipeError(f"No member of {recipe.name} has a learning rate; leave out --learning-rate.")
    if plan.more_light and not any(each.more_light for each in plans):
        raise RecipeError(f"No member of {recipe.name} varies pictures; leave out --augment-light.")


def _learn_mixture(
    recipe: EnsembleRecipe,
    labels: tuple[str, ...],
    parts: Parts,
    plan: FitPlan,
    *,
    work: Path,
    fit: FitMember,
) -> Mixture:
    learn, held = parts
    folds = stacking_folds(learn, labels, seed=plan.seed)
    answers: list[Floats] = []
    for member in recipe.members:
        own, own_held = _inputs(recipe, member, parts)
        found = np.zeros(learn.targets.shape, np.float32)
        for number, (rows, answered) in enumerate(folds):
            folder = work / MEMBERS / f"{member.name}-fold-{number}"
            model = _fitted(member, (own.take(rows), own_held), plan, folder=folder, fit=fit)
            found[answered] = _answers(recipe, member, model, learn.take(answered))
        answers.append(found)
    return fit_mixture(answers, learn.targets, learn.importance)


def _fitted(member: Recipe, parts: Parts, plan: FitPlan, *, folder: Path, fit: FitMember) -> Fitted:
    """Fit a member, or take what an earlier run finished."""
    model, record = folder / "model.onnx", folder / "fitted.json"
    if record.is_file():
        known = json.loads(record.read_text(encoding="utf-8"))
        return Fitted(model.read_bytes(), known["parameters"], tuple(known["history"]), known["mirror"])
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(member, NetworkRecipe):
        import keras

        keras.backend.clear_session()  # The networks before would all stay in memory.
    fitted = fit(member, parts, plan_for(member, plan), folder, folder.name)
    model.write_bytes(fitted.onnx)
    draft = folder / "draft.json"
    told = {"parameters": fitted.parameters, "history": fitted.history, "mirror": fitted.mirror}
    draft.write_text(json.dumps(told), encoding="utf-8")
    draft.replace(record)
    return fitted


def _answers(recipe: EnsembleRecipe, member: Recipe, fitted: Fitted, rows: Inputs) -> Floats:
    from emotion_classifier.training.batches import fixed_inputs

    (own, _) = _inputs(recipe, member, (rows, None))
    pixels, _ = fixed_inputs(own, member.preprocessing, sigmoid=False)
    return Part(fitted, _served_crop(recipe, member), member.output == "sigmoid").probabilities(pixels)


def _inputs(recipe: EnsembleRecipe, member: Recipe, parts: Parts) -> Parts:
    """Cut a member's pictures, wider if it varies them, out of the ensemble's."""
    crop = _crop(_canvas(recipe), _canvas(member))
    learn, held = parts
    own = replace(learn, pixels=crop.pixels(np.asarray(learn.pixels)))
    return own, replace(held, pixels=crop.pixels(np.asarray(held.pixels))) if held else None


def _canvas(recipe: Recipe) -> Preprocessing:
    return widened(recipe.preprocessing, MARGIN if recipe.augment else 1.0)


def _served_crop(recipe: EnsembleRecipe, member: Recipe) -> InnerCrop:
    return _crop(recipe.preprocessing, member.preprocessing)


def _crop(outer: Preprocessing, inner: Preprocessing) -> InnerCrop:
    found = inner_crop(outer, inner)
    if found is None:
        raise RecipeError(
            f"A picture of {inner.width} × {inner.height} px cannot be cut out of one of "
            f"{outer.width} × {outer.height} px on whole pixels. "
            f"Choose members whose sizes are multiples of each other."
        )
    return found


def tidy(work: Path) -> None:
    """Delete the state of finished members; the history of each is kept as ``MEMBER-history.csv``."""
    import shutil

    for history in (work / MEMBERS).glob(f"*/{HISTORY}"):
        if "-fold-" not in history.parent.name:
            history.replace(work / f"{history.parent.name}-{HISTORY}")
    shutil.rmtree(work / MEMBERS, ignore_errors=True)
