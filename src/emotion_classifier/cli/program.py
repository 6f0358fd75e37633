"""The program ``emotion-classifier``: its verbs, and what becomes of an error."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated

import typer
from rich.console import Console

from emotion_classifier import __version__
from emotion_classifier.cli.exits import FAILED
from emotion_classifier.errors import EmotionClassifierError

# In the order a newcomer meets them.
VERBS = (
    "predict",
    "app",
    "check",
    "clean",
    "split",
    "train",
    "tune",
    "evaluate",
    "compare",
    "leaderboard",
    "audit",
    "export",
    "reproduce",
    "doctor",
)

program = typer.Typer(
    help="Reads whether a face in a photo looks happy or sad. An expression, never a feeling.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"emotion-classifier {__version__}")
        raise typer.Exit


@program.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Read faces in photos; train, measure and export models."""


for _verb in VERBS:
    import_module(f"emotion_classifier.cli.{_verb}").register(program)


def main() -> None:
    """Run the program; an error of this package becomes one line on standard error and exit code 1."""
    try:
        program()
    except EmotionClassifierError as error:
        Console(stderr=True, highlight=False).print(f"[red]Error:[/red] {_plain(str(error))}", soft_wrap=True)
        sys.exit(FAILED)
    except KeyboardInterrupt:
        Console(stderr=True).print("Stopped.")
        sys.exit(130)


def _plain(message: str) -> str:
    """Keep rich from reading brackets in file names and extras as markup."""
    from rich.markup import escape

    return escape(message)
