"""The words that messages of findings share."""

from __future__ import annotations


def percent(share: float) -> str:
    """Write a share in whole per cent.

    Examples
    --------
    >>> percent(0.681)
    '68 %'
    """
    return f"{100 * share:.0f} %"


def photos(number: int) -> str:
    """Write a number of photos.

    Examples
    --------
    >>> photos(1), photos(1200)
    ('1 photo', '1,200 photos')
    """
    return f"{number:,} photo{'' if number == 1 else 's'}"
