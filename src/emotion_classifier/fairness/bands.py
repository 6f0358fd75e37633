"""Numbers such as ages put into bands."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from emotion_classifier.errors import DatasetError

AGE_BANDS = (0.0, 3.0, 13.0, 18.0, 30.0, 45.0, 60.0, 75.0)
_NUMBER = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*(?:years?(?: old)?|yrs?|y|y/o|yo)?\.?", re.IGNORECASE)
_LISTED = 5


def parse_edges(text: str, *, option: str) -> tuple[float, ...]:
    """Read the lower ends of bands, as given on a command line.

    Examples
    --------
    >>> parse_edges("0,18,30", option="--age-bands")
    (0.0, 18.0, 30.0)
    """
    try:
        edges = tuple(float(part) for part in text.split(","))
    except ValueError:
        edges = ()
    if len(edges) < 2 or not all(map(math.isfinite, edges)) or any(np.diff(edges) <= 0):
        raise DatasetError(
            f"{option} {text!r} is no list of bands. Give the lower end of each band, rising, with commas: 0,18,30,45."
        )
    return edges


def parse_number(value: object) -> float | None:
    """Read a number with or without "years"; None for what is none, such as "30-39" or "young".

    Examples
    --------
    >>> [parse_number(value) for value in (34, "34", " 34 years ", "30-39", "young")]
    [34.0, 34.0, 34.0, None, None]
    """
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        return float(value) if math.isfinite(value) else None
    match = _NUMBER.fullmatch(str(value).strip())
    return float(match.group(1)) if match else None


def band(number: float, edges: Sequence[float]) -> str:
    """Name the band of a number.

    Examples
    --------
    >>> [band(age, (0, 18, 30)) for age in (-1, 17.5, 29, 80)]
    ['below 0', '0 to 17', '18 to 29', '30 and over']
    """
    place = int(np.searchsorted(edges, number, side="right"))
    if place == 0:
        return f"below {edges[0]:g}"
    if place == len(edges):
        return f"{edges[-1]:g} and over"
    low, high = edges[place - 1], edges[place]
    whole = float(low).is_integer() and float(high).is_integer()
    if whole and high - low == 1:
        return f"{low:g}"
    return f"{low:g} to {high - 1:g}" if whole else f"{low:g} to under {high:g}"


def band_all(
    name: str, values: Sequence[object | None], ids: Sequence[str], edges: Sequence[float]
) -> list[str | None]:
    """Put a column into bands; a column of words alone is taken as it is.

    Raises
    ------
    DatasetError
        If it holds numbers and words, with the words and their photos.
    """
    numbers = [None if value is None else parse_number(value) for value in values]
    words = [row for row, value in enumerate(values) if value is not None and numbers[row] is None]
    if not any(number is not None for number in numbers):
        return [None if value is None else str(value) for value in values]
    if words:
        shown = ", ".join(f"{values[row]!r} of {ids[row]}" for row in words[:_LISTED])
        more = f" and {len(words) - _LISTED:,} more" if len(words) > _LISTED else ""
        said = sum(value is not None for value in values)
        raise DatasetError(
            f"The column {name!r} holds numbers, but {len(words):,} of its {said:,} values are none: {shown}{more}. "
            f"Write a number there, or leave the value empty (that photo then counts as not said)."
        )
    return [None if number is None else band(number, edges) for number in numbers]
