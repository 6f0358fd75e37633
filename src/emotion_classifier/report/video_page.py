"""What was read in a video, as one HTML file: a curve of the degree over time for each face."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

from emotion_classifier.model.scale import Label
from emotion_classifier.report.html_page import asset, load_template, picture_uri, write_page
from emotion_classifier.text import clock_time, counted, fixed, whole_percent
from emotion_classifier.video.timeline import Point, Timeline, TrackCurve

_GAP = 1.0  # seconds out of sight, or three steps between frames, from which a curve breaks
_SHARED = 600.0  # seconds of video up to which all faces have one axis of time
_TICKS = 3
_NICE = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
# The drawing's own coordinates: it is stretched to whatever width there is.
_WIDTH, _HEIGHT = 1000.0, 100.0
HOW = (
    "The line is the degree, from −1 (sad) through 0 (neutral) to +1 (happy), smoothed over time; the thin line or "
    "band behind it shows the readings of single frames. The strip below has the colour of the label at that time. The "
    "line breaks where the face was out of sight. A face that is gone for more than a second, or comes back after "
    "a cut, counts as a new one.",
    "An expression is read, never a feeling: a smile may be polite, and a straight face may be anything.",
)


def write_video_page(
    timeline: Timeline, out: Path, *, title: str, model: str, damage: Sequence[str] = ()
) -> None:
    """Write a video's timeline as one HTML file that needs nothing beside it and asks for nothing.

    Parameters
    ----------
    timeline : Timeline
    out : Path
        HTML file to write, in UTF-8.
    title : str
        Name of the video, as its owner knows it.
    model : str
        Id of the bundle.
    damage : sequence of str
        What could not be read, in sentences.

    Raises
    ------
    MissingExtraError
        If Jinja2 is not installed.
    """
    template = load_template("video.html")
    curves = timeline.curves()
    values = {
        "title": title,
        "model": model,
        "frames": counted(timeline.frames, "frame"),
        "span": f"{clock_time(timeline.start, tenths=True)} to {clock_time(timeline.end, tenths=True)}",
        "faces": counted(timeline.tracks, "face"),
        "scenes": counted(timeline.scenes, "scene"),
        "without": timeline.without,
        "damage": list(damage),
        "shown": [_shown(curve, timeline) for curve in curves],
        "left_out": timeline.tracks - len(curves),
        "how": HOW,
    }
    write_page(
        template, values, out, styles=[asset("page.css") + asset("video.css") + asset("video_course.css")]
    )


def draw_courses(
    timeline: Timeline, describe: Callable[[TrackCurve], str]
) -> Iterator[tuple[TrackCurve, str]]:
    """Draw the degree over time of each face as a piece of HTML, for a page that has the style video_course.css.

    Parameters
    ----------
    timeline : Timeline
    describe : callable
        Says what a drawing shows to those who do not see it.

    Yields
    ------
    tuple of TrackCurve and str

    Raises
    ------
    MissingExtraError
        If Jinja2 is not installed.
    """
    template = load_template("video_course.html")
    for curve in timeline.curves():
        face = _shown(curve, timeline) | {"described": describe(curve)}
        yield curve, template.render(face=face)


def _shown(curve: TrackCurve, timeline: Timeline) -> dict[str, Any]:
    step = timeline.step
    # Faces of one talk stand under each other by time; in a long video nothing would be seen of a short stay.
    shared = timeline.end - timeline.start <= _SHARED
    first, last = (timeline.start, timeline.end) if shared else (curve.first, curve.last)
    start, end = first, max(last, first + 1e-3)
    pieces = list(curve.pieces(max(_GAP, 3 * step)))
    shares = curve.shares
    span = f"{clock_time(curve.first, tenths=True)} to {clock_time(curve.last, tenths=True)}"
    mean = fixed(curve.degree, 2, signed=True)
    return {
        "track": curve.track,
        "span": span,
        "mean": mean,
        "portrait": picture_uri(curve.portrait),
        "described": f"Face {curve.track}, {span}: mean degree {mean}",
        "labels": [(label, whole_percent(shares[label])) for label in get_args(Label) if shares.get(label)],
        "lines": [_line(piece, start, end) for piece in pieces],
        "bands": [_band(piece, start, end) for piece in pieces],
        "strip": [strip for piece in pieces for strip in _strip(piece, start, end, step)],
        "ticks": _ticks(start, end),
    }


def _x(time: float, start: float, end: float) -> float:
    return _WIDTH * (time - start) / (end - start)


def _y(degree: float) -> float:
    return _HEIGHT * (1 - degree) / 2


def _places(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def _line(piece: Sequence[Point], start: float, end: float) -> str:
    places = [(_x(point.time, start, end), _y(point.degree)) for point in piece]
    # A single reading would be a line without length, which shows nothing.
    return _places(
        places if len(places) > 1 else [(places[0][0] - 2, places[0][1]), (places[0][0] + 2, places[0][1])]
    )


def _band(piece: Sequence[Point], start: float, end: float) -> str:
    upper = [(_x(point.time, start, end), _y(point.high)) for point in piece]
    lower = [(_x(point.time, start, end), _y(point.low)) for point in piece]
    return _places([*upper, *reversed(lower)])


def _strip(piece: Sequence[Point], start: float, end: float, step: float) -> list[tuple[str, str, str]]:
    """Return label, left edge and width of each stretch with one label."""
    stretches: list[list[Any]] = []
    for point in piece:
        label = point.labels.most_common(1)[0][0]
        if stretches and stretches[-1][0] == label:
            stretches[-1][2] = point.last
            continue
        if stretches:
            stretches[-1][2] = point.first
        stretches.append([label, point.first, point.last])
    stretches[-1][2] = min(stretches[-1][2] + step, end)
    return [
        (
            label,
            f"{_x(left, start, end):.1f}",
            f"{max(_x(right, start, end) - _x(left, start, end), 1.0):.1f}",
        )
        for label, left, right in stretches
    ]


def _ticks(start: float, end: float) -> list[tuple[str, str]]:
    """Return places, in per cent, and words of a few round times."""
    step = next((nice for nice in _NICE if (end - start) / nice <= _TICKS), (end - start) / _TICKS)
    first = math.ceil(start / step - 1e-9)
    times = [number * step for number in range(first, math.floor(end / step + 1e-9) + 1)]
    return [
        (f"{100 * (time - start) / (end - start):.2f}", clock_time(time + 1e-6, tenths=step < 1))
        for time in times
    ]
