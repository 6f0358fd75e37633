"""The search: an oracle proposes, processes train, every trial is written down."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emotion_classifier.data import Dataset
from emotion_classifier.data.labels import require_happy_and_sad
from emotion_classifier.data.split import carve, require_group_column
from emotion_classifier.errors import RecipeError
from emotion_classifier.experiments.tune.enough import require_enough
from emotion_classifier.experiments.tune.options import TuneOptions
from emotion_classifier.experiments.tune.oracle import FILE as STATE
from emotion_classifier.experiments.tune.oracle import Oracle, Proposal
from emotion_classifier.experiments.tune.parts import write_parts
from emotion_classifier.experiments.tune.processes import TrialProcess, first_ended, reference, threads_each
from emotion_classifier.experiments.tune.space import own_epochs, space_of
from emotion_classifier.experiments.tune.trial import FILE as TRIALS
from emotion_classifier.experiments.tune.trial import Trial, TrialLog, ranked
from emotion_classifier.experiments.tune.worker import Job
from emotion_classifier.files import atomic_write
from emotion_classifier.recipes import Recipe
from emotion_classifier.training.augment import MARGIN
from emotion_classifier.training.fitted import FitPlan
from emotion_classifier.training.inputs import prepare_inputs, widened
from emotion_classifier.training.keep import Keeping, keeping
from emotion_classifier.training.kinds import check_ready

SEARCH, _PARTS, _WORK = "search.json", "parts", "trials"
Progress = Callable[[str, int, int, dict[str, float]], None]


def tune(
    recipe: Recipe,
    dataset: Dataset,
    *,
    out: str | Path,
    options: TuneOptions | None = None,
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
    progress = progress or (lambda stage, done, total, figures: None)
    epochs = _epochs(recipe, options)
    space = space_of(recipe, epochs=epochs)
    dataset = _usable(recipe, dataset, options)
    kept = keeping(recipe, dataset.labels, options.weights)
    labels = kept.labels if kept else dataset.labels
    check_ready(recipe, labels, FitPlan(options.seed, weights=options.weights))
    _same_search(out, recipe, dataset, options)
    oracle = Oracle(space, options, epochs=epochs, state=out / STATE)
    _share_inputs(recipe, dataset, out, options, kept, progress)
    log = TrialLog(out / TRIALS)
    shown = tuple(label for label in labels if not kept or label not in kept.left)
    jobs = _Jobs(recipe, labels, shown, options, out)
    _run(oracle, jobs, log, progress)
    found = ranked(log.trials.values(), options.objective)
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
    own = own_epochs(recipe)
    if own is None and (options.epochs or options.method == "hyperband"):
        raise RecipeError(
            f"The recipe {recipe.name} is not trained in epochs, so there is none to give "
            f"and hyperband has no short trials to begin with. Use --method random or bayesian, without --epochs."
        )
    return options.epochs or (own if options.method == "hyperband" else None)


def _usable(recipe: Recipe, dataset: Dataset, options: TuneOptions) -> Dataset:
    dataset = dataset.with_split("train", "")
    require_happy_and_sad([label for label, count in dataset.counts.items() if count], "the training data")
    dataset = dataset.with_labels(recipe.labels or dataset.taught)
    require_group_column(dataset, options.group_column)
    return dataset


def _same_search(out: Path, recipe: Recipe, dataset: Dataset, options: TuneOptions) -> None:
    """Go on with what is in `out` only if it is this very search."""
    digest = hashlib.sha256(dataset.targets.tobytes())
    for name, source, cropped in zip(dataset.ids, dataset.sources, dataset.cropped, strict=True):
        size = source.stat().st_size if isinstance(source, Path) else len(source)
        digest.update(f"{name}\n{size}\n{cropped}\n".encode("utf-8", "surrogateescape"))
    this = {"recipe": recipe.name, "data": digest.hexdigest()[:16], **options.identity()}
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
    out: Path,
    options: TuneOptions,
    kept: Keeping | None,
    progress: Progress,
) -> None:
    """Cut every face once, and write both parts where the trials find them."""
    wide = widened(recipe.preprocessing, MARGIN if recipe.augment else 1.0)
    inputs = prepare_inputs(
        dataset,
        wide,
        cache=out,
        with_prints=True,
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


@dataclass(frozen=True)
class _Jobs:
    """Makes the job of a proposal."""

    recipe: Recipe
    labels: tuple[str, ...]
    shown: tuple[str, ...]
    options: TuneOptions
    out: Path

    def epochs(self, proposal: Proposal) -> int | None:
        return proposal.epochs or self.options.epochs

    def start(self, proposal: Proposal) -> TrialProcess:
        # All with the same seed: they should differ in what is searched and in nothing else.
        plan = FitPlan(self.options.seed, self.epochs(proposal), weights=self.options.weights)
        job = Job(
            recipe=reference(self.recipe),
            parameters=proposal.parameters,
            labels=self.labels,
            shown=self.shown,
            plan=plan,
            parts=self.out / _PARTS,
            work=self.work(proposal.number),
        )
        return TrialProcess(job, threads=threads_each(self.options.workers))

    def work(self, number: int) -> Path:
        return self.out / _WORK / f"{number:03d}"

    def trial(self, proposal: Proposal, result: dict[str, Any]) -> Trial:
        return Trial(
            number=proposal.number,
            status="failed" if "reason" in result else "done",
            parameters=proposal.parameters,
            epochs=self.epochs(proposal),
            metrics=result.get("metrics", {}),
            seconds=round(result["seconds"], 1),
            reason=result.get("reason"),
        )


def _run(oracle: Oracle, jobs: _Jobs, log: TrialLog, progress: Progress) -> None:
    """Keep as many trials in training as there are workers, until the oracle has no more."""
    objective = jobs.options.objective
    total = oracle.total or 0
    waiting: list[Proposal] = []
    for proposal in oracle.in_hand:
        if proposal.number in log.trials:  # A kill came between writing down and telling.
            oracle.tell(log.trials[proposal.number], objective)
        else:
            waiting.append(proposal)
    running: dict[TrialProcess, Proposal] = {}
    _report(log, objective, total, progress)
    try:
        while True:
            for proposal in _next(oracle, waiting, jobs.options.workers - len(running)):
                running[jobs.start(proposal)] = proposal
            if not running:
                return
            process = first_ended(list(running))
            proposal = running.pop(process)
            trial = jobs.trial(proposal, process.result())
            log.add(trial)
            oracle.tell(trial, objective)
            shutil.rmtree(jobs.work(trial.number), ignore_errors=True)
            _report(log, objective, total, progress)
    finally:
        for process in running:
            process.kill()


def _next(oracle: Oracle, waiting: list[Proposal], free: int) -> Iterator[Proposal]:
    for _ in range(free):
        proposal = waiting.pop(0) if waiting else oracle.propose()
        if proposal is None:
            return
        yield proposal


def _report(log: TrialLog, objective: str, total: int, progress: Progress) -> None:
    done = len(log.trials)
    best = next(iter(ranked(log.trials.values(), objective)), None)
    figures = {f"best {objective}": best.metrics[objective]} if best and best.metrics else {}
    failed = sum(trial.status == "failed" for trial in log.trials.values())
    progress("trials", done, max(total, done), figures | ({"failed": float(failed)} if failed else {}))
