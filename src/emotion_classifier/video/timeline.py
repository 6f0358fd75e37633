"""A summary of a whole video in bounded memory: for each face a curve, times and counts."""

from __future__ import annotations

import io
import math
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median

import numpy as np
import numpy.typing as npt
from PIL import Image

from emotion_classifier.reading import NO_FACE
from emotion_classifier.video.read import FrameReading, TrackedReading

_MOST_POINTS = 400  # of a curve: about a pixel each on a page
_MOST_FACES = 60
_PORTRAIT = 72  # sides of the small picture, pixels
_ROOM = 0.35  # around the face in it, in sides of its box
_LARGER = 1.5  # a face has to be so much larger than in the picture that is kept, to be worth another one
_GONE = 2.0  # seconds out of sight after which a face may be forgotten
_FIRST = 1 / 30  # seconds for which a video's first frame counts, before there is another
_RECENT = 101  # steps between frames, whose median is how long a frame usually lasts


@dataclass
class Point:
    """The readings of a stretch of time, merged.

    Parameters
    ----------
    time : float
        Seconds, the mean.
    degree : float
        Smoothed, the mean.
    low, high : float
        Of the raw degrees.
    labels : Counter
        Readings by label.
    first, last : float
        Times of the first and the last reading.
    """

    time: float
    degree: float
    low: float
    high: float
    labels: Counter[str]
    first: float
    last: float
    number: int = 1

    @classmethod
    def of(cls, reading: TrackedReading, time: float) -> Point:
        """Make a point of one reading."""
        raw = reading.raw.degree
        return cls(time, reading.degree, raw, raw, Counter([reading.label]), time, time)

    def add(self, other: Point) -> None:
        """Merge in the point that comes next."""
        number = self.number + other.number
        self.time = (self.time * self.number + other.time * other.number) / number
        self.degree = (self.degree * self.number + other.degree * other.number) / number
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)
        self.labels += other.labels
        self.last, self.number = other.last, number


@dataclass
class TrackCurve:
    """One face over time, in at most 400 points: where there are more, neighbours are merged.

    Attributes
    ----------
    track : int
    points : list of Point
    seconds : dict of str to float
        How long each label was held.
    portrait : bytes
        A small picture of the face, WEBP.
    """

    track: int
    points: list[Point] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    portrait: bytes = b""
    _width: float = 0.0
    _area: float = 0.0

    @property
    def first(self) -> float:
        """Time of the first reading."""
        return self.points[0].first

    @property
    def last(self) -> float:
        """Time of the last reading."""
        return self.points[-1].last

    @property
    def degree(self) -> float:
        """Mean of the smoothed degree over the readings."""
        number = sum(point.number for point in self.points)
        return sum(point.degree * point.number for point in self.points) / number

    @property
    def shares(self) -> dict[str, float]:
        """Share of the time that each label was held, 0 to 1."""
        whole = sum(self.seconds.values()) or 1.0
        return {label: seconds / whole for label, seconds in self.seconds.items()}

    def add(self, reading: TrackedReading, time: float, pixels: npt.NDArray[np.uint8], step: float) -> None:
        """Take in a reading; `step` is how long its frame counts, in seconds."""
        self.seconds[reading.label] = self.seconds.get(reading.label, 0.0) + step
        self._append(self.points, Point.of(reading, time))
        if len(self.points) > _MOST_POINTS:
            self._width = max(2 * self._width, 2 * (self.last - self.first) / _MOST_POINTS)
            fewer: list[Point] = []
            for point in self.points:
                self._append(fewer, point)
            # Readings far apart, of a face that keeps coming back, are not within one width of each other.
            self.points = fewer if len(fewer) <= _MOST_POINTS else _halved(fewer)
        area = reading.raw.box[2] * reading.raw.box[3]
        if area > _LARGER * self._area:
            self._area, self.portrait = area, _portrait(pixels, reading.raw.box)

    def _append(self, points: list[Point], point: Point) -> None:
        if points and point.last - points[-1].first < self._width:
            points[-1].add(point)
        else:
            points.append(point)

    def pieces(self, gap: float) -> Iterator[list[Point]]:
        """Part the curve where the face was not seen for longer than `gap` seconds."""
        piece: list[Point] = []
        for point in self.points:
            if piece and point.first - piece[-1].last > gap:
                yield piece
                piece = []
            piece.append(point)
        if piece:
            yield piece


