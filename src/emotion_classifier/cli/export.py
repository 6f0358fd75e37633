"""``emotion-classifier export``: a model saved by Keras becomes a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape

_CHANNELS: dict[str, Literal["rgb", "bgr", "grey"]] = {
    "rgb": "rgb",
    "bgr": "bgr",
    "grey": "grey",
    "gray": "grey",
}


def register(program: typer.Typer) -> None:
    """Add the verb."""
    program.command()(export)


def export(
    from_keras: Annotated[
        Path, typer.Option(metavar="MODEL", help="A .keras or .h5 file.", show_default=False)
    ],
    out: Annotated[Path, typer.Option(metavar="BUNDLE", help="Folder to write.", show_default=False)],
    labels: Annotated[
        str,
        typer.Option(
            help="The model's classes in the order of its outputs; of one sigmoid unit: 0's, then 1's."
        ),
    ] = "Happy,Sad",
    channels: Annotated[str, typer.Option(help="RGB, BGR (pictures read with OpenCV) or grey.")] = "RGB",
    size: Annotated[int, typer.Option(min=8, help="Side of the model's square input, in pixels.")] = 150,
    scale: Annotated[float, typer.Option(help="The model was fed pixels × SCALE.")] = 1 / 255,
) -> None:
    """Turn a model saved by Keras into a bundle, so that it can be served here.

    A file that would run code when loaded is refused.
    """
    from emotion_classifier.training.export import from_keras as convert

    order = _CHANNELS.get(channels.lower())
    if order is None:
        raise typer.BadParameter(f"{channels!r} is none of RGB, BGR, grey.", param_hint="--channels")
    named = [label.strip() for label in labels.split(",") if label.strip()]
    bundle = convert(from_keras, labels=named, channels=order, size=size, out=out, scale=scale)
    console = Console(stderr=True, highlight=False)
    console.print(
        f"Wrote {escape(str(out))} ({bundle.id}, labels {', '.join(bundle.labels)}).", soft_wrap=True
    )
