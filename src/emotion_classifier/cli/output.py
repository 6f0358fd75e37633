"""What verbs say on standard error, and where they write a page to, checked before the work is done."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape

from emotion_classifier.errors import EmotionClassifierError
from emotion_classifier.files import STANDARD_OUTPUT
from emotion_classifier.text import in_one_line

PAGES = (".html", ".htm")
_VIDEO_SUFFIXES = frozenset(
    {".mp4", ".mov", ".m4v", ".mkv", ".avi", ".webm", ".mpg", ".mpeg", ".ts", ".m2ts", ".wmv", ".flv"}
)
# What tables are not written as; for each option, but for its own.
_TABLES = frozenset({".csv", ".tsv", ".parquet", ".json", ".jsonl", ".html", ".htm", ".xls", ".xlsx", ".ods"})


def say(line: str) -> None:
    """Print a line on standard error, whatever is in the names that it holds."""
    Console(stderr=True, highlight=False).print(escape(in_one_line(line)), soft_wrap=True)


def discard_output() -> None:
    """Let what is still buffered for standard output, and all that follows, go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)


@contextmanager
def reader_may_leave(*, files: bool) -> Iterator[None]:
    """Go on where nobody reads standard output any more, if files are wanted all the same.

    Raises
    ------
    BrokenPipeError
        If none are.
    """
    try:
        yield
    except BrokenPipeError:
        if not files:
            raise
        discard_output()


@contextmanager
def naming(place: str | Path) -> Iterator[None]:
    """Say what it is that cannot be written; the system does not name what is open already.

    Raises
    ------
    EmotionClassifierError
    """
    name = "standard output" if place == STANDARD_OUTPUT else place
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise EmotionClassifierError(
            f"{name} cannot be written ({error.strerror or error}). Make room, or write somewhere else."
        ) from error


@contextmanager
def named(
    path: Path, table: AbstractContextManager[Callable[[Any], None]]
) -> Iterator[Callable[[Any], None]]:
    """Open a table, and say which file it is that cannot be written; of errors within the block it is not to blame."""
    with ExitStack() as output:
        with naming(path):
            write = output.enter_context(table)

        def written(row: Any) -> None:
            with naming(path):
                write(row)

        yield written
        with naming(path):
            output.close()


def refuse_media(option: str, file: Path) -> None:
    """Refuse to write a table or a page over a photo, a video or a zip, as a slip of the keys would.

    Raises
    ------
    typer.BadParameter
        If the file is named like one.
    """
    from emotion_classifier.photo.folders import PHOTO_SUFFIXES

    for kind, suffixes in (("photo", PHOTO_SUFFIXES), ("video", _VIDEO_SUFFIXES), ("zip", {".zip"})):
        if file.suffix.lower() in suffixes:
            raise typer.BadParameter(
                f"{in_one_line(str(file))} is named like a {kind}, and no {kind} is replaced. Name another file.",
                param_hint=option,
            )


def check_table(option: str, file: Path | None, *, as_json: bool) -> None:
    """Refuse a file of --csv or --parquet that cannot be written, as `check_out` does; - is standard output.

    Raises
    ------
    typer.BadParameter
        Also if it is named like a photo or another kind of table, or something else goes to standard output.
    """
    if file is None:
        return
    if option == "--csv" and file == STANDARD_OUTPUT:
        if as_json or sys.stdout is None:
            taken = "which --json prints on" if as_json else "and there is none"
            raise typer.BadParameter(f"- is standard output, {taken}. Name a file.", param_hint=option)
        return
    check_table_name(option, file, endings=(f".{option.removeprefix('--')}",))
    check_out(file, option=option)


def check_table_name(option: str, file: Path, *, endings: Sequence[str]) -> None:
    """Refuse the name of a photo, a video, a zip or another kind of table for one of these endings.

    Raises
    ------
    typer.BadParameter
    """
    refuse_media(option, file)
    if file.suffix.lower() in _TABLES.difference(endings):
        raise typer.BadParameter(
            f"{in_one_line(str(file))} is named like another kind of file. Name one that ends in "
            f"{' or '.join(endings)}.",
            param_hint=option,
        )


