"""Where things stand in the plots of a page; the templates draw them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emotion_classifier.evaluation.intervals import Estimate
from emotion_classifier.text import Unit, bare, estimate, fixed, is_percentage, quantity

_MARGIN = 6.0  # per cent of the width left free on both sides, for whiskers' ends and labels
_WIDTH, _HEIGHT = 340.0, 250.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 46.0, 118.0, 12.0, 44.0
_APART = 15.0  # between the names at the ends of lines
_SQUARE, _INSET, _BESIDE = 300.0, 24.0, 62.0  # width of a plane, and what is free at its right and left
_FLOOR = 232.0  # where its lower axis is
_DESCRIBED = 20  # points told to those who do not see a plot; all are in the table below it


@dataclass(frozen=True)
class Axis:
    """A horizontal axis, in per cent of whatever width there is.

    Parameters
    ----------
    low, high : float
        Its ends.
    ticks : tuple of float
    unit : str
        Of the metric.
    """

    low: float
    high: float
    ticks: tuple[float, ...]
    unit: Unit

    def at(self, value: float) -> float:
        """Give the place of a value, 0 to 100."""
        place = min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))
        return round(_MARGIN + (100 - 2 * _MARGIN) * place, 2)

    @property
    def labels(self) -> list[tuple[float, str]]:
        """Places of the ticks and their texts."""
        return [(self.at(tick), text) for tick, text in self.worded]

    @property
    def worded(self) -> list[tuple[float, str]]:
        """The ticks and their texts."""
        step = self.ticks[1] - self.ticks[0] if len(self.ticks) > 1 else 1.0
        shown = step * 100 if is_percentage(self.unit) else step
        places = max(0, -math.floor(math.log10(shown) + 1e-9))
        # A step of 2.5 needs the place after its own.
        places += abs(round(shown, places) - shown) > 1e-9
        # Six times "points" have no room below each other.
        write = bare if self.unit == "points" else quantity
        return [(tick, write(tick, self.unit, digits=places)) for tick in self.ticks]


def fit_axis(estimates: Iterable[Mapping[str, Any] | None], unit: Unit) -> Axis:
    """Choose an axis that holds every value and interval, with three to six round ticks.

    Examples
    --------
    >>> fit_axis([{"value": 0.9, "low": 0.81, "high": 0.97}], "%").labels[0]
    (6.0, '80 %')
    """
    ends = [
        float(estimate[name])
        for estimate in estimates
        if estimate is not None
        for name in ("value", "low", "high")
        if estimate.get(name) is not None and math.isfinite(estimate[name])
    ]
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
    if high - low < 0.02:  # points that agree to the last digit are not to look far apart
        low, high = low - 0.01, high + 0.01
        if unit == "%":
            low, high = max(0.0, low), min(1.0, high)
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(step * place for place in range(first, max(last, first + 1) + 1))
    return Axis(ticks[0], ticks[-1], ticks, unit)


def whisker(axis: Axis, estimate: Mapping[str, Any]) -> dict[str, float | None]:
    """Give the places of a dot and of its interval's ends; None where there is none."""
    return {
        name: None if estimate.get(name) is None else axis.at(estimate[name])
        for name in ("value", "low", "high")
    }


