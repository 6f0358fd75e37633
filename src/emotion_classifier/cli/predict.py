"""``emotion-classifier predict``: read photos."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from emotion_classifier.cli.arguments import Binary, Cropped, Json, ModelOption, Threads, Workers
from emotion_classifier.cli.exits import DONE_WITH_FINDINGS
from emotion_classifier.cli.given_photos import GivenPhotos
from emotion_classifier.cli.help import add
from emotion_classifier.cli.output import say
from emotion_classifier.errors import PhotoError
from emotion_classifier.files import STANDARD_OUTPUT
from emotion_classifier.text import counted

if TYPE_CHECKING:
    from emotion_classifier.cli.reading_outputs import Outputs
    from emotion_classifier.reading_files import FileReading


def register(program: typer.Typer) -> None:
    """Add the verb."""
    add(
        program,
        predict,
        section="Read photos",
        examples=(
            ("predict portrait.jpg", "Every face in a photo."),
            (
                "predict holiday/ --csv faces.csv --save boxes/",
                "A table, and pictures with boxes drawn, of a folder and its subfolders.",
            ),
            ("predict holiday/ --sort degree", "The happiest photos first."),
            (
                "predict holiday/ --json --workers 4 > readings.jsonl",
                "A line of JSON for each photo, from four processes.",
            ),
            ("predict holiday.zip --csv faces.csv", "A table of the photos in a zip, which is not unpacked."),
            ("predict - < portrait.jpg", "A photo on standard input."),
        ),
        groups={
            "Reading": ("model", "cropped", "binary"),
            "Output": ("as_json", "csv", "parquet", "save", "sort"),
            "Speed": ("workers", "batch_size", "threads"),
        },
    )


def predict(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH",
            help="Photos, folders of photos, zips of photos, and - for a photo on standard input.",
            show_default=False,
        ),
    ],
    *,
    model: ModelOption = None,
    cropped: Cropped = False,
    binary: Binary = False,
    sort: Annotated[
        Literal["degree"] | None,
        typer.Option(
            help="Put photos in order of the degree of their main face, the happiest first.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
    csv: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write a table (- for standard output): a row for each face; for a photo without, one with why.",
            show_default=False,
        ),
    ] = None,
    parquet: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the same table as a Parquet file.", show_default=False),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Save every photo that has a face in this folder, as JPEG with boxes and words drawn. "
            "No file is ever replaced.",
            show_default=False,
        ),
    ] = None,
    workers: Workers = 1,
    batch_size: Annotated[int, typer.Option(min=1, help="Most faces per run of the network.")] = 32,
    threads: Threads = 1,
) -> None:
    """Read every face in photos; folders are walked, zips opened, and one bad file never stops the others.

    With --csv, --parquet or --save, photos are not listed, unless as --json.

    Exit code 3: done, but some photo or a part of some zip could not be read, or some picture not be saved.
    """
    from emotion_classifier.classifier import EmotionClassifier
    from emotion_classifier.cli.reading_outputs import OutputOptions, Outputs
    from emotion_classifier.reading_files import ReadingOptions, read_files

    outputs = Outputs(OutputOptions(as_json=as_json, csv=csv, parquet=parquet, save=save, sort=sort))
    given = GivenPhotos(paths, save=save)
    classifier = EmotionClassifier(model, threads=threads)
    options = ReadingOptions(
        batch_size=batch_size, cropped=cropped, binary=binary, workers=workers, threads=threads
    )
    with outputs:
        with outputs.progress(given.count(), at_least=given.has_zips) as progress:

            def done(result: FileReading) -> None:
                outputs.take(result)
                progress.advance()

            read_files(classifier, given.files(), done=done, options=options)
        outputs.finish()
        _close(outputs, given, paths)
    for file in (csv, parquet):
        if file and file != STANDARD_OUTPUT:
            say(f"Wrote {file}.")
    if save and outputs.tally.saved:
        stop = "" if str(save).endswith(".") else "."
        say(f"Saved {counted(outputs.tally.saved, 'picture')} in {save}{stop}")
    if outputs.tally.unread or outputs.tally.not_saved or given.cut_short:
        raise typer.Exit(DONE_WITH_FINDINGS)


def _close(outputs: Outputs, given: GivenPhotos, paths: list[str]) -> None:
    """Say what came of all photos together; if there were none, that is an error."""
    for line in outputs.tally.lines(given.passed_over, reasons=not outputs.printed):
        say(line)
    for remark in given.remarks:
        say(remark)
    if given.repeated:
        say(f"{given.repeated:,} given twice: read once.")
    if not outputs.tally.photos and not given.cut_short:
        raise PhotoError(f"No photos in {', '.join(paths)}.")
    for path in given.empty:
        say(f"No photos in {path}.")
