"""The program ``emotion-classifier``: its verbs, and what becomes of an error."""

from __future__ import annotations

import errno
import io
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from emotion_classifier import __version__
from emotion_classifier.cli.exits import FAILED, STOPPED
from emotion_classifier.cli.help import Program
from emotion_classifier.cli.output import discard_output
from emotion_classifier.errors import EmotionClassifierError
from emotion_classifier.text import in_one_line

# In the order a newcomer meets them.
VERBS = (
    "predict",
    "batch",
    "watch",
    "app",
    "serve",
    "check",
    "clean",
    "label",
    "split",
    "train",
    "tune",
    "evaluate",
    "compare",
    "leaderboard",
    "audit",
    "card",
    "explain",
    "export",
    "reproduce",
    "doctor",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"emotion-classifier {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Read faces in photos; train, measure and export models."""


def build(verbs: Sequence[str] = VERBS) -> typer.Typer:
    """Make the program, with some of its verbs or all of them."""
    made = typer.Typer(
        cls=Program,
        help="Reads whether a face in a photo looks happy, neutral or sad. An expression, never a feeling.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    made.callback()(_options)
    for verb in verbs:
        import_module(f"emotion_classifier.cli.{verb}").register(made)
    return made


def __getattr__(name: str) -> typer.Typer:
    """Make ``program``, with all verbs, when it is first asked for."""
    if name != "program":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = build()
    return globals()[name]  # type: ignore[no-any-return]


def main(arguments: list[str] | None = None) -> None:
    """Run the program; an error it can explain becomes one line on standard error and exit code 1.

    Parameters
    ----------
    arguments : list of str or None
        None: those of the command line.
    """
    _print_anything()
    words = sys.argv[1:] if arguments is None else arguments
    try:
        # All of them take a tenth of a second to import and to describe.
        build(words[:1] if words and words[0] in VERBS else VERBS)(arguments)
        sys.stdout.flush()
    except EmotionClassifierError as error:
        _fail(str(error))
    except SystemExit as end:
        # Typer ends with 1 where whoever read the output, such as `head`, has seen enough.
        if not isinstance(end.__context__, BrokenPipeError):
            raise
        discard_output()
    except BrokenPipeError:
        discard_output()
    except OSError as error:
        _fail(_in_words(error))
    except KeyboardInterrupt:
        Console(stderr=True).print("Stopped.")
        sys.exit(STOPPED)


def _print_anything() -> None:
    """Let a terminal that lacks a character show its number instead; nothing is lost for want of an encoding."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _fail(message: str) -> NoReturn:
    Console(stderr=True, highlight=False).print(f"[red]Error:[/red] {_plain(message)}", soft_wrap=True)
    sys.exit(FAILED)


def _in_words(error: OSError) -> str:
    """Say what the system says, without its number, and what to do where a disk is full."""
    said = error.strerror or str(error)
    named = f"{error.filename}: {said}" if error.filename else said
    return f"{named}. Make room, or write somewhere else." if error.errno == errno.ENOSPC else named


def _plain(message: str) -> str:
    """Keep brackets in file names and extras from being read as markup, and control characters from working."""
    from rich.markup import escape

    return escape("\n".join(map(in_one_line, message.split("\n"))))
