"""``emotion-classifier export``: a model saved by Keras becomes a bundle."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape

from emotion_classifier.cli.arguments import Overwrite, refuse_overwrite
from emotion_classifier.cli.help import add
from emotion_classifier.cli.labelled import open_labelled
from emotion_classifier.cli.output import check_folder
from emotion_classifier.cli.progress import TrainingProgress, list_problems

if TYPE_CHECKING:
    from emotion_classifier.evaluation.input_formats import FormatScore, InputFormat
    from emotion_classifier.training.export import Imported

_CHANNELS: dict[str, Literal["rgb", "bgr", "grey"]] = {
    "rgb": "rgb",
    "bgr": "bgr",
    "grey": "grey",
    "gray": "grey",
}
# Scale and offset of the ways pixels are fed to networks: 0 to 1, 0 to 255, −1 to 1.
_SCALES = ((1 / 255, 0.0), (1.0, 0.0), (1 / 127.5, -1.0))


def register(program: typer.Typer) -> None:
    """Add the verb."""
    add(
        program,
        export,
        section="Train",
        examples=(
            (
                "export --from-keras a.h5 --out model --check photos/",
                "Find out how the model was fed on labelled photos.",
            ),
            (
                "export --from-keras a.h5 --out model --labels Sad,Happy",
                "Name the classes in the order of the outputs.",
            ),
        ),
        groups={
            "Model": ("from_keras", "labels", "channels", "size", "scale", "offset", "check"),
            "Output": ("out", "overwrite"),
        },
    )


def export(
    *,
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
    channels: Annotated[
        str | None,
        typer.Option(help="RGB, BGR (pictures read with OpenCV) or grey. Default: RGB.", show_default=False),
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(
            min=8,
            help="Side of the model's square input, in pixels. Default: the model's own.",
            show_default=False,
        ),
    ] = None,
    scale: Annotated[
        float | None,
        typer.Option(
            help="The model was fed pixels × SCALE. Default: 1 if the model scales them itself, else 1/255.",
            show_default=False,
        ),
    ] = None,
    offset: Annotated[float, typer.Option(help="With --scale: added after that.")] = 0.0,
    check: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Labelled photos, DIR/happy/… and DIR/sad/…: of --channels and --scale, find out what was left out.",
            show_default=False,
        ),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Turn a model saved by Keras into a bundle, so that it can be served here.

    A file that would run code when loaded is refused. Photos that the model was trained on are welcome in --check.
    """
    from emotion_classifier.model.bundle import check_writable
    from emotion_classifier.training.export import import_keras

    order = _CHANNELS.get(channels.lower()) if channels else None
    if channels and order is None:
        raise typer.BadParameter(f"{channels!r} is none of RGB, BGR, grey.", param_hint="--channels")
    check_folder(out, beside=out.absolute().parent)
    refuse_overwrite(out, overwrite=overwrite)
    check_writable(out)
    messages = Console(stderr=True, highlight=False)
    named = [label.strip() for label in labels.split(",") if label.strip()]
    imported = import_keras(from_keras, labels=named, channels=order, size=size, scale=scale, offset=offset)
    for note in imported.notes:
        messages.print(escape(note), soft_wrap=True)
    if check:
        scores = _scored(imported, _candidates(imported, channels=channels, scale=scale), check, messages)
        best = scores[0].format
        imported = imported.fed(best.channels, best.scale, best.offset)
        _tell(scores, messages)
    bundle = imported.save(out)
    messages.print(
        f"Wrote {escape(str(out))} ({bundle.id}, labels {', '.join(bundle.labels)}).", soft_wrap=True
    )


def _candidates(imported: Imported, *, channels: str | None, scale: float | None) -> list[InputFormat]:
    """List the formats that fit what was said, the one that is taken without a check first."""
    from emotion_classifier.evaluation.input_formats import InputFormat

    used = imported.config.preprocessing
    told = scale is not None or imported.front.scales
    orders: tuple[Literal["rgb", "bgr", "grey"], ...] = ("rgb", "bgr")
    if channels or used.channels == "grey":
        orders = (used.channels,)
    scales = ((used.scale, used.offset),) if told else _SCALES
    return [InputFormat(order, *each) for each in scales for order in orders]


def _scored(
    imported: Imported, candidates: list[InputFormat], photos: Path, messages: Console
) -> tuple[FormatScore, ...]:
    from emotion_classifier.evaluation.input_formats import score_formats

    dataset = open_labelled([photos], split=None, cropped=False)
    list_problems(messages, dataset.problems)
    with tempfile.TemporaryDirectory() as folder, TrainingProgress(messages) as progress:
        bundle = imported.save(Path(folder) / "bundle")
        return score_formats(
            bundle,
            candidates,
            dataset,
            progress=progress.of("reading photos"),
        )


def _tell(scores: tuple[FormatScore, ...], messages: Console) -> None:
    from emotion_classifier.text import estimate, fixed

    best = scores[0]
    ways = "one way" if len(scores) == 1 else f"{len(scores)} ways"
    messages.print(f"Read {best.accuracy.n:,} photos in {ways}; right, and log loss:", soft_wrap=True)
    for score in scores:
        messages.print(
            f"  {score.format}: {estimate(score.accuracy, '%')}, {fixed(score.log_loss, 3)}"
            f"{', worse' if score.behind else ''}",
            soft_wrap=True,
        )
    open_still = [str(score.format) for score in scores[1:] if not score.behind]
    if open_still:
        messages.print(
            f"{best.format} fits best and was taken, but these photos do not tell it from {'; '.join(open_still)}. "
            f"More photos, or what the model's author says, decide.",
            soft_wrap=True,
        )
    elif len(scores) > 1:
        messages.print(f"{best.format} fits, and was taken.", soft_wrap=True)