def line_chart(factor: str, curves: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Lay out the mean degree against the strength of the expression, one line per level of a factor.

    Parameters
    ----------
    factor : str
    curves : sequence of mapping
        ``level``, ``expression`` and ``degree`` (equally long, −1 to 1; None or NaN parts a line).

    Returns
    -------
    dict
        Size, grid, and lines with their runs of points, their marks, the name at the end and where it stands.
    """
    lines = [_line(place, curve) for place, curve in enumerate(curves)]
    named = sorted((line for line in lines if line["points"]), key=lambda line: line["points"][-1][1])
    for line, y in zip(named, _spread([line["points"][-1][1] for line in named]), strict=True):
        line["label_y"] = round(y, 1)
    lowest = max((line["label_y"] for line in named), default=0.0) + 10
    return {
        "width": _WIDTH,
        "height": max(_HEIGHT, lowest),
        "left": _LEFT,
        "right": _WIDTH - _RIGHT,
        "top": _TOP,
        "bottom": _HEIGHT - _BOTTOM,
        "across": [(_x(tick), text) for tick, text in ((-1, "sad"), (0, "neutral"), (1, "happy"))],
        "up": [(_y(tick), fixed(tick, 1)) for tick in (-1, -0.5, 0, 0.5, 1)],
        "lines": named,
        "factor": factor,
        "described": "; ".join(_described(line) for line in named),
    }


def _line(place: int, curve: Mapping[str, Any]) -> dict[str, Any]:
    pairs = list(zip(curve.get("expression") or [], curve.get("degree") or [], strict=False))
    runs: list[list[tuple[float, float]]] = [[]]
    known = []
    for strength, degree in pairs:
        if strength is None or degree is None or not math.isfinite(strength) or not math.isfinite(degree):
            runs.append([])
            continue
        known.append((strength, degree))
        runs[-1].append((_x(strength), _y(degree)))
    level = str(curve.get("level", ""))
    return {
        "style": place % 8,
        "level": level,
        "name": level if len(level) <= 15 else f"{level[:14]}…",
        "known": known,
        "points": [point for run in runs for point in run],
        "runs": [" ".join(f"{x},{y}" for x, y in run) for run in runs if len(run) > 1],
        "label_y": 0.0,
    }


def _described(line: Mapping[str, Any]) -> str:
    (first, low), (last, high) = line["known"][0], line["known"][-1]
    told = [bare(value, "degree", narrow=True) for value in (low, first, high, last)]
    return f"{line['level']}: degree {told[0]} at strength {told[1]}, {told[2]} at {told[3]}"


def _spread(wanted: Sequence[float]) -> list[float]:
    """Move rising places apart so far that names do not lie on each other, up where there is no room below."""
    places: list[float] = []
    for place in wanted:
        places.append(max(place, places[-1] + _APART) if places else place)
    room = _HEIGHT - _BOTTOM
    for index in range(len(places) - 1, -1, -1):
        ceiling = room if index == len(places) - 1 else places[index + 1] - _APART
        places[index] = min(places[index], ceiling)
    down = max(0.0, _TOP - places[0]) if places else 0.0
    return [place + down for place in places]


def _x(strength: float) -> float:
    return round(_LEFT + (min(1.0, max(-1.0, strength)) + 1) / 2 * (_WIDTH - _RIGHT - _LEFT), 1)


def _y(degree: float) -> float:
    return round(_TOP + (1 - min(1.0, max(-1.0, degree))) / 2 * (_HEIGHT - _BOTTOM - _TOP), 1)


@dataclass(frozen=True, kw_only=True)
class Plane:
    """Two axes of a plot, with their titles, and how each value is written in the table below it.

    Parameters
    ----------
    x, y : Axis
    x_title, y_title : str
        With the unit.
    title : str
        Of the plot, for those who do not see it.
    n : int
        Photos it is of.
    """

    x: Axis
    y: Axis
    x_title: str
    y_title: str
    title: str
    n: int

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Give the place of two values, in units of the drawing."""
        return _across(self.x, x), _up(self.y, y)


Point = tuple[float, Estimate]
"""Where it stands across, and what was found there."""


def plot_points(
    plane: Plane, points: Sequence[Point], *, joined: bool = False, even: bool = False
) -> dict[str, Any]:
    """Lay out points with whiskers, or a line with a band, over a plane, and a table of their numbers.

    Parameters
    ----------
    plane : Plane
    points : sequence of (float, Estimate)
        Rising.
    joined : bool
        Draw a line through them, within the band of their intervals, instead of each with its whisker.
    even : bool
        Draw the line on which both axes say the same.
    """
    known = [(x, found) for x, found in points if found.value is not None]
    low, high = max(plane.x.low, plane.y.low), min(plane.x.high, plane.y.high)
    band = [
        *(plane.at(x, found.low) for x, found in known if found.low is not None),
        *(plane.at(x, found.high) for x, found in reversed(known) if found.high is not None),
    ]
    rows = [
        (quantity(x, plane.x.unit, narrow=True), estimate(found, plane.y.unit), f"{found.n:,}")
        for x, found in known
    ]
    return {
        "width": _SQUARE,
        "height": _FLOOR + _BOTTOM,
        "left": _BESIDE,
        "right": _SQUARE - _INSET,
        "top": _TOP,
        "bottom": _FLOOR,
        "across": [(_across(plane.x, tick), text) for tick, text in plane.x.worded],
        "up": [(_up(plane.y, tick), text) for tick, text in plane.y.worded],
        "x_title": plane.x_title,
        "y_title": plane.y_title,
        "title": f"{plane.title}, n = {plane.n:,}",
        "n": plane.n,
        "described": "; ".join(f"{x}: {y}, n = {n}" for x, y, n in rows[:_DESCRIBED]),
        "even": _line_of([plane.at(low, low), plane.at(high, high)]) if even and low < high else "",
        "band": _line_of(band) if joined else "",
        "line": _line_of([plane.at(x, found.value) for x, found in known if found.value is not None])
        if joined
        else "",
        "points": [] if joined else [_mark(plane, x, found) for x, found in known],
        "heads": (plane.x_title, f"{plane.y_title} and 95 % interval", "n"),
        "table": rows,
    }


def _mark(plane: Plane, x: float, found: Estimate) -> dict[str, float | None]:
    assert found.value is not None
    across, up = plane.at(x, found.value)
    ends = {
        name: None if None in (found.low, found.high) or end is None else _up(plane.y, end)
        for name, end in (("low", found.low), ("high", found.high))
    }
    return {"x": across, "y": up, **ends}


def _line_of(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)


def _across(axis: Axis, value: float) -> float:
    return round(_BESIDE + _share(axis, value) * (_SQUARE - _INSET - _BESIDE), 1)


def _up(axis: Axis, value: float) -> float:
    return round(_TOP + (1 - _share(axis, value)) * (_FLOOR - _TOP), 1)


def _share(axis: Axis, value: float) -> float:
    return min(1.0, max(0.0, (value - axis.low) / (axis.high - axis.low)))
