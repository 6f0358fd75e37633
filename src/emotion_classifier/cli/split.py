"""``emotion-classifier split``: which photos to train on, and which to keep apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from emotion_classifier.cli.arguments import DataDir, Json, Seed
from emotion_classifier.cli.help import add
from emotion_classifier.cli.output import check_out, check_table_name
from emotion_classifier.cli.progress import TrainingProgress, list_problems
from emotion_classifier.errors import DatasetError

_PERSON = "identity"


def register(program: typer.Typer) -> None:
    """Add the verb."""
    add(
        program,
        split,
        section="Prepare data",
        examples=(
            ("split photos/", "Write photos/metadata.csv with a split for each photo."),
            (
                "split photos/ --validation 0 --test 0.3 --overwrite",
                "Three in ten for the test, none for validation.",
            ),
            ("split photos/ --group-column person", "Keep photos of one person together."),
        ),
        groups={
            "Parts": ("validation", "test", "group_column", "seed"),
            "Output": ("out", "overwrite", "as_json"),
        },
    )


def split(
    data: DataDir,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where to write. Default: DIR/metadata.csv.",
            show_default=False,
        ),
    ] = None,
    validation: Annotated[float, typer.Option(min=0, max=1, help="Share of the photos; 0 for none.")] = 0.15,
    test: Annotated[float, typer.Option(min=0, max=1, help="Share of the photos; 0 for none.")] = 0.15,
    group_column: Annotated[
        str, typer.Option(help="Photos with the same value there, such as one person's, stay together.")
    ] = _PERSON,
    seed: Seed = 0,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the file that is there; its other columns are kept.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Split a folder of labelled photos into train, validation and test, and write it down as metadata.csv.

    Each class keeps its share in every part; near-duplicates, and photos of one person, stay in one part.

    No photo is moved. The same photos and the same --seed give the same split.
    """
    from emotion_classifier.cleaning.split_folder import SplitOptions, split_folder
    from emotion_classifier.data.metadata import metadata_file

    messages = Console(stderr=True, highlight=False)
    if out is not None:
        check_table_name("--out", out, endings=(".csv", ".jsonl"))
    check_out(out or metadata_file(data), beside=True)
    options = SplitOptions(validation, test, None if group_column == _PERSON else group_column, seed)
    with TrainingProgress(messages) as progress:
        result = split_folder(
            data,
            out=out,
            options=options,
            overwrite=overwrite,
            progress=progress.of("looking at photos"),
        )
    list_problems(messages, result.problems)
    for notice in result.notices:
        messages.print(escape(notice), soft_wrap=True)
    if result.cut:
        raise DatasetError(
            f"{len(result.cut)} groups lie in two parts. This is a fault of the program; report it."
        )
    if as_json:
        typer.echo(json.dumps({"file": str(result.path), "splits": result.table, "groups_cut": 0}))
    else:
        Console(highlight=False).print(_rendered(result.table))
        known = "No set of copies and no person is cut."
        unknown = (
            f"No set of copies is cut. Who is in the photos is not known: there is no column {group_column}."
        )
        typer.echo(known if result.people else unknown)
    messages.print(f"Wrote {escape(str(result.path))}", soft_wrap=True)


def _rendered(rows: dict[str, dict[str, Any]]) -> Table:
    table = Table()
    table.add_column("split")
    labels = list(next(iter(rows.values()))["labels"])
    for name in ("photos", "groups", *labels):
        table.add_column(name, justify="right")
    for name, row in rows.items():
        counts = (f"{row['labels'][label]}" for label in labels)
        table.add_row(name, f"{row['photos']}", f"{row['groups']}", *counts)
    return table
