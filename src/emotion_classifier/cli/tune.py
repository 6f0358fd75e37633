"""``emotion-classifier tune``: search a recipe's space, train what it chose, and say what that was worth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape

from emotion_classifier.cli.arguments import Cropped, DataDirs, Json, Seed, Threads
from emotion_classifier.cli.exits import STOPPED
from emotion_classifier.cli.figures import draw_training, write_card
from emotion_classifier.cli.help import add
from emotion_classifier.cli.labelled import tell
from emotion_classifier.cli.output import check_folder
from emotion_classifier.cli.progress import TrainingProgress, list_problems
from emotion_classifier.files import require_outside

if TYPE_CHECKING:
    from emotion_classifier.experiments.search import SearchResult


def register(program: typer.Typer) -> None:
    """Add the verb."""
    add(
        program,
        tune,
        section="Train",
        examples=(
            ("tune compact photos/ --out search", "Twenty trials, the best trained and tested."),
            (
                "tune compact photos/ --out search --trials 60 --workers 4",
                "Go on with more trials, four at a time.",
            ),
            (
                "tune transfer photos/ --method hyperband --out search",
                "Many short trials first, the best ones longer.",
            ),
        ),
        groups={
            "Data": ("validation", "test", "group_column", "cropped"),
            "Search": ("method", "trials", "epochs", "objective", "weights", "baseline", "seed"),
            "Speed": ("workers", "threads"),
            "Output": ("out", "as_json"),
        },
    )


def tune(
    *,
    recipe: Annotated[
        str, typer.Argument(metavar="RECIPE", help="Name of a recipe that declares a space: compact, …")
    ],
    data: DataDirs,
    out: Annotated[
        Path,
        typer.Option(
            metavar="SEARCH", help="Folder of the trials and of the tuned bundle.", show_default=False
        ),
    ],
    method: Annotated[
        Literal["random", "bayesian", "hyperband"], typer.Option(help="How trials are chosen.")
    ] = "random",
    trials: Annotated[
        int | None,
        typer.Option(min=1, help="Trials. Default: 20; of hyperband, all its rounds.", show_default=False),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(min=1, help="Epochs of every trial. Default: the recipe's own.", show_default=False),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Trials in training at a time.")] = 2,
    objective: Annotated[
        Literal["log_loss", "accuracy"], typer.Option(help="What is best on the carved validation part.")
    ] = "log_loss",
    validation: Annotated[
        float, typer.Option(min=0.05, max=0.5, help="Share of the photos to compare trials on.")
    ] = 0.2,
    test: Annotated[
        float,
        typer.Option(min=0.05, max=0.5, help="Share that no trial sees; a split named test is used instead."),
    ] = 0.2,
    baseline: Annotated[bool, typer.Option(help="Train the recipe as it is too, and compare.")] = True,
    group_column: Annotated[
        str, typer.Option(help="Rows with the same value stay in one part.")
    ] = "identity",
    weights: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Trained weights to begin with, for a recipe that does.",
            exists=True,
            show_default=False,
        ),
    ] = None,
    seed: Seed = 0,
    cropped: Cropped = False,
    threads: Threads = 1,
    as_json: Json = False,
) -> None:
    """Search a recipe's space, train what it chose, and measure that on photos no trial saw.

    Every trial is kept in trials.jsonl of --out; the same command goes on after a kill, and with more --trials.
    """
    from emotion_classifier import recipes
    from emotion_classifier.data import open_dataset
    from emotion_classifier.experiments.search import search_and_test
    from emotion_classifier.experiments.tune import Nested, TuneOptions
    from emotion_classifier.experiments.tune.space import require_space

    messages = Console(stderr=True, highlight=False)
    chosen = recipes.get(recipe)
    require_space(chosen)
    require_outside(out, *data)
    check_folder(out)
    options = TuneOptions(
        method=method,
        trials=trials,
        epochs=epochs,
        workers=workers,
        seed=seed,
        objective=objective,
        validation=validation,
        group_column=group_column,
        weights=weights,
    )
    dataset = open_dataset(data, cropped=cropped)
    tell(messages, dataset)
    list_problems(messages, dataset.problems)
    nested = Nested(test=test, baseline=baseline, threads=threads)
    try:
        with TrainingProgress(messages) as progress:
            result = search_and_test(
                chosen, dataset, out=out, options=options, nested=nested, progress=progress
            )
    except KeyboardInterrupt:
        _say_how_to_go_on(out, messages)
        raise typer.Exit(STOPPED) from None
    draw_training(result.bundle)
    write_card(result.bundle, result.evaluation, messages, title="photos that no trial of its search saw")
    _print(result, messages, as_json=as_json)


def _say_how_to_go_on(out: Path, messages: Console) -> None:
    from emotion_classifier.experiments.tune.search import TRIALS

    record = out / TRIALS
    kept = len(record.read_text(encoding="utf-8").splitlines()) if record.is_file() else 0
    trials = "1 trial is" if kept == 1 else f"{kept:,} trials are"
    messages.print(
        f"Stopped. {trials} kept in {escape(str(out))}: the same command goes on from there.", soft_wrap=True
    )


def _print(result: SearchResult, messages: Console, *, as_json: bool) -> None:
    from emotion_classifier.report.search_table import render_search

    if as_json:
        typer.echo(json.dumps(result.to_dict()))
    else:
        Console(highlight=False).print(render_search(result))
    messages.print(f"Wrote {escape(str(result.bundle.path))} ({result.bundle.id}).", soft_wrap=True)
