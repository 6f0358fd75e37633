"""Values of a column as people wrote them: which say nothing, and which are one value spelt in several ways."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

NOT_SAID = "(not said)"
_NO_VALUE = frozenset({"", "nan", "<na>", "none", "null", "n/a", "na", "unknown", "not said", NOT_SAID, "?"})


def case_folded(value: object) -> str:
    """Make one spelling of all that differ in capital letters, or in blanks around them."""
    return str(value).strip().casefold()


def is_missing(value: object) -> bool:
    """Tell whether a value says nothing: None, NaN, blanks, or a word such as "unknown" or "n/a".

    Examples
    --------
    >>> [is_missing(value) for value in (None, float("nan"), "  ", "N/A", "Ann", 0)]
    [True, True, True, True, False, False]
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    return case_folded(value) in _NO_VALUE


def is_unlabelled(value: object) -> bool:
    """Tell whether a cell for a label says nothing. "Unknown" does: raters who cannot name what they see say so.

    Examples
    --------
    >>> [is_unlabelled(value) for value in (None, float("nan"), "", "N/A", "unknown", "none")]
    [True, True, True, True, False, False]
    """
    return is_missing(value) and (not isinstance(value, str) or case_folded(value) not in ("unknown", "none"))


def folded(values: Sequence[object]) -> list[str | None]:
    """Make one value of all ways to spell it, for comparing; None where nothing is said.

    Examples
    --------
    >>> folded(["Ann", "ann ", "", 7])
    ['ann', 'ann', None, '7']
    """
    return [None if is_missing(value) else case_folded(value) for value in values]


def one_spelling(name: str, values: Sequence[object]) -> tuple[list[str | None], tuple[str, ...]]:
    """Take "Female" and "female " for one value, written as most rows write it.

    Parameters
    ----------
    name : str
        Of the column, for the note.
    values : sequence of n values

    Returns
    -------
    (values, notes)
        None where nothing is said; a note where several spellings became one.

    Examples
    --------
    >>> one_spelling("gender", ["f", "F", "f ", None])
    (['f', 'f', 'f', None], ("Column gender: 'f' and 'F' were taken for one value.",))
    """
    written = [None if is_missing(value) else str(value).strip() for value in values]
    spellings: dict[str, Counter[str]] = {}
    for value in written:
        if value is not None:
            spellings.setdefault(value.casefold(), Counter())[value] += 1
    chosen = {key: counts.most_common(1)[0][0] for key, counts in spellings.items()}
    several = [" and ".join(map(repr, counts)) for counts in spellings.values() if len(counts) > 1]
    notes = (f"Column {name}: {', '.join(several)} were taken for one value.",) if several else ()
    return [None if value is None else chosen[value.casefold()] for value in written], notes


_NUMBER = re.compile(r"(?:more than |over |from )?(-?\d+(?:\.\d+)?)(?![^\W\d_])")


def rising(value: str) -> tuple[bool, float, str]:
    """Key to sort values by: numbers and bands by their first number, then words.

    Examples
    --------
    >>> sorted(["10-19", "more than 70", "3-9", "below 3", "adult", "20 to 29"], key=rising)
    ['below 3', '3-9', '10-19', '20 to 29', 'more than 70', 'adult']
    """
    if value.startswith("below "):
        return (False, -math.inf, value)
    found = _NUMBER.match(value)
    return (found is None, float(found[1]) if found else 0.0, value)
