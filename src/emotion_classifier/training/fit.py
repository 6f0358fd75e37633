"""Train a recipe on a dataset and write the bundle; a killed run goes on where it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_classifier import recipes
from emotion_classifier.data import Dataset, require_dataset
from emotion_classifier.data.groups import group_column_of
from emotion_classifier.data.split import (
    carve,
    feasible_share,
    independent_of,
    require_to_carve,
)
from emotion_classifier.errors import EmotionClassifierError, RecipeError
from emotion_classifier.faces.cache import FaceCache
from emotion_classifier.faces.quality import QualityLimits
from emotion_classifier.model.bundle import (
    BundleConfig,
    ScaleParameters,
    check_writable,
    labels_to_ids,
    save_bundle,
)
from emotion_classifier.model.card import Origin, parse_card
from emotion_classifier.recipes import Recipe
from emotion_classifier.recipes.fitting import Fitted, Progress, per_label, silent
from emotion_classifier.training.balance import importance
from emotion_classifier.training.batches import fixed_pixels
from emotion_classifier.training.calibrate import fit_leaning, fit_scale
from emotion_classifier.training.calibration_data import calibration_weights, set_aside
from emotion_classifier.training.card import training_card
from emotion_classifier.training.inputs import Inputs, canvas_of, data_digest, prepare_inputs, rows_to_learn
from emotion_classifier.training.keep import Keeping, keeping
from emotion_classifier.training.kinds import Task, check_ready, fit_recipe
from emotion_classifier.training.known import photos_known
from emotion_classifier.training.options import TrainOptions
from emotion_classifier.training.result import TrainingResult
from emotion_classifier.training.unfinished import leave_history, resume_or_begin


def train(
    dataset: Dataset,
    *,
    recipe: Recipe | str | None = None,
    out: str | Path,
    options: TrainOptions | None = None,
    extra: Dataset | None = None,
    calibration: Dataset | None = None,
    face_cache: FaceCache | None = None,
    progress: Progress | None = None,
) -> TrainingResult:
    """Train a model on labelled photos and write it as a bundle.

    Rows whose split is "validation" or "test" are never used; the validation part is carved from the rest,
    stratified, near-duplicates and people on one side. State is kept in ``<out>.training`` after every epoch,
    and the same call goes on from there after a kill; the history stays there when all is done.

    Parameters
    ----------
    dataset : Dataset
    recipe : Recipe, str or None
        A recipe or its name; None: `emotion_classifier.recipes.RECOMMENDED`.
    out : str or Path
        Folder of the bundle.
    options : TrainOptions or None
        None: `TrainOptions()`.
    extra : Dataset or None
        Rows to learn from that are never held back for validation or calibration, such as rendered faces.
    calibration : Dataset or None
        Rows that are never learned from and that the scale is fitted on, beside those carved from the training rows;
        those of the split "test" are left alone.
        A column ``weight`` says how much each counts, such as how many everyday faces it stands for.
    face_cache : FaceCache or None
        Faces found before, shared with whoever else reads the same photos.
    progress : callable or None
        Called with (stage, done, in all, metrics).

    Returns
    -------
    TrainingResult

    Raises
    ------
    DatasetError
        If happy or sad photos are missing, too few can be used, or those for the scale do not go with them.
    RecipeError
        If there is no such recipe, its network cannot be built on this data, the loss stops being a number, or its
        model does not give a probability per label.
    BundleError
        If `out`, or ``<out>.training``, cannot be written.
    MissingExtraError
        If the training libraries are not installed.
    TypeError
        If `dataset`, `extra` or `calibration` is no Dataset, but its path for instance.

    Examples
    --------
    >>> from emotion_classifier import open_dataset, train
    >>> result = train(open_dataset("photos"), recipe="svm", out="my-model")  # doctest: +SKIP
    >>> result.bundle.labels  # doctest: +SKIP
    ('happy', 'sad')
    """
    require_dataset(dataset, *(other for other in (extra, calibration) if other is not None))
    job = _job(
        recipe if isinstance(recipe, Recipe) else recipes.get(recipe or recipes.RECOMMENDED),
        dataset,
        options or TrainOptions(),
        out=Path(out),
        face_cache=face_cache,
        progress=progress or silent,
    )
    extra = extra.with_split("train", "").with_labels(job.dataset.labels) if extra else None
    aside = None if calibration is None else set_aside(calibration, job.dataset.labels)
    resume_or_begin(job.work, job.identity(extra))
    photos = job.photos(extra=extra, calibration=aside)
    with _naming(photos.problems):
        fitted = fit_recipe(job.recipe, job.task(photos))
    config = _configure(job, photos, fitted)
    bundle = save_bundle(
        out,
        onnx=fitted.onnx,
        config=config,
        card=training_card(config, about=job.options.about, origins=job.origins, foreign=job.foreign),
        photos=photos_known(job.recipe, job.options.plan, photos.parts),
    )
    leave_history(job.work)
    return TrainingResult(
        bundle,
        fitted.history,
        photos.problems,
        scale_rows=sum(len(part.rows) for part in (photos.held, photos.calibration) if part),
        scale_kept=job.kept is not None and config.scale == job.kept.scale,
        commonest=_commonest(photos.learn, job.dataset.labels),
        unclear=photos.learn.unclear,
    )


def check_validation(recipe: Recipe, dataset: Dataset, options: TrainOptions) -> None:
    """Refuse data too small to hold a part back from, as far as that is known before any photo is read.

    Raises
    ------
    DatasetError
        If happy or sad photos are missing, or too few of a class are there.
    RecipeError
        If the training is to stop by photos of which none are held back.
    """
    if options.patience and options.validation == 0:
        raise RecipeError(
            "--patience stops by the loss on the photos held back, and --validation 0 holds none back. "
            "Leave out one of them."
        )
    used = rows_to_learn(recipe, dataset)
    if options.validation:
        require_to_carve(used, np.arange(len(used)), share=options.validation)


@dataclass(frozen=True)
class _Photos:
    """To learn from, held back, and for the scale alone; targets are as the data word them."""

    learn: Inputs
    held: Inputs | None
    calibration: Inputs | None
    problems: tuple[tuple[str, str], ...]

    @property
    def parts(self) -> tuple[Inputs, Inputs | None, Inputs | None]:
        return self.learn, self.held, self.calibration


@dataclass(frozen=True, kw_only=True)
class _Job:
    """One training whose requests were found to make sense."""

    recipe: Recipe
    dataset: Dataset
    options: TrainOptions
    kept: Keeping | None
    origins: tuple[Origin, ...]
    foreign: bool
    work: Path
    face_cache: FaceCache | None
    progress: Progress

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the model."""
        return self.kept.labels if self.kept else self.dataset.labels

    @property
    def quality(self) -> QualityLimits:
        """How bad a face may be for the model to read it."""
        return self.kept.base.config.quality if self.kept else QualityLimits()

    def identity(self, extra: Dataset | None) -> dict[str, Any]:
        """Say what makes it this training: a killed one is gone on with only where all of it is the same."""
        options = self.options
        return {
            "recipe": self.recipe.name,
            "options": options.to_dict(),
            "labels": list(self.labels),
            "data": data_digest(self.dataset, options.group_column, options.balance),
            "extra": None if extra is None else data_digest(extra),
        }

    def photos(self, *, extra: Dataset | None, calibration: Dataset | None) -> _Photos:
        """Cut out every face, and carve the validation part."""
        by_group = self.options.validation != 0 or self.recipe.grouped
        inputs = self._cut(self.dataset, "faces", with_prints=by_group)
        if by_group:
            inputs = inputs.grouped(self.dataset, column=self.options.group_column)
        with _naming(inputs.problems):
            learn, held = _carve(self.dataset, inputs, self.options)
        if self.options.balance:
            counted = importance(self.dataset.take(learn.rows), self.options.balance)
            learn = replace(learn, importance=counted)
        problems = inputs.problems
        if extra:
            more = self._cut(extra, "more faces")
            learn, problems = learn.join(more), (*problems, *more.problems)
        aside = self._cut_aside(calibration) if calibration else None
        return _Photos(learn, held, aside, (*problems, *(aside.problems if aside else ())))

    def _cut_aside(self, calibration: Dataset) -> Inputs:
        rows = self._cut(calibration, "calibration faces")
        weight = calibration_weights(calibration.take(rows.rows))
        return replace(rows, importance=weight)

    def _cut(self, dataset: Dataset, stage: str, *, with_prints: bool = False) -> Inputs:
        return prepare_inputs(
            dataset,
            canvas_of(self.recipe),
            cache=self.work,
            with_prints=with_prints,
            limits=self.quality,
            face_cache=self.face_cache,
            progress=lambda done, total: self.progress(stage, done, total, {}),
        )

    def task(self, photos: _Photos) -> Task:
        """Say what is to be fitted; targets are laid out over the labels of the model."""
        learn, held = photos.learn, photos.held
        if self.kept:
            learn = self.kept.lay_out(learn, self.recipe.preprocessing)
            held = held and self.kept.lay_out(held, self.recipe.preprocessing)
        return Task(
            labels=self.labels,
            learn=learn,
            held=held,
            plan=self.options.plan,
            work=self.work,
            progress=self.progress,
        )


