"""Every face of every frame, followed over time: the raw reading, and what is steady of it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from PIL import Image

from emotion_classifier.drawing import COLOURS, Mark, draw_marks
from emotion_classifier.model.bundle import ScaleParameters
from emotion_classifier.model.scale import Grade, Label
from emotion_classifier.photo.clear import SMOOTHED, SPREAD_OUT
from emotion_classifier.reading import NO_FACE, PhotoReading, Reading
from emotion_classifier.text import fixed
from emotion_classifier.video.frames import Excerpt, Frame, Video, open_video
from emotion_classifier.video.smoothing import SteadyFace
from emotion_classifier.video.tracking import FaceTracker

if TYPE_CHECKING:
    from emotion_classifier.classifier import EmotionClassifier

_TOGETHER = 8  # frames of a file whose faces go through the network together
_SIGNS: dict[Label, str] = {"happy": "+", "neutral": "0", "sad": "-", "other": "*", "uncertain": "?"}
COLUMNS: tuple[str, ...] = (
    *("time", "frame", "scene", "track", "main", "x", "y", "width", "height", "label", "degree", "grade"),
    *("raw_label", "raw_degree", "raw_grade", "leaning", "happy", "neutral", "sad", "other", "p_happy"),
    *("reason", "score", "model", "note"),
)
"""Of a video's table, a row for each face of each frame; those of `to_frame` mean the same."""


@dataclass(frozen=True, kw_only=True)
class VideoOptions:
    """How a video is read.

    Parameters
    ----------
    excerpt : Excerpt
        Which frames.
    hold : float
        Seconds for which another label has to be read without a break before a face gets it.
    workers : int
        Frames that are read at the same time, each on the classifier's threads; a camera's are read one by one.

    Raises
    ------
    ValueError
        If `hold` is negative, or `workers` below 1.
    """

    excerpt: Excerpt = field(default_factory=Excerpt)
    hold: float = 0.3
    workers: int = 1

    def __post_init__(self) -> None:
        if self.hold < 0 or self.workers < 1:
            raise ValueError("hold must be 0 seconds or more, and workers 1 or more.")


@dataclass(frozen=True)
class TrackedReading:
    """One face in one frame.

    Parameters
    ----------
    track : int
        Number of the face, the same in all frames up to a cut or until it is gone for more than a second.
    label : str
        The label that holds: steady.
    degree : float
        −1 (sad) to +1 (happy), smoothed over time, within what the label allows.
    grade : str
        Of this label and degree.
    raw : Reading
        This frame's alone.
    """

    track: int
    label: Label
    degree: float
    grade: Grade
    raw: Reading

    def to_dict(self) -> dict[str, Any]:
        """Return the reading as in ``predict --json``, with the steady values; those of the frame are ``raw_…``."""
        raw = self.raw.to_dict()
        steady = {
            "track": self.track,
            "label": self.label,
            "degree": round(self.degree, 4),
            "grade": self.grade,
        }
        return {**raw, **steady, **{f"raw_{name}": raw[name] for name in ("label", "degree", "grade")}}

    def mark(self) -> Mark:
        """Return the box and the words to draw."""
        # A hyphen: Pillow's built-in font has no minus sign.
        degree = fixed(self.degree, 2, signed=True, minus="-")
        short = f"{self.track} {_SIGNS[self.label]}"
        outlined = not self.raw.whole_photo
        text = f"{self.track}: {self.label} {degree}"
        return Mark(self.raw.box, text, COLOURS[self.label], short, outlined=outlined)


@dataclass(frozen=True)
class FrameReading:
    """Every face of one frame.

    Parameters
    ----------
    frame : Frame
        With its time and pixels.
    readings : tuple of TrackedReading
        Largest face first.
    reason : str or None
        "no face found", or why the frame could not be read.
    note : str or None
        See `PhotoReading`.
    """

    frame: Frame
    readings: tuple[TrackedReading, ...] = ()
    reason: str | None = None
    note: str | None = None

    @property
    def time(self) -> float:
        """Seconds since the first frame of the video."""
        return self.frame.time

    def to_dict(self) -> dict[str, Any]:
        """Return the line that ``watch --json`` prints."""
        return {
            **self._place(),
            "readings": [each.to_dict() for each in self.readings],
            "reason": self.reason,
            "note": self.note,
        }

    def table_rows(self) -> list[dict[str, Any]]:
        """Return rows by the names of `COLUMNS`: one for each face, or one with the reason for a frame without."""
        place = {**self._place(), "note": self.note}
        if not self.readings:
            return [{**place, "main": False, "reason": self.reason}]
        rows = []
        for each in self.readings:
            plain = each.to_dict()
            box = dict(zip(("x", "y", "width", "height"), plain.pop("box"), strict=True))
            rows.append({**place, **box, **plain.pop("probabilities"), **plain})
        return rows

    def plot(self) -> Image.Image:
        """Draw boxes, the numbers of the faces, labels and smoothed degrees on the frame."""
        return draw_marks(self.frame.pixels, [each.mark() for each in self.readings])

    def _place(self) -> dict[str, Any]:
        return {"time": round(self.frame.time, 3), "frame": self.frame.index, "scene": self.frame.scene}


