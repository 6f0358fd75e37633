"""Train a recipe on a dataset and write the bundle; a killed run goes on where it was."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.data import Dataset
from emotion_classifier.data.labels import require_happy_and_sad
from emotion_classifier.data.split import carve, require_group_column, require_to_carve
from emotion_classifier.errors import RecipeError
from emotion_classifier.model.bundle import (
    Bundle,
    BundleConfig,
    ScaleParameters,
    check_writable,
    labels_to_ids,
    save_bundle,
)
from emotion_classifier.recipes import Recipe
from emotion_classifier.report.card import training_card
from emotion_classifier.report.plots import plot_history
from emotion_classifier.training.augment import MARGIN
from emotion_classifier.training.balance import importance
from emotion_classifier.training.calibrate import fit_leaning, fit_scale
from emotion_classifier.training.ensemble_fit import MEMBERS, tidy
from emotion_classifier.training.fitted import FitPlan, Fitted
from emotion_classifier.training.inputs import Inputs, prepare_inputs, widened
from emotion_classifier.training.keep import Keeping, keeping
from emotion_classifier.training.kinds import check_ready, fit_model
from emotion_classifier.training.known import photos_known
from emotion_classifier.training.loop import HISTORY, History


@dataclass(frozen=True)
class TrainingOptions:
    """What a user may say about one training.

    Parameters
    ----------
    seed : int
        Of weights, shuffling, augmentation and the carved part.
    epochs, patience : int or None
        None: the recipe's own.
    validation : float
        Share of the training rows that is carved out for validation curves, early stopping and calibration;
        0 trains on everything and calibrates nothing.
    group_column : str or None
        Rows with the same value stay on one side of the carving.
    balance : str or None
        Column of groups that shall count the same within every label.
    learning_rate : float or None
        Highest rate of a network's optimizer; None: the recipe's own.
    augment_light : bool
        Vary brightness, contrast and tone twice as much, for recipes that vary pictures at all.
    bfloat16 : bool
        Compute in bfloat16, about twice as fast on processors made for it; the finished network computes in float32.
    weights : Path or None
        What to begin with, for recipes that begin with trained weights; None: those the recipe comes with.
    """

    seed: int = 0
    epochs: int | None = None
    patience: int | None = None
    validation: float = 0.1
    group_column: str | None = "identity"
    balance: str | None = None
    learning_rate: float | None = None
    augment_light: bool = False
    bfloat16: bool = False
    weights: Path | None = None

    @property
    def plan(self) -> FitPlan:
        """What the fit itself needs of it."""
        return FitPlan(
            seed=self.seed,
            epochs=self.epochs,
            patience=self.patience,
            weights=self.weights,
            learning_rate=self.learning_rate,
            more_light=self.augment_light,
            bfloat16=self.bfloat16,
        )

    def to_dict(self) -> dict[str, Any]:
        """As the bundle and the record of an unfinished run keep it."""
        return asdict(self) | {"weights": None if self.weights is None else str(self.weights)}


@dataclass(frozen=True)
class TrainingResult:
    """A trained bundle, its history (one dict per epoch) and the rows that could not be used.

    `scale_rows` is how many photos there were to fit the scale on; `scale_kept`, whether it is still that of the bundle
    that the training began with.
    """

    bundle: Bundle
    history: History
    problems: tuple[tuple[str, str], ...]
    scale_rows: int = 0
    scale_kept: bool = False


Progress = Callable[[str, int, int, dict[str, float]], None]


def train(
    recipe: Recipe,
    dataset: Dataset,
    *,
    out: str | Path,
    options: TrainingOptions | None = None,
    extra: Dataset | None = None,
    calibration: Dataset | None = None,
    about: str = "",
    progress: Progress | None = None,
) -> TrainingResult:
    """Train a recipe.

    Rows whose split is "validation" or "test" are never used; the validation part is carved from the rest,
    stratified, near-duplicates and people on one side. State is kept in ``<out>.training`` after every epoch,
    and the same call goes on from there after a kill; the history stays there when all is done.

    Parameters
    ----------
    recipe : Recipe
    dataset : Dataset
    out : str or Path
        Folder of the bundle.
    options : TrainingOptions
    extra : Dataset or None
        Rows to learn from that are never held back for validation or calibration, such as rendered faces.
    calibration : Dataset or None
        Rows that are never learned from and that the scale is fitted on, beside those carved from the training rows.
        A column ``weight`` says how much each counts, such as how many everyday faces it stands for.
    about : str
        Markdown for the card: where the data come from, and under which terms.
    progress : callable or None
        Called with (stage, done, in all, metrics).

    Returns
    -------
    TrainingResult

    Raises
    ------
    DatasetError
        If happy or sad photos are missing, or too few can be used.
    RecipeError
        If the recipe's network cannot be built on this data, or the loss stops being a number.
    MissingExtraError
        If the training libraries are not installed.
    """
    options = options or TrainingOptions()
    progress = progress or (lambda stage, done, total, metrics: None)
    out = Path(out)
    check_writable(out)
    check_validation(recipe, dataset, options)
    dataset = _usable(recipe, dataset)
    extra = extra.with_split("train", "").with_labels(dataset.labels) if extra else None
    kept = keeping(recipe, dataset.labels, options.weights)
    labels = kept.labels if kept else dataset.labels
    check_ready(recipe, labels, options.plan)  # Says what is missing, before an hour is spent.
    require_group_column(dataset, options.group_column)
    if options.balance:
        importance(dataset, options.balance)  # Says what is wrong with the column.
    work = out.with_name(out.name + ".training")
    _same_run(work, recipe, dataset, options, labels=labels, extra=0 if extra is None else len(extra))
    wide = widened(recipe.preprocessing, MARGIN if recipe.augment else 1.0)
    by_group = bool(options.validation or recipe.grouped)
    inputs = prepare_inputs(
        dataset,
        wide,
        cache=work,
        with_prints=by_group,
        progress=lambda done, total: progress("faces", done, total, {}),
    )
    if by_group:
        inputs = inputs.grouped(dataset, column=options.group_column)
    learn, held = _carve(dataset, inputs, options)
    if options.balance:
        learn = replace(learn, importance=importance(dataset.take(learn.rows), options.balance))
    if extra:
        more = prepare_inputs(
            extra, wide, cache=work, progress=lambda done, total: progress("more faces", done, total, {})
        )
        learn = learn.join(more)
        inputs = replace(inputs, problems=(*inputs.problems, *more.problems))
    scale_rows = None
    if calibration:
        calibration = calibration.with_labels(dataset.labels)
        scale_rows = prepare_inputs(
            calibration,
            wide,
            cache=work,
            progress=lambda done, total: progress("calibration faces", done, total, {}),
        )
        if "weight" in calibration.columns:
            weight = np.array(calibration.take(scale_rows.rows).columns["weight"], np.float32)
            scale_rows = replace(scale_rows, importance=weight)
        inputs = replace(inputs, problems=(*inputs.problems, *scale_rows.problems))
    parts = (learn, held) if kept is None else _laid_out(kept, (learn, held), recipe)
    fitted = fit_model(recipe, labels, parts, options.plan, work=work, progress=progress)
    config = _configure(recipe, _Run(options, dataset.labels, fitted, learn, held, scale_rows, kept))
    photos = photos_known(recipe, options.plan, (learn, held, scale_rows))
    card = training_card(config, about=about)
    bundle = save_bundle(out, onnx=fitted.onnx, config=config, card=card, photos=photos)
    if fitted.history:
        plot_history(fitted.history, work / "curves.png", title=bundle.id)
    for leftover in (*work.glob("inputs-*.np[yz]"), *work.glob("*.weights.h5"), work / "run.json"):
        leftover.unlink(missing_ok=True)
    tidy(work)
    return TrainingResult(
        bundle,
        fitted.history,
        inputs.problems,
        scale_rows=sum(len(part.rows) for part in (held, scale_rows) if part),
        scale_kept=kept is not None and config.scale == kept.scale,
    )


def check_validation(recipe: Recipe, dataset: Dataset, options: TrainingOptions) -> None:
    """Refuse what is too small to hold a part back from, as far as that is known before any photo is read.

    Raises
    ------
    DatasetError
        If happy or sad photos are missing, or too few of a class are there.
    """
    used = _usable(recipe, dataset)
    if options.validation:
        require_to_carve(used, np.arange(len(used)), share=options.validation)


def _usable(recipe: Recipe, dataset: Dataset) -> Dataset:
    dataset = dataset.with_split("train", "")
    require_happy_and_sad([label for label, count in dataset.counts.items() if count], "the training data")
    return dataset.with_labels(recipe.labels or dataset.taught)


def _same_run(
    work: Path,
    recipe: Recipe,
    dataset: Dataset,
    options: TrainingOptions,
    *,
    labels: tuple[str, ...],
    extra: int,
) -> None:
    """Go on with what is in `work` only if it is this very run; otherwise begin anew."""
    run = {
        "recipe": recipe.name,
        "options": options.to_dict(),
        "labels": list(labels),
        "rows": len(dataset),
        "extra": extra,
        "counts": dataset.counts,
    }
    record = work / "run.json"
    known = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else None
    if known not in (None, run) and ((work / HISTORY).is_file() or (work / MEMBERS).is_dir()):
        raise RecipeError(
            f"{work} holds an unfinished training with other data or options. Go on with those, "
            f"delete that folder, or name another --out."
        )
    if known != run:
        # Inputs that were cut out before stay: their name says which data they are of.
        for stale in (*work.glob("*.weights.h5"), work / HISTORY):
            stale.unlink(missing_ok=True)
        shutil.rmtree(work / MEMBERS, ignore_errors=True)
        work.mkdir(parents=True, exist_ok=True)
        record.write_text(json.dumps(run), encoding="utf-8")


def _carve(dataset: Dataset, inputs: Inputs, options: TrainingOptions) -> tuple[Inputs, Inputs | None]:
    if not options.validation or inputs.groups is None:
        return inputs, None
    used = dataset.take(inputs.rows)
    require_to_carve(used, inputs.groups, share=options.validation)
    rest, carved = carve(used, inputs.groups, share=options.validation, seed=options.seed)
    return inputs.take(rest), inputs.take(carved)


def _laid_out(
    kept: Keeping, parts: tuple[Inputs, Inputs | None], recipe: Recipe
) -> tuple[Inputs, Inputs | None]:
    learn, held = parts
    return kept.lay_out(learn, recipe.preprocessing), held and kept.lay_out(held, recipe.preprocessing)


@dataclass(frozen=True)
class _Run:
    """What came of one training, apart from the weights; `taught` and the targets are as the data word them."""

    options: TrainingOptions
    taught: tuple[str, ...]
    fitted: Fitted
    learn: Inputs
    held: Inputs | None
    calibration: Inputs | None
    kept: Keeping | None

    @property
    def labels(self) -> tuple[str, ...]:
        return self.kept.labels if self.kept else self.taught


def _configure(recipe: Recipe, run: _Run) -> BundleConfig:
    now = datetime.now(UTC)
    fitted = run.fitted
    return BundleConfig(
        # A recipe put together on the command line has colons and pluses in its name; file names should not.
        id=f"{re.sub('[^a-z0-9_]+', '-', recipe.name)}-{now:%Y%m%d-%H%M%S}",
        created=now,
        recipe=recipe.name,
        id2label=labels_to_ids(run.labels),
        output=recipe.output,
        preprocessing=recipe.preprocessing,
        scale=_calibrate(recipe, run),
        training={
            "options": run.options.to_dict(),
            "epochs": len(fitted.history),
            "parameters": fitted.parameters,
            "mirror": fitted.mirror,
            "rows": len(run.learn.rows),
            "validation_rows": 0 if run.held is None else len(run.held.rows),
            "last_epoch": fitted.history[-1] if fitted.history else {},
            **({"base": run.kept.base.id, "left_to_base": list(run.kept.left)} if run.kept else {}),
        },
    )


def _calibrate(recipe: Recipe, run: _Run) -> ScaleParameters:
    """Fit the scale on the carved rows and those given for it; the levels on the latter alone, if there are any."""
    from emotion_classifier.training.batches import fixed_inputs

    parts = [
        (part, name)
        for part, name in ((run.held, "carved from the training data"), (run.calibration, "set aside"))
        if part
    ]
    begin = run.kept.scale if run.kept else ScaleParameters()
    if not parts:
        return begin
    raw = []
    for part, _ in parts:
        inputs, _ = fixed_inputs(part, recipe.preprocessing, sigmoid=False)
        raw.append(run.fitted.predict(inputs))
    stated = np.concatenate(raw)
    if recipe.output == "sigmoid":
        stated = np.concatenate([1 - stated, stated], axis=1)
    targets = np.zeros((len(stated), len(run.labels)), np.float32)
    targets[:, [run.labels.index(label) for label in run.taught]] = np.concatenate(
        [part.targets for part, _ in parts]
    )
    source = " and ".join(f"{len(part.rows):,} rows {name}" for part, name in parts)
    if run.kept and run.kept.left:
        return fit_leaning(begin, stated, targets, run.labels, source=source)
    everyday = np.concatenate([np.full(len(part.rows), part is run.calibration) for part, _ in parts])
    fitted = fit_scale(
        stated,
        targets,
        run.labels,
        source=source,
        weight=np.concatenate([_weight(part) for part, _ in parts]),
        everyday=everyday if everyday.any() else None,
    )
    if not fitted.fitted_on:
        return begin
    return fitted if fitted.levels.neutral_faces else fitted.model_copy(update={"levels": begin.levels})


def _weight(part: Inputs) -> npt.NDArray[np.float32]:
    """How much rows count, on average 1, so that each part counts for as many as it has."""
    weight = np.ones(len(part.rows), np.float32) if part.importance is None else part.importance
    return np.asarray(weight / weight.mean(), np.float32)
