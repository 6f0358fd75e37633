"""Where `watch` puts what it reads: standard output, tables, a video, a page, and its closing lines."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape

from emotion_classifier.cli.output import (
    check_out,
    check_table,
    named,
    naming,
    reader_may_leave,
    refuse_media,
)
from emotion_classifier.cli.photo_progress import PhotoProgress
from emotion_classifier.cli.reading_results import LABEL_COLOURS
from emotion_classifier.errors import EmotionClassifierError, VideoError
from emotion_classifier.files import STANDARD_OUTPUT
from emotion_classifier.report.html_page import load_template
from emotion_classifier.report.readings_table import csv_table, parquet_table
from emotion_classifier.report.video_page import write_video_page
from emotion_classifier.text import clock_time, counted, fixed, in_one_line
from emotion_classifier.video import FrameReading, Video
from emotion_classifier.video.frames import Damage, Excerpt
from emotion_classifier.video.overlay import ENCODERS, overlay
from emotion_classifier.video.read import COLUMNS
from emotion_classifier.video.timeline import Timeline

_SHORT = 3.0  # seconds of video that are read before anyone asks how far it is


@dataclass(frozen=True, kw_only=True)
class WatchOptions:
    """What was asked for; the parameters are the options of `watch`."""

    source: str
    as_json: bool
    out: Path | None
    csv: Path | None
    parquet: Path | None
    html: Path | None


class WatchOutputs:
    """All that the frames of a video go to. Files are there, whole, when the block ends, and not if it fails.

    Parameters
    ----------
    options : WatchOptions

    Attributes
    ----------
    timeline : Timeline

    Raises
    ------
    typer.BadParameter, MissingExtraError
        If a file cannot be written where it is to go.
    """

    def __init__(self, options: WatchOptions) -> None:
        self._options = options
        taken: dict[Path, str] = {}
        for option, file in self._files().items():
            if file and (other := taken.setdefault(file.resolve(), option)) != option:
                raise typer.BadParameter(
                    f"{other} and {option} name the same file, {file}. Name another.", param_hint=option
                )
            if file and file.exists() and Path(options.source).exists() and file.samefile(options.source):
                raise typer.BadParameter(f"{file} is the video itself. Name another file.", param_hint=option)
            if option in ("--csv", "--parquet"):
                check_table(option, file, as_json=options.as_json)
                continue
            if file and option == "--html":
                refuse_media(option, file)
            check_out(file, option=option)
        if options.out and options.out.suffix.lower() not in ENCODERS:
            raise typer.BadParameter(
                f"A video's name ends in {', '.join(ENCODERS)}; {options.out.name} does not.",
                param_hint="--out",
            )
        if options.html:
            load_template("video.html")  # What it needs is missed now, and not after hours.
        self.timeline = Timeline()
        self._told: dict[int, str] = {}
        self._people = Console(highlight=False)
        self._printed = sys.stdout is not None and (options.as_json or not any(self._files().values()))
        self._wants_files = any(file and file != STANDARD_OUTPUT for file in self._files().values())
        self._writers: list[Callable[[FrameReading], None]] = []
        self._progress: PhotoProgress | None = None
        self._start = 0.0

    def _files(self) -> dict[str, Path | None]:
        asked = self._options
        return {"--out": asked.out, "--csv": asked.csv, "--parquet": asked.parquet, "--html": asked.html}

    @contextmanager
    def open(self, video: Video, excerpt: Excerpt) -> Iterator[None]:
        """Open the files, and say how far the reading is where that disturbs nothing that is printed."""
        asked = self._options
        with ExitStack() as stack:
            outputs: list[ExitStack] = []

            def add(path: Path, writer: AbstractContextManager[Callable[[FrameReading], None]]) -> None:
                output = stack.enter_context(ExitStack())
                outputs.append(output)
                self._writers.append(output.enter_context(named(path, writer)))

            for path, table in ((asked.csv, csv_table), (asked.parquet, parquet_table)):
                if path:
                    add(path, table(path, columns=COLUMNS, rows=FrameReading.table_rows))
            if asked.out:
                rate = 1 / excerpt.every if excerpt.every else (video.rate or 30.0) / excerpt.step
                add(asked.out, overlay(asked.out, rate=rate))
            end = min(excerpt.end, math.inf if video.duration is None else video.duration)
            self._start = excerpt.start
            console = Console(stderr=True, highlight=False)
            prints = self._printed or asked.csv == STANDARD_OUTPUT
            shared = prints and console.is_terminal and sys.stdout.isatty()
            console.quiet = shared or not _SHORT < end - excerpt.start < math.inf
            total = 0 if console.quiet else math.ceil(end - excerpt.start)
            progress = PhotoProgress(
                console, total, title="reading", what="second of video", many="seconds of video"
            )
            self._progress = stack.enter_context(progress)
            yield
            # Each on its own: what one of them lacks, such as room on its disk, does not cost the others.
            failed = [error for output in outputs if (error := _closed(output))]
            if failed:
                raise failed[0]

    def take(self, frame: FrameReading) -> None:
        """Take in what came of a frame."""
        self.timeline.add(frame)
        for write in self._writers:
            with reader_may_leave(files=self._wants_files):
                write(frame)
        if self._progress:
            self._progress.reach(int(frame.time - self._start))
        if not self._printed:
            return
        with reader_may_leave(files=self._wants_files), naming(STANDARD_OUTPUT):
            if self._options.as_json:
                sys.stdout.write(json.dumps(frame.to_dict()) + "\n")
            else:
                self._tell_changes(frame)
            sys.stdout.flush()

    def check_any(self, damage: Damage, video: Video, excerpt: Excerpt) -> None:
        """Refuse to write files of nothing.

        Raises
        ------
        VideoError
            If there was not a single frame.
        """
        if self.timeline.frames:
            return
        if why := " ".join(damage.lines()):
            raise VideoError(f"No frame of {video.name} could be read: {why}")
        if video.duration is not None and excerpt.start > 0:
            length = clock_time(video.duration, tenths=True)
            raise VideoError(
                f"{video.name} has no frame after {clock_time(excerpt.start, tenths=True)}: it lasts {length}. "
                "Give an earlier --from."
            )
        raise VideoError(f"{video.name} has no frame where it was asked for. Check --from and --to.")

    def write_page(self, damage: Damage, *, model: str) -> None:
        """Write the page, when the other files are there."""
        if self._options.html:
            title = Path(self._options.source).name
            write_video_page(
                self.timeline, self._options.html, title=title, model=model, damage=list(damage.lines())
            )

    def lines(self, damage: Damage) -> Iterator[str]:
        """Say what came of it."""
        found = self.timeline
        readings = sum(found.readings.values())
        labels = ", ".join(f"{number:,} {label}" for label, number in found.readings.most_common())
        yield (
            f"{counted(found.frames, 'frame')} from {clock_time(found.start, tenths=True)} to "
            f"{clock_time(found.end, tenths=True)}, {counted(found.scenes, 'scene')}, "
            f"{counted(found.tracks, 'face')} followed."
        )
        if readings:
            yield f"{counted(readings, 'reading')}: {labels}."
        if found.without:
            yield f"{counted(found.without, 'frame')} without a face."
        if found.unread:
            yield f"{counted(found.unread, 'frame')} could not be read: {found.problem}"
        yield from damage.lines()
        yield from (f"Wrote {file}." for file in self._files().values() if file and file != STANDARD_OUTPUT)

    def _tell_changes(self, frame: FrameReading) -> None:
        """Print a line for each face that is new or has another label."""
        for each in frame.readings:
            if self._told.get(each.track) == each.label:
                continue
            self._told[each.track] = each.label
            why = (
                f" ({in_one_line(each.raw.reason)})" if each.label == "uncertain" and each.raw.reason else ""
            )
            degree = fixed(each.degree, 2, signed=True, minus="-")
            colour = LABEL_COLOURS[each.label]
            self._people.print(
                f"{clock_time(frame.time, tenths=True)}  face {each.track}: [{colour}]{each.label}[/{colour}]"
                f"{escape(why)}, degree {degree}",
                soft_wrap=True,
            )
        if len(self._told) > 1000:  # Hours of passers-by: who is gone comes back under another number.
            self._told = {each.track: each.label for each in frame.readings}


def _closed(output: ExitStack) -> Exception | None:
    """Complete a file; return why it could not be."""
    try:
        output.close()
    except EmotionClassifierError as error:
        return error
    return None
