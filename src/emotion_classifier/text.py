"""Numbers as people read them: one way of rounding for text, tables, cards and the app."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

_STATED = 4
"""Places of a figure in JSON. Text that is made from there and text made from the figure itself read the same."""


def fixed(value: float, digits: int, *, signed: bool = False, minus: str = "−") -> str:
    """Write a number to some places; half goes up, and what rounds to zero has no minus sign.

    Parameters
    ----------
    value : float
        Counts to four places, as JSON states it.
    digits : int
    signed : bool
        Write a plus sign before what is not negative.
    minus : str

    Examples
    --------
    >>> fixed(-0.125, 2), fixed(-0.004, 2), fixed(-0.004, 2, signed=True)
    ('−0.13', '0.00', '+0.00')
    """
    return _written(_stated(value), digits, signed=signed, minus=minus)


def percent(share: float, digits: int = 1, *, signed: bool = False, minus: str = "−") -> str:
    """Write a share times a hundred, without a unit; the parameters are those of `fixed`.

    Examples
    --------
    >>> percent(0.9675), percent(0.125, 0), percent(-0.0004)
    ('96.8', '13', '0.0')
    """
    return _written(100 * _stated(share), digits, signed=signed, minus=minus)


def _stated(value: float) -> Decimal:
    return Decimal(str(round(float(value), _STATED)))


def _written(value: Decimal, digits: int, *, signed: bool, minus: str) -> str:
    if not value.is_finite():
        return str(value)
    rounded = value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    sign = minus if rounded < 0 else "+" if signed else ""
    return f"{sign}{abs(rounded)}"