def _job(
    recipe: Recipe,
    dataset: Dataset,
    options: TrainOptions,
    *,
    out: Path,
    face_cache: FaceCache | None,
    progress: Progress,
) -> _Job:
    """Refuse whatever can be refused before a photo is read or an hour is spent."""
    check_writable(out)
    parse_card(options.about, "the file of --about")
    check_validation(recipe, dataset, options)
    dataset = rows_to_learn(recipe, dataset)
    column = group_column_of(dataset, options.group_column)
    balance = dataset.column_named(options.balance) if options.balance else None
    options = replace(options, group_column=column, balance=balance)
    kept = keeping(recipe, dataset.labels, options.weights)
    job = _Job(
        recipe=recipe,
        dataset=dataset,
        options=options,
        kept=kept,
        origins=tuple(Origin.of(bundle) for bundle in recipe.begins_with(options.plan)),
        foreign=bool(recipe.photos_before(options.plan)) and not recipe.begins_with(options.plan),
        work=out.with_name(out.name + ".training"),
        face_cache=face_cache,
        progress=progress,
    )
    check_ready(recipe, job.labels, options.plan)
    if options.balance:
        importance(dataset, options.balance)  # Says what is wrong with the column.
    return job


@contextmanager
def _naming(problems: tuple[tuple[str, str], ...]) -> Iterator[None]:
    """Let an error say which photos could not be used: too few may be left for that reason."""
    try:
        yield
    except EmotionClassifierError as error:
        error.left_out = problems
        raise


