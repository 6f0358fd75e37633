"""The one list of checks: each enters itself by a decorator in its own file."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any, TypeVar

from emotion_classifier.findings.check import Check

Context = TypeVar("Context")
_CHECKS: dict[type, dict[str, Check[Any]]] = {}


def register(context: type[Context]) -> Callable[[type[Check[Context]]], type[Check[Context]]]:
    """Enter a check.

    Parameters
    ----------
    context : type
        What the check looks at; it is run on whatever is of this type.

    Raises
    ------
    ValueError
        If another check has the same code.

    Examples
    --------
    >>> @register(str)
    ... class Empty(Check[str]):
    ...     code, title, severity = "TEXT001", "Empty text", "error"
    ...     detection, why, advice = "It has no letters.", "Nobody can read it.", "Write something."
    ...     def find(self, context):
    ...         if not context:
    ...             yield self.finding("The text is empty.")
    >>> [check.code for check in checks_of(str)]
    ['TEXT001']
    """

    def enter(check: type[Check[Context]]) -> type[Check[Context]]:
        taken = next((checks[check.code] for checks in _CHECKS.values() if check.code in checks), None)
        if taken:
            raise ValueError(
                f"{check.code} is taken by {type(taken).__name__}. Give {check.__name__} another code."
            )
        _CHECKS.setdefault(context, {})[check.code] = check()
        return check

    return enter


def discover(package: str) -> None:
    """Import every module of a package, so that the checks in it enter themselves."""
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
        importlib.import_module(f"{package}.{module.name}")


def checks_of(context: type[Context]) -> tuple[Check[Context], ...]:
    """List the checks that look at this type, by code."""
    return tuple(check for _, check in sorted(_CHECKS.get(context, {}).items()))