def _halved(points: list[Point]) -> list[Point]:
    for first, second in zip(points[::2], points[1::2], strict=False):
        first.add(second)
    return points[::2]


@dataclass
class Timeline:
    """What came of a video: numbers of everything, and curves of the faces that were seen the longest.

    Attributes
    ----------
    frames, without : int
        Frames that were read; those without a face.
    unread : int
        Frames that could not be read.
    problem : str or None
        Why the first of them could not.
    tracks : int
        Faces followed, each as often as it came anew.
    scenes : int
        Parts between cuts.
    readings : Counter
        Readings by label.
    start, end : float
        Times of the first and the last frame.
    step : float
        Seconds from one frame that was read to the next, the mean.
    """

    frames: int = 0
    without: int = 0
    unread: int = 0
    problem: str | None = None
    tracks: int = 0
    scenes: int = 0
    readings: Counter[str] = field(default_factory=Counter)
    start: float = 0.0
    end: float = 0.0
    _curves: dict[int, TrackCurve] = field(default_factory=dict)
    _scene: int = -1
    _steps: deque[float] = field(default_factory=lambda: deque(maxlen=_RECENT))

    def add(self, frame: FrameReading) -> None:
        """Take in what came of a frame."""
        if not self.frames:
            self.start = self.end = frame.time
        step = self._lasted(frame.time - self.end)
        self.frames, self.end = self.frames + 1, frame.time
        self.scenes += frame.frame.scene != self._scene
        self._scene = frame.frame.scene
        if frame.reason == NO_FACE:
            self.without += 1
        elif frame.reason:
            self.unread += 1
            self.problem = self.problem or frame.reason
        for reading in frame.readings:
            self.readings[reading.label] += 1
            if reading.track not in self._curves:
                self.tracks += 1
                self._curves[reading.track] = TrackCurve(reading.track)
            self._curves[reading.track].add(reading, frame.time, frame.frame.pixels, step)
        if len(self._curves) > 2 * _MOST_FACES:
            self._drop(frame.time)

    @property
    def step(self) -> float:
        """Mean time between two frames, seconds."""
        return (self.end - self.start) / (self.frames - 1) if self.frames > 1 else 0.0

    def _lasted(self, since: float) -> float:
        """Return how long a frame counts, in seconds: no longer than is usual, so that a gap is nobody's."""
        if since > 0:
            self._steps.append(since)
        return min(since or math.inf, median(self._steps)) if self._steps else _FIRST

    def curves(self) -> list[TrackCurve]:
        """Return the curves of the faces seen the longest, at most 60, in the order in which they came."""
        kept = sorted(self._curves.values(), key=_seen)[-_MOST_FACES:]
        return sorted(kept, key=lambda curve: curve.track)

    def _drop(self, now: float) -> None:
        """Forget faces that are gone and were seen for the shortest time."""
        gone = [curve for curve in self._curves.values() if now - curve.last > _GONE]
        for curve in sorted(gone, key=_seen)[: len(self._curves) - _MOST_FACES]:
            del self._curves[curve.track]


def _seen(curve: TrackCurve) -> float:
    return sum(curve.seconds.values())


def _portrait(pixels: npt.NDArray[np.uint8], box: tuple[float, float, float, float]) -> bytes:
    x, y, width, height = box
    side = max(width, height) * (1 + 2 * _ROOM)
    left, top = x + width / 2 - side / 2, y + height / 2 - side / 2
    area = (round(left), round(top), round(left + side), round(top + side))
    file = io.BytesIO()
    small = Image.fromarray(pixels).crop(area).resize((_PORTRAIT, _PORTRAIT), Image.Resampling.BILINEAR)
    small.save(file, "WEBP", quality=70, method=1)
    return file.getvalue()