def _carve(dataset: Dataset, inputs: Inputs, options: TrainOptions) -> tuple[Inputs, Inputs | None]:
    if options.validation == 0 or inputs.groups is None:
        return inputs, None
    used, share = dataset.take(inputs.rows), options.validation
    if share is None:
        share = feasible_share(min(independent_of(used, inputs.groups).values()))
    if not share:
        return inputs, None
    require_to_carve(used, inputs.groups, share=share)
    rest, carved = carve(used, inputs.groups, share=share, seed=options.seed)
    return inputs.take(rest), inputs.take(carved)


def _configure(job: _Job, photos: _Photos, fitted: Fitted) -> BundleConfig:
    now, recipe = datetime.now(UTC), job.recipe
    return BundleConfig(
        # A recipe put together on the command line has colons and pluses in its name; file names should not.
        id=f"{re.sub('[^a-z0-9_]+', '-', recipe.name)}-{now:%Y%m%d-%H%M%S}",
        created=now,
        recipe=recipe.name,
        id2label=labels_to_ids(job.labels),
        output=recipe.output,
        preprocessing=recipe.preprocessing,
        scale=_calibrate(job, photos, fitted),
        quality=job.quality,
        training={
            "options": job.options.to_dict(),
            "epochs": len(fitted.history),
            "parameters": fitted.parameters,
            "mirror": fitted.mirror,
            **({} if fitted.moved is None else {"moved_by_8_bits": fitted.moved}),
            "rows": len(photos.learn.rows),
            "validation_rows": 0 if photos.held is None else len(photos.held.rows),
            "last_epoch": fitted.history[-1] if fitted.history else {},
            **({"base": job.kept.base.id, "left_to_base": list(job.kept.left)} if job.kept else {}),
        },
    )


def _calibrate(job: _Job, photos: _Photos, fitted: Fitted) -> ScaleParameters:
    """Fit the scale on the carved rows and those given for it; the levels on the latter alone, if there are any."""
    parts = [
        (part, name)
        for part, name in ((photos.held, "carved from the training data"), (photos.calibration, "set aside"))
        if part
    ]
    begin = job.kept.scale if job.kept else ScaleParameters()
    if not parts:
        return begin
    raw = [fitted.predict(fixed_pixels(part, job.recipe.preprocessing)) for part, _ in parts]
    stated = per_label(np.concatenate(raw), job.recipe.output)
    targets = np.zeros((len(stated), len(job.labels)), np.float32)
    targets[:, [job.labels.index(label) for label in job.dataset.labels]] = np.concatenate(
        [part.targets for part, _ in parts]
    )
    source = " and ".join(f"{len(part.rows):,} rows {name}" for part, name in parts)
    weight = np.concatenate([_weight(part) for part, _ in parts])
    if job.kept and job.kept.left:
        return fit_leaning(begin, stated, targets, job.labels, source=source, weight=weight)
    everyday = np.concatenate([np.full(len(part.rows), part is photos.calibration) for part, _ in parts])
    return fit_scale(
        stated,
        targets,
        job.labels,
        source=source,
        weight=weight,
        everyday=everyday if everyday.any() else None,
        begin=begin,
    )


def _commonest(learn: Inputs, labels: tuple[str, ...]) -> tuple[str, float]:
    shares = np.bincount(learn.targets.argmax(axis=1), minlength=len(labels)) / len(learn.targets)
    return labels[shares.argmax()], float(shares.max())


def _weight(part: Inputs) -> npt.NDArray[np.float32]:
    """How much rows count, on average 1, so that each part counts for as many as it has."""
    weight = np.ones(len(part.rows), np.float32) if part.importance is None else part.importance
    return np.asarray(weight / weight.mean(), np.float32)
