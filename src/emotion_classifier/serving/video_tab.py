"""The video of one open page: read into a folder of its own, which is removed with the page."""

from __future__ import annotations

import secrets
import shutil
import tempfile
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from emotion_classifier.errors import VideoError
from emotion_classifier.photo.decoding import is_picture
from emotion_classifier.photo.file_kinds import file_kind
from emotion_classifier.serving.texts import Texts
from emotion_classifier.text import clock_time, time_in_words

if TYPE_CHECKING:
    from emotion_classifier.serving.gallery import Classifier
    from emotion_classifier.video import Video
    from emotion_classifier.video.timeline import Timeline

MAX_SECONDS = 300.0
MAX_BYTES = 500_000_000
"""Of one video."""
MAX_KEPT_BYTES = 2_000_000_000
"""What came of the videos of all pages, on disk."""
_RATE = 30.0  # frames a second that are read at most
_HEAD = 512
_SAY_EVERY = 0.25  # seconds; also how soon a reading that nobody waits for any more ends
_SPARE = 0.5  # seconds by which a video may be longer than it should be, since lengths are rounded


@dataclass(frozen=True)
class Progress:
    """How far a reading is.

    Parameters
    ----------
    time : float
        Seconds of the video that were read.
    whole : float or None
        Seconds there are, where the file says so.
    left : float or None
        Seconds for which the reading will go on, about.
    """

    time: float
    whole: float | None
    left: float | None

    def words(self, say: Texts) -> str:
        """Say how far it is, in the language of the page."""
        at = clock_time(self.time)
        if self.whole is None or self.left is None:
            return say("video.reading", at=at)
        return say(
            "video.reading_of", at=at, whole=clock_time(self.whole + 0.5), left=time_in_words(self.left)
        )


class Clip:
    """A video that was given, and what came of it; its folder goes when nothing refers to the clip.

    Parameters
    ----------
    name : str
        What the user calls the video; never a path.
    folder : Path
        In which it gets a folder of its own.

    Attributes
    ----------
    given, boxes, table, page : Path
        The video; that with boxes; the CSV table; the page that ``watch --html`` writes.
    timeline : Timeline
        Of the faces, once it was read.
    notes : list of str
        What of it could not be read.
    remove : callable
        Removes the folder at once.
    """

    timeline: Timeline

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.token = secrets.token_urlsafe(18)
        self.folder = Path(tempfile.mkdtemp(prefix="video-", dir=folder))
        self.remove = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self.given = self.folder / "given"
        self.boxes, self.table, self.page = (
            self.folder / name for name in ("boxes.mp4", "timeline.csv", "page.html")
        )
        self.notes: list[str] = []

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(path.stat().st_size for path in self.folder.iterdir())

    def read(
        self,
        classifier: Classifier,
        say: Texts,
        *,
        seconds: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> Iterator[Progress]:
        """Read the video; it is deleted when it was read, and so is what was written if the reading ends early.

        Parameters
        ----------
        classifier : EmotionClassifier
        say : Texts
        seconds : float or None
            Its length, for a file that does not say it, as a browser's recordings do not.
        clock : callable
            Seconds, from any beginning.

        Raises
        ------
        VideoError
            If it is not a video that can be read here.
        MissingExtraError
            If PyAV is not installed.
        """
        from emotion_classifier.report.video_page import write_video_page
        from emotion_classifier.video import open_video

        try:
            self._check_kind(say)
            try:
                video = open_video(self.given, untrusted=True)
            except VideoError as error:
                # It has a name of ours here; a sentence is about the file as its owner knows it.
                raise VideoError(self._named(str(error))) from error
            with video:
                yield from self._frames(video, classifier, say, seconds, clock)
                self.notes = [self._named(line) for line in video.damage.lines()]
                if video.duration is None and self.timeline.end > MAX_SECONDS:
                    self.notes.append(say("video.first", limit=clock_time(MAX_SECONDS)))
        finally:
            self.given.unlink(missing_ok=True)
        if self.timeline.unread:
            self.notes.append(
                say("video.unread", n=f"{self.timeline.unread:,}", why=str(self.timeline.problem))
            )
        write_video_page(
            self.timeline, self.page, title=self.name, model=classifier.bundle.id, damage=self.notes
        )

    def _check_kind(self, say: Texts) -> None:
        """Refuse what is no video before FFmpeg looks at it."""
        with self.given.open("rb") as file:
            head = file.read(_HEAD)
        if self.given.stat().st_size > MAX_BYTES:
            raise VideoError(say("video.large", limit=MAX_BYTES // 10**6))
        if is_picture(head) and not head.startswith(b"GIF8"):
            raise VideoError(say("video.photo", name=self.name))
        kind = file_kind(head, self.name)
        if kind == "empty":
            raise VideoError(say("video.empty", name=self.name))
        if kind == "sound" and not head.startswith(b"OggS"):  # Ogg holds either.
            raise VideoError(say("video.sound", name=self.name))
        if kind not in ("video", "sound", "other") and not is_picture(head):
            raise VideoError(say("video.no_video", name=self.name))

    def _frames(
        self,
        video: Video,
        classifier: Classifier,
        say: Texts,
        seconds: float | None,
        clock: Callable[[], float],
    ) -> Iterator[Progress]:
        from emotion_classifier.report.readings_table import csv_table
        from emotion_classifier.video import FrameReading, VideoOptions, read_video
        from emotion_classifier.video.frames import Excerpt
        from emotion_classifier.video.overlay import overlay
        from emotion_classifier.video.read import COLUMNS
        from emotion_classifier.video.timeline import Timeline

        whole = video.duration or seconds
        if whole and whole > MAX_SECONDS + _SPARE:
            raise VideoError(
                say(
                    "video.long",
                    name=self.name,
                    length=clock_time(whole),
                    limit=clock_time(MAX_SECONDS),
                )
            )
        self.timeline = Timeline()
        # A file that does not say how long it is, or not the truth, is read as far as one may be long.
        options = VideoOptions(excerpt=Excerpt(end=MAX_SECONDS + _SPARE, every=1 / _RATE))
        rate = min(video.rate or _RATE, _RATE)
        began = said = clock()
        with (
            csv_table(self.table, columns=COLUMNS, rows=FrameReading.table_rows) as write,
            overlay(self.boxes, rate=rate) as draw,
        ):
            for frame in read_video(video, cast(Any, classifier), options=options):
                self.timeline.add(frame)
                write(frame)
                draw(frame)
                now = clock()
                if now - said >= _SAY_EVERY:
                    said = now
                    left = (
                        (now - began) / frame.time * max(whole - frame.time, 0)
                        if whole and frame.time
                        else None
                    )
                    yield Progress(frame.time, whole, left)
            if not self.timeline.frames:
                why = " ".join(map(self._named, video.damage.lines()))
                raise VideoError(f"{self.name}: {why}" if why else say("video.no_frames", name=self.name))

    def _named(self, sentence: str) -> str:
        return sentence.replace(str(self.given), self.name)
