"""``emotion-classifier predict``: read photos."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from unicodedata import category

import typer
from rich.console import Console
from rich.markup import escape

from emotion_classifier.cli.arguments import Cropped, Json, ModelOption, Threads
from emotion_classifier.cli.exits import DONE_WITH_FINDINGS, WRONG_USE
from emotion_classifier.text import fixed, percent

if TYPE_CHECKING:
    from emotion_classifier.reading import PhotoReading, Reading

_CONTROLS = ("Cc", "Zl", "Zp")  # Unicode categories: control characters, and ends of lines and paragraphs.
_COLOURS = {"happy": "green", "neutral": "white", "sad": "blue", "other": "magenta", "uncertain": "yellow"}


def register(program: typer.Typer) -> None:
    """Add the verb."""
    program.command()(predict)


def predict(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH", help="Photos, and folders of photos.", show_default=False),
    ],
    model: ModelOption = None,
    cropped: Cropped = False,
    batch_size: Annotated[int, typer.Option(min=1, help="Faces per run of the network.")] = 32,
    threads: Threads = 1,
    binary: Annotated[
        bool, typer.Option("--binary", help="Call every face happy or sad, whichever it is nearer to.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Read every face in photos; folders are walked, and one bad file never stops the others.

    Exit code 3: done, but some photo could not be read.
    """
    from emotion_classifier.classifier import EmotionClassifier
    from emotion_classifier.reading import NO_FACE

    console = Console(stderr=as_json, highlight=False)
    classifier = EmotionClassifier(model, threads=threads)
    unread = seen = 0
    for photo in classifier.predict_many(_files(paths), batch_size=batch_size, cropped=cropped):
        seen += 1
        unread += photo.reason not in (None, NO_FACE)
        photo = photo.as_binary() if binary else photo
        if as_json:
            sys.stdout.write(json.dumps(photo.to_dict()) + "\n")
        else:
            show_photo(console, photo)
    sys.stdout.flush()
    if not seen:
        Console(stderr=True).print(f"No photos in {escape(', '.join(map(str, paths)))}.", soft_wrap=True)
        raise typer.Exit(WRONG_USE)
    if unread:
        Console(stderr=True).print(f"{unread} of {seen} photos could not be read.")
        raise typer.Exit(DONE_WITH_FINDINGS)


def _files(paths: list[Path]) -> Iterator[Path]:
    from emotion_classifier.photo import find_photos

    for path in paths:
        # A missing or odd file goes on to the reader, which says what is wrong with it.
        yield from find_photos(path) if path.is_dir() else [path]


def show_photo(console: Console, photo: PhotoReading, remarks: Sequence[str] = ()) -> None:
    """Print a photo's name and a line for each face, with a remark below each where there are any."""
    console.print(f"[bold]{escape(_in_one_line(photo.file))}[/bold]", soft_wrap=True)
    for remark in (photo.reason, photo.note):
        if remark:
            console.print(f"  {escape(_in_one_line(remark))}", soft_wrap=True)
    for number, reading in enumerate(photo.readings, start=1):
        whose = "whole photo" if reading.whole_photo else f"face {number}"
        console.print(f"  {whose}: {_describe(reading)}", soft_wrap=True)
        for remark in remarks[number - 1 : number]:
            console.print(f"    {escape(remark)}", soft_wrap=True)


def _in_one_line(text: str) -> str:
    r"""Write what would break a line or move the cursor, which a file name may hold, as it is written in code.

    Examples
    --------
    >>> print(_in_one_line("a\nb.jpg"))
    a\nb.jpg
    """
    return "".join(
        each.encode("unicode_escape").decode() if category(each) in _CONTROLS else each for each in text
    )


def _describe(reading: Reading) -> str:
    colour = _COLOURS[reading.label]
    why = f" ({reading.reason})" if reading.reason else ""
    degree = fixed(reading.degree, 2, signed=True, minus="-")
    x, y, width, height = (round(value) for value in reading.box)
    where = "" if reading.whole_photo else f", at {x},{y} {width}×{height} px"
    return (
        f"[{colour}]{reading.label}[/{colour}]{why}, {reading.grade}, degree {degree}, "
        f"leaning {reading.leaning} ({percent(reading.p_leaning, 0)}%){where}"
    )
