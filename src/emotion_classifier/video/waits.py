"""Calls that wait for the network and that Ctrl-C ends, although FFmpeg, which waits, does not notice it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Thread
from typing import TypeVar

T = TypeVar("T")

_LOOK_SECONDS = 0.5  # Windows hears Ctrl-C only in between.


class Waits:
    """Runs calls that may block, one at a time, in daemon threads: the program can end while one still waits."""

    def __init__(self) -> None:
        self._last: Future[object] | None = None

    @property
    def pending(self) -> bool:
        """Whether the last call still waits; what it works on must not be closed then."""
        return self._last is not None and not self._last.done()

    def result(self, work: Callable[[], T]) -> T:
        """Run a call; return what it returns, or raise what it raises."""
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
