"""``emotion-classifier card``: print the card of a bundle, or check whether it can be published."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from emotion_classifier.cli.exits import DONE_WITH_FINDINGS
from emotion_classifier.cli.help import add


def register(program: typer.Typer) -> None:
    """Add the verb."""
    add(
        program,
        card,
        section="Measure",
        examples=(
            ("card default", "What the default model learned from, how good it is, and for whom."),
            ("card my-model --check", "What keeps it from being published."),
        ),
        groups={},
    )


def card(
    bundle: Annotated[
        Path,
        typer.Argument(
            metavar="BUNDLE",
            help='Folder of a bundle, or "default" for the default model.',
            show_default=False,
        ),
    ],
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Say what keeps the card from being published; nothing is sent anywhere."
        ),
    ] = False,
) -> None:
    """Print the model card of a bundle, which is its README.md, or check it.

    Exit code 3: --check found something.
    """
    from emotion_classifier.model.bundle import Bundle
    from emotion_classifier.model.card import card_file, read_card

    loaded = Bundle.load(bundle)
    if not check:
        typer.echo(read_card(loaded), nl=False)
        return
    from emotion_classifier.model.card_check import check_card

    problems = check_card(loaded)
    console = Console(highlight=False)
    for problem in problems:
        console.print(escape(problem), soft_wrap=True)
    if problems:
        if card_file(loaded).is_file():
            console.print(f"Correct this in {escape(str(card_file(loaded)))}.", soft_wrap=True)
        raise typer.Exit(DONE_WITH_FINDINGS)
    console.print(f"The card of {escape(loaded.id)} can be published.", soft_wrap=True)
