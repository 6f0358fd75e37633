"""Fit an ensemble: its members one after the other, and for stacking how to mix them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from emotion_classifier.errors import RecipeError
from emotion_classifier.files import atomic_write
from emotion_classifier.recipes import Recipe
from emotion_classifier.recipes.ensemble import EnsembleRecipe
from emotion_classifier.recipes.fitting import FitPlan, Fitted
from emotion_classifier.recipes.inner_crop import InnerCrop, inner_crop
from emotion_classifier.training.batches import fixed_pixels
from emotion_classifier.training.features_fit import check_counts
from emotion_classifier.training.inputs import Inputs, canvas_of
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
    fitted = [_part(recipe, member, model) for member, model in zip(recipe.members, members, strict=True)]
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
    for part in parts:
        check_counts(recipe, labels, part)


def _learn_mixture(
    recipe: EnsembleRecipe,
    labels: tuple[str, ...],
    parts: Parts,
    plan: FitPlan,
    *,
    work: Path,
    fit: FitMember,
) -> Mixture:
    learn, _ = parts
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
    if member.trains_keras:
        import keras

        keras.backend.clear_session()  # The networks before would all stay in memory.
    fitted = fit(member, parts, member.as_member(plan), folder, folder.name)
    atomic_write(model, fitted.onnx)
    told = {"parameters": fitted.parameters, "history": fitted.history, "mirror": fitted.mirror}
    atomic_write(record, json.dumps(told))
    return fitted


def _answers(recipe: EnsembleRecipe, member: Recipe, fitted: Fitted, rows: Inputs) -> Floats:
    own, _ = _inputs(recipe, member, (rows, None))
    return _part(recipe, member, fitted).probabilities(fixed_pixels(own, member.preprocessing))


def _inputs(recipe: EnsembleRecipe, member: Recipe, parts: Parts) -> Parts:
    """Cut a member's pictures, wider if it varies them, out of the ensemble's."""
    crop = _crop(canvas_of(recipe), canvas_of(member))
    learn, held = parts
    own = replace(learn, pixels=crop.pixels(np.asarray(learn.pixels)))
    return own, replace(held, pixels=crop.pixels(np.asarray(held.pixels))) if held else None


def _part(recipe: EnsembleRecipe, member: Recipe, fitted: Fitted) -> Part:
    return Part(fitted, _crop(recipe.preprocessing, member.preprocessing), member.output)


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
    for history in (work / MEMBERS).glob(f"*/{HISTORY}"):
        if "-fold-" not in history.parent.name:
            history.replace(work / f"{history.parent.name}-{HISTORY}")
    shutil.rmtree(work / MEMBERS, ignore_errors=True)
