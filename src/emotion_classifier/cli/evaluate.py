"""``emotion-classifier evaluate``: how well a bundle does on labelled photos."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console

from emotion_classifier.cli.arguments import Cropped, DataDirs, Json, Threads
from emotion_classifier.cli.progress import TrainingProgress, list_problems
from emotion_classifier.errors import DatasetError


def register(program: typer.Typer) -> None:
    """Add the verb."""
    program.command()(evaluate)


def evaluate(
    bundle: Annotated[str, typer.Argument(metavar="BUNDLE", help='Folder of a bundle, or "default".')],
    data: DataDirs,
    split: Annotated[
        str | None,
        typer.Option(help="Only rows of this split: train, validation or test.", show_default=False),
    ] = None,
    card: Annotated[
        str | None,
        typer.Option(
            metavar="TITLE",
            help="Write the figures into the bundle's card, under this title.",
            show_default=False,
        ),
    ] = None,
    cropped: Cropped = False,
    threads: Threads = 1,
    as_json: Json = False,
) -> None:
    """Measure a bundle on labelled photos: every figure with its n and a 95 % interval, and the misread photos.

    A photo in which no face is found, or that cannot be read, counts as wrong.
    """
    from emotion_classifier.bundle import CARD, Bundle, replace_card
    from emotion_classifier.data import open_dataset
    from emotion_classifier.evaluation.metrics import evaluate as measure
    from emotion_classifier.evaluation.table import SHARES, format_estimate, render
    from emotion_classifier.report.card import with_figures

    messages = Console(stderr=True, highlight=False)
    loaded = Bundle.load(bundle)
    dataset = open_dataset(data, cropped=cropped)
    if split and split not in dataset.splits:
        found = ", ".join(sorted(set(dataset.splits) - {""})) or "none"
        raise DatasetError(f"The data has no rows of the split {split!r} (splits found: {found}).")
    dataset = dataset.with_split(split) if split else dataset
    with TrainingProgress(messages) as progress:
        result = measure(
            loaded,
            dataset,
            threads=threads,
            progress=lambda done, total: progress("reading photos", done, total, {}),
        )
    list_problems(messages, dataset.problems)
    if card:
        figures = [
            (name, format_estimate(estimate, percent=name in SHARES), estimate.n)
            for name, estimate in result.metrics.items()
        ]
        text = (loaded.path / CARD).read_text(encoding="utf-8")
        replace_card(loaded, with_figures(text, title=card, figures=figures))
    if as_json:
        typer.echo(json.dumps(result.to_dict()))
    else:
        Console(highlight=False).print(render(result))
