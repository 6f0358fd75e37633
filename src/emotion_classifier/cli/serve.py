"""``emotion-classifier serve``: the HTTP API."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from emotion_classifier.cli.arguments import Host, ModelOption
from emotion_classifier.cli.help import add


def register(program: typer.Typer) -> None:
    """Add the verb."""
    add(
        program,
        serve,
        section="Read photos",
        examples=(
            ("serve", "On http://127.0.0.1:8000; what it takes is in /openapi.json."),
            ("serve --host 0.0.0.0 --keys-file keys.txt", "For other machines, with a key."),
            ("serve --model my-model --no-app", "A model of your own, without the web app."),
        ),
        groups={
            "Address": ("host", "port", "app", "grace", "log_level"),
            "Access": ("keys_file", "cors_origin", "frame_ancestor"),
            "Speed": ("workers", "batch_size", "window", "queue"),
            "Limits": (
                *("max_megabytes", "max_megapixels", "max_files", "max_faces"),
                *("photo_timeout", "receive_timeout", "answer_timeout"),
            ),
            "Reading": ("model",),
        },
    )


def serve(
    *,
    model: ModelOption = None,
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes any free one.")] = 8000,
    app: Annotated[
        bool | None,
        typer.Option(
            "--app/--no-app",
            help="Show the web app at /. Default: if Gradio is installed and no key is asked for.",
            show_default=False,
        ),
    ] = None,
    grace: Annotated[
        float, typer.Option(min=1, help="Seconds from SIGTERM to the end; what was begun is answered first.")
    ] = 8.0,
    log_level: Annotated[
        Literal["info", "warning"], typer.Option(help="Log every request, or only warnings.")
    ] = "info",
    keys_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="File with keys, one a line; clients must show one. So do those in EMOTION_CLASSIFIER_API_KEYS.",
            show_default=False,
        ),
    ] = None,
    cors_origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL",
            help="Web page that may ask from a browser, such as https://example.org. May be repeated.",
            show_default=False,
        ),
    ] = None,
    frame_ancestor: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL",
            help="Site whose pages may show the web app in a frame, such as https://example.org. May be repeated.",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Processes that read photos. Default: one a core.", show_default=False),
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Photos a worker takes at a time.")] = 4,
    window: Annotated[
        float,
        typer.Option(min=0, help="Milliseconds a worker waits for a batch to fill."),
    ] = 2.0,
    queue: Annotated[int, typer.Option(min=1, help="Photos that may wait; more are refused.")] = 32,
    max_megabytes: Annotated[float, typer.Option(min=0.001, help="Size of a request.")] = 20.0,
    max_megapixels: Annotated[float, typer.Option(min=0.001, help="Size of a photo.")] = 50.0,
    max_files: Annotated[int, typer.Option(min=1, help="Photos a request.")] = 16,
    max_faces: Annotated[int, typer.Option(min=1, help="Faces a photo.")] = 100,
    photo_timeout: Annotated[
        float,
        typer.Option(min=0.1, help="Seconds for a photo; then it is given up."),
    ] = 10.0,
    receive_timeout: Annotated[float, typer.Option(min=0.1, help="Seconds for a request to arrive.")] = 10.0,
    answer_timeout: Annotated[
        float, typer.Option(min=0.1, help="Seconds for an answer, with waiting.")
    ] = 30.0,
) -> None:
    """Serve the HTTP API: photos in, readings out as JSON. Nothing is stored, nothing is fetched."""
    from emotion_classifier.serving.api import require_extra
    from emotion_classifier.serving.api.keys import read_keys
    from emotion_classifier.serving.api.logs import log_to_stderr
    from emotion_classifier.serving.api.options import Batching, Limits, ServeOptions, usable_cores

    require_extra()
    from emotion_classifier.serving.api.server import serve as run

    try:
        options = ServeOptions(
            limits=Limits(
                max_bytes=round(max_megabytes * 1e6),
                max_pixels=round(max_megapixels * 1e6),
                max_faces=max_faces,
                max_files=max_files,
                receive_seconds=receive_timeout,
                photo_seconds=photo_timeout,
                answer_seconds=answer_timeout,
            ),
            batching=Batching(
                workers=workers or usable_cores(),
                batch_size=batch_size,
                window_seconds=window / 1000,
                queue=queue,
            ),
            keys=read_keys(keys_file),
            cors_origins=tuple(cors_origin or ()),
            frame_ancestors=tuple(frame_ancestor or ()),
            grace_seconds=grace,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    log_to_stderr(log_level)
    run(model, options, host=host, port=port, with_app=app)
