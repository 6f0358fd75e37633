"""Numbers as people read them: one way of rounding, one minus sign and one form of interval for every surface."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from difflib import get_close_matches
from typing import Literal, NamedTuple, Protocol
from unicodedata import category

Unit = Literal["%", "points", "degree", ""]
"""Of a share; of a difference of shares; on the scale from −1 (sad) to +1 (happy); of anything else."""

_STATED = 6
"""Places of a figure in JSON: far more than text has, or a figure would be rounded twice (3.947 to 3.95 to 4.0)."""
NO_INTERVAL = "no interval"
_ALIKE = 0.7  # of difflib, from which a name is taken for another one misspelt
_CONTROLS = ("Cc", "Zl", "Zp")  # Unicode categories: control characters, and ends of lines and paragraphs.
_TURNS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # Of bidirectional text.


class _Style(NamedTuple):
    """How a unit is written: as a percentage or as it is, what follows, and places in full and in narrow tables."""

    percent: bool
    sign: str
    digits: int
    narrow: int


_STYLES: dict[Unit, _Style] = {
    "%": _Style(True, " %", 1, 1),
    "points": _Style(True, " points", 1, 1),
    "degree": _Style(False, "", 3, 2),
    "": _Style(False, "", 3, 2),
}


class Measured(Protocol):
    """A figure with the ends of its interval; None where it, or they, are not defined."""

    @property
    def value(self) -> float | None:
        """The figure."""

    @property
    def low(self) -> float | None:
        """Low end."""

    @property
    def high(self) -> float | None:
        """High end."""


def is_percentage(unit: Unit) -> bool:
    """Whether figures of a unit are written times a hundred."""
    return _STYLES[unit].percent


def fixed(value: float, digits: int, *, signed: bool = False, minus: str = "−") -> str:
    """Write a number to some places; half goes up, and what rounds to zero has no sign.

    Parameters
    ----------
    value : float
        Counts to six places, as JSON states a figure.
    digits : int
    signed : bool
        Write a plus sign before what is above zero.
    minus : str
        A hyphen where programs read the text.

    Examples
    --------
    >>> fixed(-0.125, 2), fixed(0.3, 2, signed=True), fixed(-0.004, 2), fixed(0.004, 2, signed=True)
    ('−0.13', '+0.30', '0.00', '0.00')
    """
    return _written(_stated(value), digits, signed=signed, minus=minus)


def percent(share: float, digits: int = 1, *, signed: bool = False) -> str:
    """Write a share times a hundred, without a unit; the parameters are those of `fixed`.

    Examples
    --------
    >>> percent(0.9675), percent(0.125, 0), percent(-0.0004), percent(0.03947)
    ('96.8', '13', '0.0', '3.9')
    """
    return _written(100 * _stated(share), digits, signed=signed)


def bare(
    value: float, unit: Unit, *, digits: int | None = None, narrow: bool = False, signed: bool = False
) -> str:
    """Write a figure without its unit.

    Parameters
    ----------
    value : float
    unit : str
    digits : int or None
        None: the unit's own places.
    narrow : bool
        As few places as a narrow table or a sentence has room for.
    signed : bool
        As in `fixed`.

    Examples
    --------
    >>> bare(0.019, "points", signed=True), bare(0.4187, ""), bare(-0.0312, "degree", narrow=True)
    ('+1.9', '0.419', '−0.03')
    """
    style = _STYLES[unit]
    write = percent if style.percent else fixed
    own = style.narrow if narrow else style.digits
    return write(value, own if digits is None else digits, signed=signed)


def quantity(value: float, unit: Unit, *, digits: int | None = None, narrow: bool = False) -> str:
    """Write a figure with its unit; the parameters are those of `bare`.

    Examples
    --------
    >>> quantity(0.681, "%", digits=0), quantity(0.05, "points"), quantity(-0.02, "degree")
    ('68 %', '5.0 points', '−0.020')
    """
    return bare(value, unit, digits=digits, narrow=narrow) + _STYLES[unit].sign


def whole_percent(share: float) -> str:
    """Write a share in whole per cent.

    Examples
    --------
    >>> whole_percent(0.681)
    '68 %'
    """
    return quantity(share, "%", digits=0)


def told_apart(value: float, limit: float, unit: Unit, *, digits: int | None = None) -> tuple[str, str]:
    """Write a figure and the limit it misses, to as many more places as it takes to see that they differ.

    Examples
    --------
    >>> told_apart(0.21, 0.295, ""), told_apart(0.2948, 0.295, "")
    (('0.210', '0.295'), ('0.2948', '0.2950'))
    >>> told_apart(0.652, 0.65, "%", digits=0)
    ('65.2 %', '65.0 %')
    """
    style = _STYLES[unit]
    # Not rounded to what JSON states: figures that differ by less must look different, too.
    exact = [Decimal(str(float(each))) * (100 if style.percent else 1) for each in (value, limit)]
    places = style.digits if digits is None else digits
    while True:
        figure, other = (_written(each, places, signed=False) + style.sign for each in exact)
        if figure != other or value == limit:
            return figure, other
        places += 1


def estimate(found: Measured | None, unit: Unit) -> str:
    """Write a figure with its interval.

    Examples
    --------
    >>> from emotion_classifier.evaluation import Estimate
    >>> estimate(Estimate(0.9586, 0.9277, 0.9767, 266), "%")
    '95.9 % (92.8 to 97.7)'
    >>> estimate(Estimate(1.0, None, None, 24), "")
    '1.000 (no interval)'
    """
    if found is None or found.value is None:
        return "not defined"
    return f"{quantity(found.value, unit)} ({_ends(found, unit)})"


def difference(found: Measured, unit: Unit) -> str:
    """Write a difference with its sign, without a unit: of shares, in points.

    Examples
    --------
    >>> from emotion_classifier.evaluation import Estimate
    >>> difference(Estimate(0.019, -0.004, 0.042, 266), "%")
    '+1.9 (−0.4 to +4.2)'
    """
    if found.value is None:
        return "not defined"
    return f"{bare(found.value, unit, signed=True)} ({_ends(found, unit, signed=True)})"


def interval(low: float | None, high: float | None, unit: Unit, *, narrow: bool = False) -> str:
    """Write the 95 % interval of a figure within a sentence.

    Examples
    --------
    >>> interval(-0.004, 0.042, "points")
    '95 % −0.4 to 4.2'
    """
    if low is None or high is None:
        return NO_INTERVAL
    return f"95 % {bare(low, unit, narrow=narrow)} to {bare(high, unit, narrow=narrow)}"


def stacked(text: str) -> str:
    r"""Put the interval of `estimate` or `difference` below its figure, for a narrow table.

    Examples
    --------
    >>> stacked("95.9 % (92.8 to 97.7)")
    '95.9 %\n92.8 to 97.7'
    """
    return text.replace(" (", "\n").removesuffix(")")


def cell(found: Measured, unit: Unit) -> str:
    r"""Write a figure in a narrow table, without its unit and with its interval below.

    Examples
    --------
    >>> from emotion_classifier.evaluation import Estimate
    >>> cell(Estimate(0.985, 0.962, 1.0, 266), "%"), cell(Estimate(0.02, -0.03, 0.06, 178), "degree")
    ('98.5\n96.2–100', '0.02\n−0.03 to\n0.06')
    >>> cell(Estimate(1.0, None, None, 1), "%")
    '100.0\nno interval'
    """
    if found.value is None:
        return "–"
    value = bare(found.value, unit, narrow=True)
    if found.low is None or found.high is None:
        return f"{value}\n{NO_INTERVAL}"
    low, high = (bare(end, unit, narrow=True).replace("100.0", "100") for end in (found.low, found.high))
    # A minus sign after a dash cannot be told from it.
    between = " to\n" if "−" in low + high else "–"
    return f"{value}\n{low}{between}{high}"


def p_value(p: float | None) -> str:
    """Write a p-value; never 0, which no test gives.

    Examples
    --------
    >>> p_value(0.0231), p_value(0.0), p_value(None)
    ('0.023', '< 0.001', 'not tested')
    """
    if p is None:
        return "not tested"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def counted(number: int, one: str, many: str = "") -> str:
    """Write how many there are of something.

    Examples
    --------
    >>> counted(1, "photo"), counted(1200, "photo"), counted(2, "person", "people")
    ('1 photo', '1,200 photos', '2 people')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def in_a_row(parts: Iterable[str]) -> str:
    """Write one or several things as a sentence names them.

    Examples
    --------
    >>> in_a_row(["happy", "sad", "other"])
    'happy, sad and other'
    """
    *others, last = parts
    return f"{', '.join(others)} and {last}" if others else last


