"""Which face of a frame is which face of the frames before.

A face is expected where it was, moved on at its last speed, and taken to be the one that is closest to that place and
looks most like it did. One that is not seen keeps its track for a second, so that who turns away or is hidden comes
back as the same. It is the scheme of SORT (Bewley et al. 2016) for a handful of faces and a detector that reports few
false ones: no Kalman filter, and no second round for doubtful boxes. See docs/decisions/0016.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from PIL import Image

from emotion_classifier.faces.face import Box, overlap

_KEPT = 1.0  # seconds that a face may be out of sight, where frames are closer than that
# Reach, in sides of the box, of a face that was just seen, and how it grows with each second out of sight.
_REACH, _REACH_A_SECOND, _FARTHEST = 0.6, 1.5, 1.5
_SIZES = 1.8  # ratio of the sides of two boxes from which they are not of one face
_SLOWED = 0.25  # seconds after which a face out of sight is no longer taken to move on
_NEWS = 0.5  # share of the last step in a track's speed
_COLOURS = 6  # squares a side in which the colours of a face are compared
_UNLIKE = 0.30  # mean difference of colours, of 1, from which two faces are not one
_COLOUR_WEIGHT = 2.0
_COLOUR_NEWS = 0.2
_APART = 0.05  # overlap with another face from which colours are not to be trusted

Colours = npt.NDArray[np.float64]


@dataclass
class _Track:
    """A face that is followed: where it was last, how it moves (centre, pixels a second), and its colours."""

    number: int
    box: Box
    time: float
    colours: Colours
    speed: tuple[float, float] = field(default=(0.0, 0.0))

    def expected(self, time: float) -> Box:
        x, y, width, height = self.box
        ahead = min(time - self.time, _SLOWED)
        return x + self.speed[0] * ahead, y + self.speed[1] * ahead, width, height

    def move(self, box: Box, time: float, colours: Colours, *, apart: bool) -> None:
        step = max(time - self.time, 1e-3)
        then, now = _centre(self.box), _centre(box)
        self.speed = (
            (1 - _NEWS) * self.speed[0] + _NEWS * (now[0] - then[0]) / step,
            (1 - _NEWS) * self.speed[1] + _NEWS * (now[1] - then[1]) / step,
        )
        if apart:
            self.colours = (1 - _COLOUR_NEWS) * self.colours + _COLOUR_NEWS * colours
        self.box, self.time = box, time


class FaceTracker:
    """Give every face of a video the number of its track.

    Parameters
    ----------
    step : float
        Seconds between two frames, about; a face is waited for at least until the next one.

    Examples
    --------
    >>> tracker, photo = FaceTracker(), Image.new("RGB", (200, 100))
    >>> tracker.follow(photo, [(10, 10, 40, 40), (120, 10, 40, 40)], time=0.0, scene=0)
    [1, 2]
    >>> tracker.follow(photo, [(118, 12, 40, 40), (14, 10, 40, 40)], time=0.1, scene=0)
    [2, 1]
    >>> tracker.follow(photo, [(14, 10, 40, 40)], time=0.2, scene=1)  # After a cut nobody is the same.
    [3]
    """

    def __init__(self, step: float = 0.0) -> None:
        self._next = 1
        self.kept = max(_KEPT, 1.5 * step)
        self._scene = 0
        self._tracks: list[_Track] = []

    def follow(self, photo: Image.Image, boxes: Sequence[Box], *, time: float, scene: int) -> list[int]:
        """Return the track of each box.

        Parameters
        ----------
        photo : PIL image
            The frame, RGB.
        boxes : sequence of four floats
            x, y, width and height of the faces found in it.
        time : float
            Seconds, later than that of the frame before.
        scene : int
            Cuts so far; tracks end at a cut.
        """
        if scene != self._scene:
            self._scene, self._tracks = scene, []
        self._tracks = [track for track in self._tracks if time - track.time <= self.kept]
        colours = [_colours(photo, box) for box in boxes]
        numbers = [0] * len(boxes)
        free = list(self._tracks)
        for _, track, place in self._pairs(free, boxes, colours, time):
            if numbers[place] or track not in free:
                continue
            free.remove(track)
            numbers[place] = track.number
            others = [box for other, box in enumerate(boxes) if other != place]
            apart = all(overlap(boxes[place], box) < _APART for box in others)
            track.move(boxes[place], time, colours[place], apart=apart)
        for place, number in enumerate(numbers):
            if not number:
                numbers[place] = self._next
                self._tracks.append(_Track(self._next, boxes[place], time, colours[place]))
                self._next += 1
        return numbers

    def _pairs(
        self, tracks: Sequence[_Track], boxes: Sequence[Box], colours: Sequence[Colours], time: float
    ) -> list[tuple[float, _Track, int]]:
        """Return the pairs of a track and a face that may belong together, the closest first."""
        pairs = [
            (cost, track, place)
            for track in tracks
            for place, box in enumerate(boxes)
            if (cost := _cost(track, box, colours[place], time)) < math.inf
        ]
        return sorted(pairs, key=lambda pair: (pair[0], pair[1].number))


def _cost(track: _Track, box: Box, colours: Colours, time: float) -> float:
    """How far a face is from where a track is expected, in sides of the box, and how unlike; infinite: not the same."""
    expected = track.expected(time)
    sides = _side(expected), _side(box)
    if max(sides) > _SIZES * min(sides):
        return math.inf
    distance = math.dist(_centre(expected), _centre(box)) / max(sides)
    reach = min(_REACH + _REACH_A_SECOND * (time - track.time), _FARTHEST)
    unlike = float(np.abs(track.colours - colours).mean())
    if distance > reach or unlike > _UNLIKE:
        return math.inf
    return distance + _COLOUR_WEIGHT * unlike


def _colours(photo: Image.Image, box: Box) -> Colours:
    """Shrink a face to a few squares of colour, 0 to 1: enough to tell two people beside each other apart."""
    x, y, width, height = box
    left, top = min(max(x, 0), photo.width - 1), min(max(y, 0), photo.height - 1)
    area = (
        left,
        top,
        max(min(x + width, photo.width), left + 1),
        max(min(y + height, photo.height), top + 1),
    )
    small = photo.resize((_COLOURS, _COLOURS), Image.Resampling.BOX, box=area)
    return np.asarray(small, np.float64) / 255


def _centre(box: Box) -> tuple[float, float]:
    return box[0] + box[2] / 2, box[1] + box[3] / 2


def _side(box: Box) -> float:
    return max(math.sqrt(box[2] * box[3]), 1.0)
