"""The search: an oracle proposes, processes train, every trial is written down."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

from emotion_classifier.data import Dataset
from emotion_classifier.data.groups import group_column_of
from emotion_classifier.data.split import carve
from emotion_classifier.errors import RecipeError
from emotion_classifier.experiments.journal import Journal
from emotion_classifier.experiments.tune.carving import require_enough
from emotion_classifier.experiments.tune.options import TuneOptions
from emotion_classifier.experiments.tune.oracle import FILE as STATE
from emotion_classifier.experiments.tune.oracle import Oracle, Proposal
from emotion_classifier.experiments.tune.space import space_of
from emotion_classifier.experiments.tune.trial import (
    Attempt,
    Setting,
    Trial,
    ranked,
    reference,
    train_trial,
    write_parts,
)
from emotion_classifier.faces.cache import FaceCache
from emotion_classifier.files import atomic_write
from emotion_classifier.pool import Job, Outcome, PoolOptions, run_jobs, threads_each
from emotion_classifier.recipes import Recipe
from emotion_classifier.recipes.fitting import FitPlan, Progress, silent
from emotion_classifier.training.inputs import canvas_of, data_digest, prepare_inputs, rows_to_learn
from emotion_classifier.training.keep import Keeping, keeping
from emotion_classifier.training.kinds import check_ready

SEARCH, TRIALS, _PARTS, _WORK = "search.json", "trials.jsonl", "parts", "trials"


def tune(
    recipe: Recipe,
    dataset: Dataset,
    *,
    out: str | Path,
    options: TuneOptions | None = None,
    face_cache: FaceCache | None = None,
    progress: Progress | None = None,
) -> tuple[Trial, ...]:
    """Search a recipe's space on a dataset; trials are compared on a part carved from training.

    Rows whose split is "validation" or "test" are never looked at. The same call goes on after a kill: what was in
    training is trained again, from its last whole epoch where there are epochs.

    Parameters
    ----------
    recipe : Recipe
        One that declares `variants`.
    dataset : Dataset
    out : str or Path
        Folder of the search: ``trials.jsonl`` has a line per trial.
    options : TuneOptions
    face_cache : FaceCache or None
        Faces found before, shared with whoever else reads the same photos.
    progress : callable or None
        Called with (stage, done, in all, figures).

    Returns
    -------
    tuple of Trial
        Best first, those that failed last; `recipe_of` makes a recipe of the parameters of one.

    Raises
    ------
    RecipeError
        If the recipe has nothing to search, the folder holds another search, or every trial failed.
    DatasetError
        If happy or sad photos are missing or too few, or none has a face.
    MissingExtraError
        If Keras Tuner or a training library is not installed.
    """
    options, out = options or TuneOptions(), Path(out)
    progress = progress or silent
    epochs = _epochs(recipe, options)
    space = space_of(recipe, epochs=epochs)
    dataset = rows_to_learn(recipe, dataset)
    options = replace(options, group_column=group_column_of(dataset, options.group_column))
    kept = keeping(recipe, dataset.labels, options.weights)
    labels = kept.labels if kept else dataset.labels
    check_ready(recipe, labels, FitPlan(options.seed, weights=options.weights))
    _same_search(out, recipe, dataset, options)
    oracle = Oracle(space, options, epochs=epochs, state=out / STATE)
    _share_inputs(
        recipe, dataset, out=out, options=options, kept=kept, face_cache=face_cache, progress=progress
    )
    setting = Setting(
        recipe=reference(recipe),
        labels=labels,
        shown=dataset.labels,
        # All with the same seed: they should differ in what is searched and in nothing else.
        plan=FitPlan(options.seed, weights=options.weights),
        parts=out / _PARTS,
    )
    found = _Search(setting, oracle, options, out, progress).run()
    if found[0].status == "failed":
        first = min(found, key=lambda trial: trial.number)
        raise RecipeError(
            f"All {len(found)} trials failed. The first: {first.reason} "
            f"All reasons are in {out / TRIALS}; delete {out} before you search again."
        )
    shutil.rmtree(out / _WORK, ignore_errors=True)
    shutil.rmtree(out / _PARTS, ignore_errors=True)
    return found


def _epochs(recipe: Recipe, options: TuneOptions) -> int | None:
    """Epochs that are given rather than searched."""
    own = recipe.default_epochs
    if own is None and (options.epochs or options.method == "hyperband"):
        raise RecipeError(
            f"The recipe {recipe.name} is not trained in epochs, so there is none to give "
            f"and hyperband has no short trials to begin with. Use --method random or bayesian, without --epochs."
        )
    return options.epochs or (own if options.method == "hyperband" else None)


def _same_search(out: Path, recipe: Recipe, dataset: Dataset, options: TuneOptions) -> None:
    """Go on with what is in `out` only if it is this very search."""
    this = {
        "recipe": recipe.name,
        "data": data_digest(dataset, options.group_column),
        **options.identity(),
    }
    record = out / SEARCH
    if record.is_file():
        known = json.loads(record.read_text(encoding="utf-8"))
        differs = [name for name in this if known.get(name) != this[name]]
        if differs and (out / TRIALS).is_file():
            raise RecipeError(
                f"{out} holds a search with another {', another '.join(differs)}. "
                f"Go on with that one, delete the folder, or name another --out."
            )
        if differs:
            (out / STATE).unlink(missing_ok=True)
            shutil.rmtree(out / _WORK, ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)
    atomic_write(record, json.dumps(this, indent=1) + "\n")


def _share_inputs(
    recipe: Recipe,
    dataset: Dataset,
    *,
    out: Path,
    options: TuneOptions,
    kept: Keeping | None,
    face_cache: FaceCache | None,
    progress: Progress,
) -> None:
    """Cut every face once, and write both parts where the trials find them."""
    inputs = prepare_inputs(
        dataset,
        canvas_of(recipe),
        cache=out,
        with_prints=True,
        face_cache=face_cache,
        progress=lambda done, total: progress("faces", done, total, {}),
    )
    inputs = inputs.grouped(dataset, column=options.group_column)
    used, groups = dataset.take(inputs.rows), inputs.groups
    assert groups is not None
    require_enough(used, groups, shares=(options.validation,), left_out=len(dataset) - len(used))
    rest, carved = carve(used, groups, share=options.validation, seed=options.seed)
    learn, held = inputs.take(rest), inputs.take(carved)
    if kept:
        learn, held = kept.lay_out(learn, recipe.preprocessing), kept.lay_out(held, recipe.preprocessing)
    write_parts(out / _PARTS, learn, held)


class _Search:
    """Keeps as many trials in training as there are workers, until the oracle has no more."""

    def __init__(
        self, setting: Setting, oracle: Oracle, options: TuneOptions, out: Path, progress: Progress
    ) -> None:
        self._setting, self._oracle, self._options, self._out = setting, oracle, options, out
        self._progress = progress
        self._journal = Journal(out / TRIALS, key="number")
        self._trials = {line["number"]: Trial(**line) for line in self._journal}
        self._waiting: list[Proposal] = []

    def run(self) -> tuple[Trial, ...]:
        """Train what is left to try, and rank all trials."""
        for proposal in self._oracle.in_hand:
            if proposal.number in self._trials:  # A kill came between writing down and telling.
                self._oracle.tell(self._trials[proposal.number], self._options.objective)
            else:
                self._waiting.append(proposal)
        self._report()
        workers = self._options.workers
        # What a library leaves in memory after one trial would be there in the next.
        options = PoolOptions(workers=workers, threads=threads_each(workers), fresh=True)
        run_jobs(
            train_trial, self._setting, following=self._following, done=self._write_down, options=options
        )
        return self._ranked()

    def _following(self) -> Job | None:
        proposal = self._waiting.pop(0) if self._waiting else self._oracle.propose()
        if proposal is None:
            return None
        attempt = Attempt(
            number=proposal.number,
            parameters=proposal.parameters,
            epochs=proposal.epochs or self._options.epochs,
            work=self._out / _WORK / f"{proposal.number:03d}",
        )
        return Job(f"Trial {proposal.number}", attempt)

    def _write_down(self, outcome: Outcome) -> None:
        attempt: Attempt = outcome.job.argument
        trial = Trial(
            number=attempt.number,
            status="done" if outcome.reason is None else "failed",
            parameters=attempt.parameters,
            epochs=attempt.epochs,
            metrics=outcome.value or {},
            seconds=round(outcome.seconds, 1),
            reason=outcome.reason,
        )
        self._journal.add(trial.number, trial.to_dict())
        self._trials[trial.number] = trial
        self._oracle.tell(trial, self._options.objective)
        shutil.rmtree(attempt.work, ignore_errors=True)
        self._report()

    def _ranked(self) -> tuple[Trial, ...]:
        return ranked(self._trials.values(), self._options.objective)

    def _report(self) -> None:
        objective, made = self._options.objective, len(self._trials)
        best = next(iter(self._ranked()), None)
        figures = {f"best {objective}": best.metrics[objective]} if best and best.metrics else {}
        failed = sum(trial.status == "failed" for trial in self._trials.values())
        figures |= {"failed": float(failed)} if failed else {}
        self._progress("trials", made, max(self._oracle.total or 0, made), figures)
