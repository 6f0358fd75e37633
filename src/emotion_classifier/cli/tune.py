"""``emotion-classifier tune``: search a recipe's networks, then train the best one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from emotion_classifier.cli.arguments import Cropped, DataDirs, Overwrite, refuse_overwrite
from emotion_classifier.cli.progress import TrainingProgress, list_problems


def register(program: typer.Typer) -> None:
    """Add the verb."""
    program.command()(tune)


def tune(
    data: DataDirs,
    out: Annotated[
        Path, typer.Option(metavar="BUNDLE", help="Folder to write the bundle to.", show_default=False)
    ],
    recipe: Annotated[str, typer.Option(help="A recipe that declares a space.")] = "attempt_4",
    trials: Annotated[int, typer.Option(min=1, help="Candidates to try.")] = 10,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of each candidate.")] = 15,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 42,
    cropped: Cropped = False,
    overwrite: Overwrite = False,
) -> None:
    """Search a recipe's networks on a part carved from training, keep every trial, and train the best.

    The search is kept in BUNDLE.search; the same command goes on after a kill.
    """
    from emotion_classifier import recipes
    from emotion_classifier.bundle import check_writable
    from emotion_classifier.data import open_dataset
    from emotion_classifier.training.fit import TrainingOptions, train
    from emotion_classifier.training.tune import SearchOptions, with_parameters
    from emotion_classifier.training.tune import tune as search

    console = Console(stderr=True, highlight=False)
    chosen = recipes.get(recipe)
    check_writable(out)
    refuse_overwrite(out, overwrite=overwrite)
    dataset = open_dataset(data, cropped=cropped)
    found = search(
        chosen,
        dataset,
        out=out.with_name(f"{out.name}.search"),
        options=SearchOptions(trials=trials, epochs=epochs, seed=seed),
        progress=lambda done, total, line: console.print(
            f"trial {done}/{total}: {escape(line)}", soft_wrap=True
        ),
    )
    table = Table(title="Trials, best first; chosen on photos carved from training, so optimistic")
    for name in ("trial", "validation accuracy", "parameters"):
        table.add_column(name)
    for trial in found:
        table.add_row(str(trial.number), f"{trial.accuracy:.4f}", str(trial.parameters))
    console.print(table)
    with TrainingProgress(console) as progress:
        result = train(
            with_parameters(chosen, found[0]),
            dataset,
            out=out,
            options=TrainingOptions(seed=seed, epochs=epochs),
            progress=progress,
        )
    list_problems(console, (*dataset.problems, *result.problems))
    console.print(
        f"Wrote {escape(str(out))} ({result.bundle.id}). Now run: emotion-classifier evaluate", soft_wrap=True
    )
