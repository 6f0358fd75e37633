"""Waits for a network that Ctrl-C ends: FFmpeg, which does the waiting, hears nothing of it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Thread
from typing import TypeVar

T = TypeVar("T")

_LOOK_SECONDS = 0.5  # Windows hears Ctrl-C only in between.


class Waits:
    """Does, one by one, what may wait; each in a thread of its own, which the end of the program does not wait for."""

    def __init__(self) -> None:
        self._last: Future[object] | None = None

    @property
    def pending(self) -> bool:
        """Whether the last one still waits; what it works on must then not be closed."""
        return self._last is not None and not self._last.done()

    def result(self, work: Callable[[], T]) -> T:
        """Return what it returns, or raise what it raises."""
        done: Future[T] = Future()
        self._last = done  # type: ignore[assignment]

        def run() -> None:
            try:
                done.set_result(work())
            except BaseException as error:
                done.set_exception(error)

        Thread(target=run, daemon=True).start()
        while not wait([done], _LOOK_SECONDS).done:
            pass
        return done.result()
