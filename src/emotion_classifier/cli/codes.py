"""Codes of findings as a user types them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from emotion_classifier.cli.labelled import column_names

if TYPE_CHECKING:
    from emotion_classifier.findings.check import Check

Ignore = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore",
        metavar="CODE,…",
        help="Leave this check out; repeat it, or separate codes with commas.",
        show_default=False,
    ),
]


def codes_of(given: Sequence[str] | None, checks: Sequence[Check[Any]], *, option: str) -> tuple[str, ...]:
    """Take codes given one by one or separated by commas, in any case.

    Raises
    ------
    typer.BadParameter
        If no check has one of them.
    """
    from emotion_classifier.errors import UnknownCodeError
    from emotion_classifier.findings.run import require_codes

    codes = tuple(dict.fromkeys(code.upper() for code in column_names(given)))
    try:
        require_codes(codes, checks)
    except UnknownCodeError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error
    return codes
