"""``emotion-classifier app``: the web page."""

from __future__ import annotations

from typing import Annotated

import typer

from emotion_classifier.cli.arguments import Browser, Host, ModelOption, Port
from emotion_classifier.cli.help import add


def register(program: typer.Typer) -> None:
    """Add the verb."""
    add(
        program,
        app,
        section="Read photos",
        examples=(
            ("app", "Open the page in the browser."),
            ("app --model my-model", "With a model of your own."),
            ("app --host 0.0.0.0 --no-browser", "For other machines in the network, too."),
        ),
        groups={
            "Page": ("host", "port", "browser", "share"),
        },
    )


def app(
    model: ModelOption = None,
    host: Host = "127.0.0.1",
    port: Port = None,
    share: Annotated[
        bool,
        typer.Option(
            "--share", help="Open a public address through Gradio's servers. Photos then leave this machine."
        ),
    ] = False,
    language: Annotated[
        str, typer.Option(help="Language of the page: a file in emotion_classifier/serving/texts.")
    ] = "en",
    browser: Browser = True,
) -> None:
    """Open the web app: drop photos, get an answer for every face. Nothing leaves this computer."""
    from emotion_classifier.serving import texts
    from emotion_classifier.serving.app import launch

    try:
        texts.load(language)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--language") from error
    launch(model, host=host, port=port, share=share, open_browser=browser, language=language)
