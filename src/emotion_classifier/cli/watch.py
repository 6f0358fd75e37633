"""``emotion-classifier watch``: read a video."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emotion_classifier.cli.arguments import Json, ModelOption, Threads
from emotion_classifier.cli.exits import DONE_WITH_FINDINGS
from emotion_classifier.cli.help import add
from emotion_classifier.cli.output import say

if TYPE_CHECKING:
    from emotion_classifier.video.frames import Excerpt

_CLOCK = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)s?")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def register(program: typer.Typer) -> None:
    """Add the verb."""
    add(
        program,
        watch,
        section="Read photos",
        examples=(
            ("watch talk.mp4", "A line for each face whenever its label changes."),
            (
                "watch talk.mp4 --out boxes.mp4 --html talk.html",
                "A video with boxes, and a page with curves.",
            ),
            ("watch talk.mp4 --from 1:30 --to 2:00 --csv talk.csv", "Half a minute, as a table."),
            ("watch lecture.mp4 --every 0.5s --parquet lecture.parquet", "Two frames a second."),
            ("watch webcam --json", "The camera, a line of JSON for each frame, until Ctrl-C."),
        ),
        groups={
            "Reading": ("model", "every", "start", "end", "hold"),
            "Output": ("out", "csv", "parquet", "html", "as_json"),
            "Speed": ("workers", "threads"),
        },
    )


def watch(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="A video file; webcam, a number or /dev/video0 for a camera; the address of a stream.",
            show_default=False,
        ),
    ],
    *,
    model: ModelOption = None,
    every: Annotated[
        str, typer.Option(metavar="N|Ns", help="Read each Nth frame (5), or one every N seconds (0.5s).")
    ] = "1",
    start: Annotated[
        str, typer.Option("--from", metavar="TIME", help="Where to begin: seconds, 1:30 or 1:02:30.")
    ] = "0",
    end: Annotated[
        str | None,
        typer.Option("--to", metavar="TIME", help="Where to end. Default: the end.", show_default=False),
    ] = None,
    hold: Annotated[
        str,
        typer.Option(
            metavar="SECONDS", help="How long a new label has to last before it is shown; 0: not at all."
        ),
    ] = "0.3",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="VIDEO",
            help="Write a video with boxes, labels and degrees drawn, without sound: .mp4, .mov, .mkv or .webm.",
            show_default=False,
        ),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write a table (- for standard output): a row for each face of each frame; one for a frame without.",
            show_default=False,
        ),
    ] = None,
    parquet: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the same table as a Parquet file.", show_default=False),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            metavar="PAGE", help="Write a page with the degree of each face over time.", show_default=False
        ),
    ] = None,
    as_json: Json = False,
    workers: Annotated[int, typer.Option(help="Frames that are read at the same time.")] = 1,
    threads: Threads = 1,
) -> None:
    """Read the faces of a video: each followed over time, its degree smoothed, its label steady.

    Only the files you ask for are written. Changes are printed unless --out, --csv, --parquet or --html is given.
    An address is fetched; everything else stays on this machine.

    Exit code 3: done, but some frames were damaged, or the video is cut off.
    """
    from emotion_classifier.classifier import EmotionClassifier
    from emotion_classifier.cli.watch_outputs import WatchOptions, WatchOutputs
    from emotion_classifier.video import VideoOptions, open_video, read_video

    excerpt = _excerpt(every, start, end)
    if workers < 1:
        raise typer.BadParameter(f"{workers} is too few; write 1 or more.", param_hint="--workers")
    if not _NUMBER.fullmatch(hold.removesuffix("s")):
        raise typer.BadParameter(f"{hold} is not a number of seconds, such as 0.3 or 0.", param_hint="--hold")
    options = VideoOptions(excerpt=excerpt, hold=float(hold.removesuffix("s")), workers=workers)
    asked = WatchOptions(source=source, as_json=as_json, out=out, csv=csv, parquet=parquet, html=html)
    outputs = WatchOutputs(asked)
    classifier = EmotionClassifier(model, threads=threads)
    with open_video(source) as video, outputs.open(video, excerpt):
        try:
            for frame in read_video(video, classifier, options=options):
                outputs.take(frame)
        except KeyboardInterrupt:
            if not video.live:
                raise  # Part of a file would pass for all of it; of a camera, this is the way to end.
        outputs.check_any(video.damage, video, excerpt)
    outputs.write_page(video.damage, model=classifier.bundle.id)
    for line in outputs.lines(video.damage):
        say(line)
    if video.damage.frames or video.damage.ended or outputs.timeline.unread:
        raise typer.Exit(DONE_WITH_FINDINGS)


def _excerpt(every: str, start: str, end: str | None) -> Excerpt:
    from emotion_classifier.video.frames import Excerpt

    seconds, step = 0.0, 1
    if every.endswith("s") and _CLOCK.fullmatch(every) and ":" not in every:
        seconds = float(every[:-1])
    elif every.isdecimal() and int(every) > 0:
        step = int(every)
    elif _NUMBER.fullmatch(every) and float(every) > 0:
        raise typer.BadParameter(
            f"{every} is not a whole number of frames. For seconds, write {every}s.", param_hint="--every"
        )
    else:
        raise typer.BadParameter(
            f"{every} is neither a number of frames, such as 5, nor of seconds, such as 0.5s.",
            param_hint="--every",
        )
    begin = _seconds(start, "--from")
    stop = math.inf if end is None else _seconds(end, "--to")
    if stop <= begin:
        raise typer.BadParameter(f"{end} is not after the beginning, {start}.", param_hint="--to")
    return Excerpt(start=begin, end=stop, every=seconds, step=step)


def _seconds(text: str, option: str) -> float:
    """Read 90, 90.5, 1:30 or 0:01:30."""
    found = _CLOCK.fullmatch(text.strip())
    if not found:
        raise typer.BadParameter(f"{text} is not a time; write 90, 1:30 or 0:01:30.", param_hint=option)
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    if (found[2] and seconds >= 60) or (found[1] and minutes >= 60):
        raise typer.BadParameter(
            f"{text} has a part of 60 or more after a colon; write 90, 1:30 or 0:01:30.", param_hint=option
        )
    return 3600 * hours + 60 * minutes + seconds
