"""``emotion-classifier batch``: read any number of photos into a folder of Parquet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from emotion_classifier.cli.arguments import Binary, Cropped, Json, ModelOption, Threads, Workers
from emotion_classifier.cli.exits import DONE_WITH_FINDINGS
from emotion_classifier.cli.help import add
from emotion_classifier.cli.output import check_folder, say
from emotion_classifier.files import require_outside
from emotion_classifier.text import counted

if TYPE_CHECKING:
    from emotion_classifier.batch import Batch
    from emotion_classifier.batch.summary import Summary
    from emotion_classifier.classifier import EmotionClassifier
    from emotion_classifier.pool import Standby

_LISTED = 10
# What each process that reads photos imports.
_READERS = ("emotion_classifier.reading_files", "onnxruntime")


def register(program: typer.Typer) -> None:
    """Add the verb."""
    add(
        program,
        batch,
        section="Read photos",
        examples=(
            ("batch photos/ readings/ --workers 4", "A folder and its subfolders, with four processes."),
            ("batch 'photos/**/*.jpg' readings/", "A pattern; the quotes keep the shell from filling it in."),
            ("batch list.txt readings/", "The photos that a text file lists, a path a line."),
            ("batch train.parquet readings/ --column image", "A column of pictures."),
            ("batch s3://bucket/photos readings/", "Object storage, with fsspec and s3fs."),
            ("batch s3://bucket/photos readings/ --ray auto", "The same on a cluster of Ray."),
        ),
        groups={
            "Reading": ("model", "cropped", "binary", "column"),
            "Output": ("as_json", "part_size", "as_begun"),
            "Speed": ("workers", "threads", "seconds", "ray"),
        },
    )


def batch(
    given: Annotated[
        str,
        typer.Argument(
            metavar="IN",
            help="A folder, a pattern, a text file with a path a line, Parquet, or an address in object storage.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT", help="A new folder, or one in which this batch was begun.", show_default=False
        ),
    ],
    *,
    model: ModelOption = None,
    cropped: Cropped = False,
    binary: Binary = False,
    column: Annotated[
        str | None,
        typer.Option(
            help="Column with the pictures in Parquet. Default: image, or the only one that can hold pictures.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
    part_size: Annotated[
        int,
        typer.Option(min=1, help="Photos whose rows are in one file of OUT; a multiple of 8."),
    ] = 256,
    as_begun: Annotated[
        bool,
        typer.Option(
            "--as-begun", help="Go on with the photos found when the batch began, whatever IN holds by now."
        ),
    ] = False,
    workers: Workers = 1,
    threads: Threads = 1,
    seconds: Annotated[
        float, typer.Option(min=1.0, help="Longest that a photo may take before it is given up.")
    ] = 60.0,
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Read on a cluster of Ray, with that many actors as workers: auto for the one that runs here, local "
            "to start one on this machine, or its address.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Read any number of photos into Parquet files: a row for each face, and one for a photo without.

    Killed at any moment, the same command goes on where it was: nothing is lost and nothing is read into OUT twice.

    Exit code 3: done, but some photo could not be read.
    """
    from emotion_classifier.pool import PoolOptions, Standby

    check_folder(out, option="OUT")
    here = PoolOptions(workers=workers if ray is None else 0, threads=threads)
    # First of all, so that they import what takes them longest while this process does the same and lists the photos.
    with Standby(_READERS, options=here) as standby:
        from emotion_classifier.batch import Batch, BatchOptions, claimed
        from emotion_classifier.classifier import EmotionClassifier
        from emotion_classifier.reading_files import TOGETHER

        if part_size % TOGETHER:
            raise typer.BadParameter(f"{part_size} is no multiple of {TOGETHER}.", param_hint="--part-size")
        options = BatchOptions(
            workers=workers,
            threads=threads,
            cropped=cropped,
            binary=binary,
            column=column,
            part_size=part_size,
            seconds=seconds,
            as_begun=as_begun,
        )
        classifier = EmotionClassifier(model, threads=threads)
        if Path(given).is_dir():
            require_outside(out, Path(given), option="OUT")
        with claimed(out):
            begun = Batch(given, out, bundle=classifier.bundle, options=options)
            unwritten = begun.parts_left
            summary = _read(begun, classifier, ray, standby, threads=threads)
    for line in _lines(summary):
        say(line)
    say(_written(summary.parts, unwritten, out))
    if as_json:
        typer.echo(json.dumps(summary.to_dict()))
    if summary.unread:
        raise typer.Exit(DONE_WITH_FINDINGS)


def _read(
    begun: Batch, classifier: EmotionClassifier, ray: str | None, standby: Standby, *, threads: int
) -> Summary:
    """Read what is left, here or on a cluster."""
    from emotion_classifier.batch.cluster import load_classifier
    from emotion_classifier.cli.photo_progress import PhotoProgress
    from emotion_classifier.reading_files import TOGETHER

    if begun.left < begun.photos:
        say(f"{begun.photos - begun.left:,} of {counted(begun.photos, 'photo')} are read already.")
    console = Console(stderr=True, highlight=False)
    console.quiet = begun.left <= TOGETHER
    with PhotoProgress(console, begun.left) as progress:
        if ray is not None and begun.left:
            load = load_classifier(classifier.bundle, threads=threads)
            begun.read_on_cluster(load, ray, advanced=progress.advance)
        return begun.run(classifier, advanced=progress.advance, standby=standby)


def _written(parts: int, unwritten: int, out: Path) -> str:
    """Say what this run wrote, and what was there before it."""
    if not unwritten:
        return f"Nothing was left to read: {counted(parts, 'file')} and _summary.json are in {out}."
    before = f", beside {counted(parts - unwritten, 'file')} written before" if unwritten < parts else ""
    return f"Wrote {counted(unwritten, 'file')} and _summary.json in {out}{before}."


def _lines(summary: Summary) -> Iterator[str]:
    from emotion_classifier.cli.reading_results import listed, photos_and_faces, skipped

    yield photos_and_faces(summary.photos, summary.labels)
    yield (
        f"{summary.with_faces:,} with faces, {summary.without_face:,} without, "
        f"{summary.unread:,} could not be read."
    )
    if named := summary.unread_first:
        yield "Not read, as the column reason says of each:"
        yield from listed(named, summary.unread - len(summary.died))
    if summary.died:
        yield f"{counted(len(summary.died), 'photo')} ended the process that read them, or held it up:"
        named = [each["reason"] for each in summary.died[:_LISTED]]
        yield from listed(named, len(summary.died), ", all in _summary.json")
    for reason, endings in sorted(summary.passed_over.items()):
        yield skipped(reason, endings)
