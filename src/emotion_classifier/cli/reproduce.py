"""``emotion-classifier reproduce``: the original study again, and then properly."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from emotion_classifier.cli.help import add
from emotion_classifier.cli.output import check_folder

if TYPE_CHECKING:
    from emotion_classifier.experiments.reproduce.summary import Reproduction


def register(program: typer.Typer) -> None:
    """Add the verb."""
    add(
        program,
        reproduce,
        section="Measure",
        examples=(
            (
                "reproduce photos/ --protocol-only",
                "The study's protocol alone, without the cross-validation.",
            ),
            ("reproduce photos/ --recipes attempt_5 --out one-model", "One of its models."),
        ),
        groups={
            "Fits": ("recipes", "repeats", "folds", "protocol_only"),
        },
    )


def reproduce(
    photos: Annotated[Path, typer.Argument(metavar="DIR", help="The study's photos: DIR/Happy and DIR/Sad.")],
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Folder of every fit and of the tables.")
    ] = Path("reproduction"),
    recipes: Annotated[
        str | None, typer.Option(help="Only these, separated by commas.", show_default=False)
    ] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Repeats of the cross-validation.")] = 5,
    folds: Annotated[int, typer.Option(min=2, help="Folds of the cross-validation.")] = 5,
    protocol_only: Annotated[
        bool,
        typer.Option("--protocol-only", help="Leave out the cross-validation and the price of each flaw."),
    ] = False,
) -> None:
    """Run the study's protocol for all its models, beside its published figures and an honest estimate.

    A full run takes hours on two cores. Every fit is kept in --out: the same command goes on after a kill.
    """
    from emotion_classifier.experiments.reproduce.run import reproduce as run
    from emotion_classifier.experiments.reproduce.schedule import ReproduceOptions
    from emotion_classifier.report.reproduction_table import to_markdown, write_results

    messages = Console(stderr=True, highlight=False)
    check_folder(out)
    options = ReproduceOptions(
        recipes=tuple(name.strip() for name in recipes.split(",")) if recipes else None,
        repeats=repeats,
        folds=folds,
        protocol_only=protocol_only,
    )
    today = datetime.now(UTC).date()

    def keep(result: Reproduction) -> None:
        write_results(result, out, day=today)

    result = run(
        photos,
        out=out,
        options=options,
        progress=lambda done, total, text: messages.print(f"{done}/{total} {escape(text)}", soft_wrap=True),
        on_stage=keep,
    )
    typer.echo(to_markdown(result))
    for path in write_results(result, out, day=today):
        messages.print(f"Wrote {escape(str(path))}", soft_wrap=True)