def time_in_words(seconds: float) -> str:
    """Write a time as roughly as it is known.

    Examples
    --------
    >>> time_in_words(0.2), time_in_words(8.2), time_in_words(130), time_in_words(7500)
    ('1 s', '8 s', '2 min', '2 h 5 min')
    """
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def clock_time(seconds: float, *, tenths: bool = False) -> str:
    """Write a place in a video.

    Examples
    --------
    >>> clock_time(3.24, tenths=True), clock_time(62.97, tenths=True), clock_time(3723)
    ('0:03.2', '1:03.0', '1:02:03')
    """
    whole = round(max(seconds, 0.0) * 10) if tenths else 10 * int(max(seconds, 0.0))
    minutes, rest = divmod(whole, 600)
    second = f"{rest // 10:02d}" + (f".{rest % 10}" if tenths else "")
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second}" if hours else f"{minute}:{second}"


def closest(name: str, known: Iterable[str]) -> str | None:
    """Find which of the known names a misspelt one stands for, whatever its capitals; None where it is like none.

    Examples
    --------
    >>> closest("Gendr", ("age", "gender")), closest("frame", ("age", "gender"))
    ('gender', None)
    """
    spelt = {each.strip().casefold(): each for each in known}
    found = get_close_matches(name.strip().casefold(), spelt, n=1, cutoff=_ALIKE)
    return spelt[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Ask, in a sentence after a blank, whether a known name was meant; empty where the name is like none.

    Examples
    --------
    >>> "There is no recipe named 'transfr'." + did_you_mean("transfr", ("compact", "transfer"))
    "There is no recipe named 'transfr'. Did you mean 'transfer'?"
    """
    meant = closest(name, known)
    return f" Did you mean {meant!r}?" if meant else ""


def in_one_line(text: str) -> str:
    r"""Write what would break a line, move the cursor or turn the direction of writing as it is written in code.

    Examples
    --------
    >>> print(in_one_line("a\nb.jpg"))
    a\nb.jpg
    """
    return "".join(
        each.encode("unicode_escape").decode() if category(each) in _CONTROLS or each in _TURNS else each
        for each in text
    )


def _ends(found: Measured, unit: Unit, *, signed: bool = False) -> str:
    if found.low is None or found.high is None:
        return NO_INTERVAL
    low, high = (bare(end, unit, signed=signed) for end in (found.low, found.high))
    return f"{low} to {high}"


def _stated(value: float) -> Decimal:
    return Decimal(str(round(float(value), _STATED)))


def _written(value: Decimal, digits: int, *, signed: bool, minus: str = "−") -> str:
    if not value.is_finite():
        return str(value)
    rounded = value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    sign = minus if rounded < 0 else "+" if signed and rounded else ""
    return f"{sign}{abs(rounded)}"
