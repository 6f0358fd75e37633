"""``emotion-classifier explain``: where in a face a reading comes from."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from emotion_classifier.cli.arguments import Cropped, Json, ModelOption, Threads
from emotion_classifier.cli.exits import DONE_WITH_FINDINGS
from emotion_classifier.cli.given_photos import (
    STANDARD_INPUT,
    STANDARD_INPUT_NAME,
    require_piped,
    standard_input,
)
from emotion_classifier.cli.help import add
from emotion_classifier.cli.output import PAGES, check_out, check_page, say
from emotion_classifier.files import atomic_write

_PICTURES = (".png", ".jpg", ".jpeg", ".webp")
# In EXIF, where programs say that they made a picture: drawings may be drawn anew, other pictures are kept.
_SOFTWARE, _MARK = 0x0131, "emotion-classifier explain"


def register(program: typer.Typer) -> None:
    """Add the verb."""
    add(
        program,
        explain,
        section="Read photos",
        examples=(
            ("explain portrait.jpg --out explained.png", "A sentence for each face, and a picture."),
            ("explain portrait.jpg --out explained.html", "A page with every part of each face."),
            ("explain portrait.jpg --json", "The loss of each part of the face, for programs."),
        ),
        groups={"Answer": ("out", "as_json"), "Reading": ("model", "cropped", "threads")},
    )


def explain(
    photo: Annotated[
        Path, typer.Argument(metavar="PHOTO", help="A photo; -: standard input.", show_default=False)
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Picture to write, or .html: a page.", show_default=False),
    ] = None,
    model: ModelOption = None,
    cropped: Cropped = False,
    threads: Threads = 1,
    as_json: Json = False,
) -> None:
    """Show where in each face of a photo the reading comes from.

    What the model looks at, not what makes a person happy or sad.

    Exit code 3: done, but the photo could not be read, or no face was found.
    """
    from emotion_classifier.classifier import EmotionClassifier
    from emotion_classifier.cli.reading_results import show_photo

    piped = str(photo) == STANDARD_INPUT
    if piped:
        require_piped("explain", "PHOTO")
    page = out is not None and out.suffix.lower() in PAGES
    if page:
        check_page(out)
    else:
        check_out(out, endings=(*_PICTURES, *PAGES))
    if out is not None and out.exists() and photo.exists() and out.samefile(photo):
        raise typer.BadParameter(
            "That is the photo itself, which would be replaced. Name another file.", param_hint="--out"
        )
    if out is not None and not page and out.exists() and not _is_drawing(out):
        raise typer.BadParameter(
            f"{out} is there already, and no drawing of this command. Name another file.", param_hint="--out"
        )
    classifier = EmotionClassifier(model, threads=threads)
    explained = classifier.explain(standard_input() if piped else photo, cropped=cropped)
    if piped:
        explained = replace(explained, photo=replace(explained.photo, file=STANDARD_INPUT_NAME))
    messages = Console(stderr=True, highlight=False)
    if as_json:
        typer.echo(json.dumps(explained.to_dict()))
    else:
        sentences = [face.sentence for face in explained.faces]
        show_photo(Console(highlight=False), explained.photo, sentences)
    if explained.pixels is None:
        raise typer.Exit(DONE_WITH_FINDINGS)
    if out and page:
        from emotion_classifier.report.explanation_page import write_explanation_page

        write_explanation_page(
            explained, out, title=Path(explained.photo.file).name, model=classifier.bundle.id
        )
        messages.print(f"Wrote {escape(str(out))}.", soft_wrap=True)
    elif out and explained.faces:
        from PIL import Image

        exif = Image.Exif()
        exif[_SOFTWARE] = _MARK
        atomic_write(out, partial(explained.plot().save, exif=exif))
        messages.print(f"Drawn in {escape(str(out))}.", soft_wrap=True)
    elif out:
        say(f"No face was found: nothing is drawn, and {out} not written.")
    if not explained.faces:
        raise typer.Exit(DONE_WITH_FINDINGS)


def _is_drawing(picture: Path) -> bool:
    from PIL import Image

    try:
        with Image.open(picture) as opened:
            return str(opened.getexif().get(_SOFTWARE)) == _MARK
    except OSError:
        return False