def check_out(
    out: Path | None, *, endings: Sequence[str] = (), option: str = "--out", beside: bool = False
) -> None:
    """Refuse a file that cannot be written: before photos are read, not after.

    Parameters
    ----------
    out : Path or None
    endings : sequence of str
        Of names that say what is written; none: any.
    option : str
        What names it on the command line.
    beside : bool
        Whether it is written under another name in its folder at first, see `atomic_write`.

    Raises
    ------
    typer.BadParameter
        Also if it ends otherwise.
    """
    if out is None:
        return
    if out == STANDARD_OUTPUT:
        raise typer.BadParameter("Only --csv of predict and watch goes to standard output (-). Name a file.")
    if endings and out.suffix.lower() not in endings:
        raise typer.BadParameter(
            f"Its name ends in {' or '.join(endings)}; {in_one_line(out.name)} does not.",
            param_hint=option,
        )
    name = in_one_line(str(out))
    if out.is_dir():
        raise typer.BadParameter(f"{name} is a folder. Name a file, in it or elsewhere.", param_hint=option)
    if not out.absolute().parent.is_dir():
        raise typer.BadParameter(
            f"{name} cannot be written: name a file in a folder that exists.", param_hint=option
        )
    new = not out.exists()
    try:
        with out.open("a", encoding="utf-8"):
            pass
    except OSError as error:
        raise typer.BadParameter(
            f"{name} cannot be written ({error.strerror}). Name another file.", param_hint=option
        ) from error
    if new:
        Path(os.path.realpath(out)).unlink()  # What a link points to, where it is one.
    elif beside and out.is_file():
        _check_beside(Path(os.path.realpath(out)).parent, name, option=option)


def check_folder(folder: Path, *, option: str = "--out", beside: Path | None = None) -> None:
    """Refuse a folder that cannot be made or written into: before the work begins, not after. None is left behind.

    Parameters
    ----------
    folder : Path
    option : str
        What names it on the command line.
    beside : Path or None
        Where it is written at first, under another name; None: right where it is.

    Raises
    ------
    typer.BadParameter
    """
    name = in_one_line(str(folder))
    if folder.is_file():
        raise typer.BadParameter(f"{name} is a file. Name a folder.", param_hint=option)
    # Not `Path.exists`, which may not look into every folder and says so.
    made = [each for each in (folder, *folder.parents) if not os.path.lexists(each)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
        if beside is not None:
            _check_beside(beside, name, option=option)
    except FileExistsError as error:
        there = Path(error.filename or folder)  # The folder, or one that it was to be in.
        what = "a link to something that is not there" if there.is_symlink() else "no folder"
        raise typer.BadParameter(
            f"{in_one_line(str(there))} is {what}. Name a folder.", param_hint=option
        ) from error
    except OSError as error:
        raise typer.BadParameter(
            f"{name} cannot be a folder to write into ({error.strerror}). Name another.",
            param_hint=option,
        ) from error
    finally:
        with suppress(OSError):
            for each in made:
                each.rmdir()


def _check_beside(folder: Path, name: str, *, option: str) -> None:
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise typer.BadParameter(
            f"{name} is first written under another name in {in_one_line(str(folder))}, which cannot be written into "
            f"({error.strerror}). Name another.",
            param_hint=option,
        ) from error


def check_page(out: Path | None) -> None:
    """Refuse a report that cannot be written, or that is no HTML by its name: before photos are read, not after.

    Raises
    ------
    typer.BadParameter
        If the name does not end in .html, or it cannot be written there.
    MissingExtraError
        If Jinja2 is not installed.
    """
    check_out(out, endings=PAGES)
    if out is not None:
        from emotion_classifier.report.html_page import load_template

        load_template("base.html")
