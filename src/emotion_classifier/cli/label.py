"""``emotion-classifier label``: grade photos by keyboard, and measure how far raters agree."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from emotion_classifier.cli.arguments import Browser, Cropped, Json, ModelOption, Port
from emotion_classifier.cli.help import add
from emotion_classifier.cli.progress import TrainingProgress, warn_of_known


def register(program: typer.Typer) -> None:
    """Add the verb."""
    add(
        program,
        label,
        section="Prepare data",
        examples=(
            ("label photos/ --rater ann", "Grade photos by keyboard; the same command goes on later."),
            ("label photos/ --agreement", "How far the raters agree."),
            ("label photos/ --agreement --model my-model", "How far a model agrees with them."),
        ),
        groups={
            "Page": ("rater", "port", "browser"),
            "Agreement": ("agreement", "as_json"),
            "Reading": ("model", "cropped"),
        },
    )


def label(
    data: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Folder of photos, in class folders or not.", show_default=False),
    ],
    rater: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Who grades. Default: your user name.", show_default=False),
    ] = None,
    agreement: Annotated[
        bool,
        typer.Option(
            "--agreement",
            help="Measure how far raters agree, and with --model how far a model agrees with them.",
        ),
    ] = False,
    model: ModelOption = None,
    cropped: Cropped = False,
    port: Port = None,
    browser: Browser = True,
    as_json: Json = False,
) -> None:
    """Grade photos by keyboard on a page in the browser, beginning with those the model is least sure of.

    Each vote is in DIR/votes-NAME.csv before the next photo is shown; the same command goes on later.
    All verbs that read DIR, such as train and evaluate, go by the votes: those of several raters become shares.
    """
    messages = Console(stderr=True, highlight=False)
    if agreement:
        _measure(data, model, messages, cropped=cropped, as_json=as_json)
        return
    if as_json:
        raise typer.BadParameter("It goes with --agreement.", param_hint="--json")
    from emotion_classifier.classifier import EmotionClassifier
    from emotion_classifier.labelling.session import begin_labelling, only_session
    from emotion_classifier.serving.app import run
    from emotion_classifier.serving.keyed_page import page_socket
    from emotion_classifier.serving.label import build_app

    name = (rater or _user()).strip()
    with only_session(data, name), page_socket(port) as listening:
        classifier = EmotionClassifier(model)
        with TrainingProgress(messages) as progress:
            labelling = begin_labelling(
                data,
                rater=name,
                classifier=classifier,
                cropped=cropped,
                progress=progress.of("reading photos"),
            )
        messages.print(f"Votes are kept in {escape(str(labelling.path))}.", soft_wrap=True)
        run(build_app(labelling), listening, open_browser=browser)


def _measure(data: Path, model: Path | None, messages: Console, *, cropped: bool, as_json: bool) -> None:
    from emotion_classifier.evaluation.agreement import agreement_of
    from emotion_classifier.model.bundle import Bundle
    from emotion_classifier.report.agreement_table import render_agreement

    with TrainingProgress(messages) as progress:
        result, known = agreement_of(
            data,
            bundle=Bundle.load(model) if model else None,
            cropped=cropped,
            progress=progress.of("reading photos"),
        )
    if result.model:
        warn_of_known(messages, known, result.model)
    if as_json:
        typer.echo(json.dumps(result.to_dict()))
    else:
        Console(highlight=False).print(render_agreement(result))


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # There is none in some containers.
        return "rater"
