"""What verbs say on standard error, and where they write a page to, checked before the work is done."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape

from emotion_classifier.errors import DatasetError
from emotion_classifier.text import in_one_line


def say(line: str) -> None:
    """Print a line on standard error, whatever is in the names that it holds."""
    Console(stderr=True, highlight=False).print(escape(in_one_line(line)), soft_wrap=True)


def check_out(out: Path | None) -> None:
    """Refuse a page that cannot be written: before photos are read, not after.

    Raises
    ------
    DatasetError
    """
    if out is None:
        return
    if out.is_dir() or not out.absolute().parent.is_dir():
        raise DatasetError(f"{out} cannot be written: name a file in a folder that exists.")
    new = not out.exists()
    try:
        with out.open("a", encoding="utf-8"):
            pass
    except OSError as error:
        raise DatasetError(f"{out} cannot be written ({error.strerror}). Name another file.") from error
    if new:
        out.unlink()


def check_page(out: Path | None) -> None:
    """Refuse a report that cannot be written, or that is no HTML by its name: before photos are read, not after.

    Raises
    ------
    typer.BadParameter
        If the name does not end in .html.
    DatasetError
        If it cannot be written there.
    MissingExtraError
        If Jinja2 is not installed.
    """
    if out is None:
        return
    if out.suffix.lower() != ".html":
        raise typer.BadParameter(f"A report's name ends in .html; {out.name} does not.", param_hint="--out")
    check_out(out)
    from emotion_classifier.report.html_page import load_template

    load_template("base.html")
