"""``emotion-classifier compare``: which of two bundles is better on the same photos, and whether that is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from emotion_classifier.cli.arguments import Cropped, DataDirs, Json, Threads
from emotion_classifier.cli.help import add
from emotion_classifier.cli.labelled import By, Split, column_names, name_of, open_labelled, tell_notes
from emotion_classifier.cli.output import check_page
from emotion_classifier.cli.progress import TrainingProgress, list_problems, warn_of_known, warn_of_unread


def register(program: typer.Typer) -> None:
    """Add the verb."""
    add(
        program,
        compare,
        section="Measure",
        examples=(
            ("compare default my-model photos/ --split test", "Which is better, and whether that is shown."),
            (
                "compare old-model new-model photos/ --by gender --json",
                "As JSON, for each value of a column too.",
            ),
        ),
        groups={
            "Data": ("split", "by", "cropped"),
            "Output": ("out", "as_json"),
        },
    )


def compare(
    *,
    a: Annotated[str, typer.Argument(metavar="A", help='Folder of a bundle, or "default".')],
    b: Annotated[str, typer.Argument(metavar="B", help="The bundle to hold against it.")],
    data: DataDirs,
    split: Split = None,
    by: By = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="REPORT.html",
            help="Write a page with both confusions and the photos that differ.",
            show_default=False,
        ),
    ] = None,
    cropped: Cropped = False,
    threads: Threads = 1,
    as_json: Json = False,
) -> None:
    """Compare two bundles on the same labelled photos, and say in one sentence whether one is better.

    A photo in which no face is found, or that cannot be read, counts as wrong.
    In the intervals of differences near-duplicates count as one, and so do one person's (column "identity").
    """
    from emotion_classifier.evaluation.compare import compare as compare_bundles
    from emotion_classifier.model.bundle import Bundle
    from emotion_classifier.report.comparison_table import render_comparison

    messages = Console(stderr=True, highlight=False)
    check_page(out)
    pair = Bundle.load(a), Bundle.load(b)
    dataset = open_labelled(data, split=split, cropped=cropped)
    tell_notes(messages, dataset)
    with TrainingProgress(messages) as progress:
        result = compare_bundles(
            *pair,
            dataset,
            by=column_names(by),
            threads=threads,
            progress=progress.of("reading photos"),
        )
    list_problems(messages, dataset.problems)
    warn_of_unread(messages, result.confusions["choice"][0])
    for model, found in zip((result.a, result.b), result.trained_on, strict=True):
        warn_of_known(messages, found, model)
    if result.left_out:
        counts = ", ".join(f"{count:,} {label}" for label, count in result.left_out.items())
        messages.print(f"Left out, as one of the two does not know what they are: {counts}.", soft_wrap=True)
    if out:
        from emotion_classifier.report.comparison_page import write_comparison_page

        write_comparison_page(result, dataset, out, title=name_of(data, split))
        messages.print(f"Wrote {escape(str(out))}", soft_wrap=True)
    if as_json:
        typer.echo(json.dumps(result.to_dict()))
    else:
        Console(highlight=False).print(render_comparison(result))
