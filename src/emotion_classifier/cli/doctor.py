"""``emotion-classifier doctor``: whether this installation is sound."""

from __future__ import annotations

import json

import typer
from rich.console import Console
from rich.markup import escape

from emotion_classifier.cli.arguments import Json, ModelOption
from emotion_classifier.cli.exits import FAILED
from emotion_classifier.cli.help import add

_MARKS = {True: "[green]ok[/green]     ", False: "[red]broken[/red] ", None: "[dim]–[/dim]      "}


def register(program: typer.Typer) -> None:
    """Add the verb."""
    add(
        program,
        doctor,
        section="Read photos",
        examples=(
            ("doctor", "Whether the installation is sound; for reports of bugs, too."),
            ("doctor --model my-model", "Whether a model of your own is."),
        ),
        groups={},
    )


def doctor(model: ModelOption = None, as_json: Json = False) -> None:
    """Print versions, extras and the model's hash, and read an example photo from end to end."""
    from emotion_classifier.cli.self_check import doctor as examine

    checks = examine(model)
    if as_json:
        for check in checks:
            typer.echo(json.dumps(check.to_dict()))
    else:
        console = Console(highlight=False)
        for check in checks:
            console.print(
                f"{_MARKS[check.ok]} [bold]{escape(check.name)}[/bold]  {escape(check.detail)}",
                soft_wrap=True,
            )
    if any(check.ok is False for check in checks):
        raise typer.Exit(FAILED)
