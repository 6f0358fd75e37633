"""``emotion-classifier evaluate RECIPE DIR --folds K``: how good a recipe is, when no data can be set aside."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.markup import escape

from emotion_classifier.cli.progress import TrainingProgress, list_problems

if TYPE_CHECKING:
    from emotion_classifier.data import Dataset
    from emotion_classifier.experiments.cross_validation import FoldOptions

OF_FOLDS = ("repeats", "epochs", "seed", "validation", "work")
OF_BUNDLES = ("by", "out", "plots", "card", "track")


def check_use(context: typer.Context, name: str, *, folds: int | None) -> None:
    """Say what is wrong when a bundle is to be cross-validated, or a recipe evaluated.

    Raises
    ------
    typer.BadParameter
        For these, and for options that do not belong to what was asked for.
    """
    from emotion_classifier import recipes

    is_recipe = name in recipes.names() or name.startswith(("vote:", "stack:"))
    if folds and not is_recipe:
        raise typer.BadParameter(
            f"{name!r} is not a recipe, and --folds trains a recipe anew for every fold: a trained bundle has "
            f"seen its data. Name a recipe ({', '.join(recipes.names())}), or leave out --folds and evaluate the "
            f"bundle on photos it never saw.",
            param_hint="--folds",
        )
    if not folds and is_recipe and not Path(name).exists():
        raise typer.BadParameter(
            f"{name!r} is a recipe, and a recipe has learned nothing yet. Add --folds 5 to train and test it on "
            f"parts of the data in turn, or train it first (emotion-classifier train --recipe {name} …) and name "
            f"the bundle.",
            param_hint="BUNDLE",
        )
    strangers = _given(context, OF_BUNDLES if folds else OF_FOLDS)
    if strangers:
        belongs = "goes with a bundle, not with" if folds else "goes with"
        raise typer.BadParameter(f"{strangers[0]} {belongs} --folds.", param_hint=strangers[0])


def _given(context: typer.Context, names: Sequence[str]) -> list[str]:
    sources = {name: context.get_parameter_source(name) for name in names}
    return [
        f"--{name.replace('_', '-')}"
        for name, source in sources.items()
        if source is not None and source.name == "COMMANDLINE"
    ]


def rows_for_folds(dataset: Dataset, messages: Console) -> Dataset:
    """Leave alone what somebody set aside: rows of the splits validation and test."""
    rest = dataset.with_split("train", "")
    if len(rest) < len(dataset):
        messages.print(
            f"{len(dataset) - len(rest):,} rows of the splits validation and test are left alone; "
            f"--split takes the rows of one split.",
            soft_wrap=True,
        )
    return rest


def evaluate_folds(
    name: str,
    dataset: Dataset,
    *,
    options: FoldOptions,
    work: Path,
    threads: int,
    as_json: bool,
) -> None:
    """Cross-validate a recipe and print what came of it."""
    from emotion_classifier import recipes
    from emotion_classifier.experiments.cross_validation import cross_validate
    from emotion_classifier.report.evaluation_table import render_folds

    messages = Console(stderr=True, highlight=False)
    messages.print(
        f"{name}: {options.folds * options.repeats} fits. Answers are kept in {escape(str(work))}: "
        f"the same command goes on after a kill.",
        soft_wrap=True,
    )
    with TrainingProgress(messages) as progress:
        result = cross_validate(
            recipes.get(name), dataset, work=work, options=options, threads=threads, progress=progress
        )
    list_problems(messages, dataset.problems)
    if as_json:
        typer.echo(json.dumps(result.to_dict()))
    else:
        Console(highlight=False).print(render_folds(result))