def read_video(
    source: Video | str | os.PathLike[str] | int,
    classifier: EmotionClassifier,
    *,
    options: VideoOptions | None = None,
) -> Iterator[FrameReading]:
    """Read the faces of a video, frame by frame, in constant memory.

    Parameters
    ----------
    source : Video, str, Path or int
        What `open_video` takes, or gives; what it gives says afterwards which frames were damaged.
    classifier : EmotionClassifier
    options : VideoOptions or None

    Yields
    ------
    FrameReading
        For every frame wanted, those without a face too.

    Raises
    ------
    VideoError
        If it cannot be opened.
    MissingExtraError
        If PyAV is not installed.

    Examples
    --------
    >>> from emotion_classifier import EmotionClassifier  # doctest: +SKIP
    >>> for frame in read_video("talk.mp4", EmotionClassifier()):  # doctest: +SKIP
    ...     print(frame.time, [(face.track, face.label, face.degree) for face in frame.readings])
    """
    options = VideoOptions() if options is None else options
    if isinstance(source, Video):
        yield from _read(source, classifier, options)
        return
    with open_video(source) as video:
        yield from _read(video, classifier, options)


def _read(video: Video, classifier: EmotionClassifier, options: VideoOptions) -> Iterator[FrameReading]:
    excerpt = options.excerpt
    step = max(excerpt.every, excerpt.step / video.rate if video.rate else 0.0)
    faces = _Faces(classifier.bundle.config.scale, options.hold, FaceTracker(step))
    frames = video.frames(excerpt)
    # Who watches a camera waits for no further frame.
    together, workers = (1, 1) if video.live else (_TOGETHER, options.workers)
    for frame, picture, photo in _predicted(frames, classifier, together, workers):
        yield faces.take(frame, picture, photo)


def _predicted(
    frames: Iterable[Frame], classifier: EmotionClassifier, together: int, workers: int
) -> Iterator[tuple[Frame, Image.Image, PhotoReading]]:
    """Read frames a few at a time, in order, on several threads; the networks leave Python's lock alone."""

    def predict(chunk: list[Frame]) -> list[tuple[Frame, Image.Image, PhotoReading]]:
        # As pictures: an array could have red and blue exchanged, which would be looked into every time.
        pictures = [Image.fromarray(frame.pixels) for frame in chunk]
        return list(zip(chunk, pictures, classifier.predict_many(pictures), strict=True))

    frames = iter(frames)
    if workers == 1:
        while chunk := list(islice(frames, together)):
            yield from predict(chunk)
        return
    waiting: deque[Future[list[tuple[Frame, Image.Image, PhotoReading]]]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        while True:
            chunk = list(islice(frames, together))
            if chunk:
                waiting.append(pool.submit(predict, chunk))
            if not waiting:
                return
            if len(waiting) > workers or not chunk:
                yield from waiting.popleft().result()


class _Faces:
    """The tracks of a video, and what is steady of each."""

    def __init__(self, scale: ScaleParameters, hold: float, tracker: FaceTracker) -> None:
        self._scale, self._hold, self._tracker = scale, hold, tracker
        self._steady: dict[int, SteadyFace] = {}
        self._seen: dict[int, float] = {}

    def take(self, frame: Frame, picture: Image.Image, photo: PhotoReading) -> FrameReading:
        boxes = [reading.box for reading in photo.readings]
        tracks = self._tracker.follow(picture, boxes, time=frame.time, scene=frame.scene)
        readings = tuple(
            self._reading(track, reading, frame.time)
            for track, reading in zip(tracks, photo.readings, strict=True)
        )
        # A track that was not seen for as long begins anew as another one; what is steady of it goes.
        forgotten = frame.time - 2 * self._tracker.kept
        for number in [n for n, time in self._seen.items() if time < forgotten]:
            del self._steady[number], self._seen[number]
        return FrameReading(frame, readings, photo.reason or (None if readings else NO_FACE), _note(photo))

    def _reading(self, track: int, raw: Reading, time: float) -> TrackedReading:
        if track not in self._steady:
            self._steady[track] = SteadyFace(self._scale, self._hold)
        label, degree, grade = self._steady[track](raw, time)
        self._seen[track] = time
        return TrackedReading(track, label, degree, grade, raw)


def _note(photo: PhotoReading) -> str | None:
    """Leave out how a frame was read, which may change from frame to frame and says nothing of the video."""
    notes = (photo.note or "").split("; ")
    return "; ".join(each for each in notes if each not in ("", SPREAD_OUT, SMOOTHED)) or None
