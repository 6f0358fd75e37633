"""Arguments and options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emotion_classifier.errors import BundleError

DataDirs = Annotated[
    list[Path],
    typer.Argument(
        metavar="DIR",
        help="Folders of labelled photos (DIR/happy/…, DIR/sad/…) or of Parquet files; several are put together.",
        show_default=False,
    ),
]
DataDir = Annotated[
    Path,
    typer.Argument(
        metavar="DIR", help="Folder of labelled photos: DIR/happy/…, DIR/sad/….", show_default=False
    ),
]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite", help="Replace the bundle that is there, and whatever else lies in its folder."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on standard output and nothing else there.")]
Seed = Annotated[int, typer.Option(help="Seed of everything random.")]
Cropped = Annotated[
    bool, typer.Option("--cropped", help="Each picture already is one tight face crop, as in FER2013.")
]
ModelOption = Annotated[
    Path | None,
    typer.Option(
        "--model",
        metavar="BUNDLE",
        help="Folder of a bundle. Default: the default model.",
        show_default=False,
    ),
]
Track = Annotated[
    bool,
    typer.Option(
        "--track",
        help="Log to MLflow: to ./mlflow.db, or to where MLFLOW_TRACKING_URI says. Needs the extra track.",
    ),
]
Binary = Annotated[
    bool, typer.Option("--binary", help="Call every face happy or sad, whichever it is nearer to.")
]
Workers = Annotated[int, typer.Option(min=1, help="Processes that read photos at the same time.")]
Host = Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.")]
Port = Annotated[
    int | None,
    typer.Option(
        min=0, max=65535, help="Of the page. Default: 7860, or the next free one.", show_default=False
    ),
]
Browser = Annotated[bool, typer.Option(help="Open the page in the browser.")]
Threads = Annotated[int, typer.Option(min=1, help="Threads for the networks.")]


def refuse_overwrite(out: Path, *, overwrite: bool) -> None:
    """Keep a finished bundle from being replaced unasked."""
    if (out / "config.json").is_file() and not overwrite:
        raise BundleError(f"{out} already holds a bundle. Name another --out, or add --overwrite.")
