"""What open pages were given, kept until they are closed, or not used for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

KEPT_HOURS = 8


class Kept(Protocol):
    """What is kept of one page."""

    token: str
    """By which the page asks for it; nobody can guess it."""

    @property
    def size(self) -> int:
        """Bytes."""


Each = TypeVar("Each", bound=Kept)


class OpenPages(Generic[Each]):
    """What all open pages were given; where it is too much, the least recently used page is dropped first.

    Parameters
    ----------
    most : int
        Bytes that are kept of all pages together.
    clock : callable
        Seconds, from any beginning.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._open: dict[str, tuple[Each, float]] = {}
        self._lock = threading.Lock()

    def add(self, new: Each) -> Each:
        """Keep what a page was given."""
        self._forget_unused()
        self._touch(new)
        return new

    def get(self, token: str) -> Each | None:
        """Find what is kept of a page; None where it was dropped."""
        self._forget_unused()
        found = self._open.get(token)
        if found is None:
            return None
        self._touch(found[0])
        return found[0]

    def close(self, token: str) -> None:
        """Forget a page, as when it is closed."""
        with self._lock:
            self._open.pop(token, None)

    def _forget_unused(self) -> None:
        with self._lock:
            latest = self._clock() - KEPT_HOURS * 3600
            self._open = {token: each for token, each in self._open.items() if each[1] >= latest}

    def _touch(self, used: Each) -> None:
        with self._lock:
            self._open.pop(used.token, None)
            others = list(self._open.items())
            self._open[used.token] = (used, self._clock())
            total = sum(each.size for each, _ in self._open.values())
            for token, (each, _) in others:
                if total > self._most:
                    total -= each.size
                    del self._open[token]
