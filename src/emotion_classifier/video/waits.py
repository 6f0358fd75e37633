"""Waiting for the network and for cameras that Ctrl-C ends, although FFmpeg, which waits, does not notice it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from threading import Condition, Thread
from time import monotonic
from typing import Generic, TypeVar

T = TypeVar("T")

_LOOK_SECONDS = 0.5  # Windows hears Ctrl-C only in between.
_STOP_SECONDS = 1.0


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


class Newest(Generic[T]):
    """Goes through items in a daemon thread; who takes them more slowly than they come gets the newest each time.

    Parameters
    ----------
    items : iterator
    patience : float
        Seconds for which to wait for an item.
    """

    def __init__(self, items: Iterator[T], *, patience: float) -> None:
        self._items, self._patience = items, patience
        self._changed = Condition()
        self._waiting: list[T] = []  # At most one.
        self._stopped = False
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, daemon=True)
        self._ended = False
        self._thread.start()

    def __iter__(self) -> Iterator[T]:
        """Yield items until there are no more.

        Raises
        ------
        TimeoutError
            If none came for too long.
        """
        while True:
            with self._changed:
                began = monotonic()
                while not self._waiting and not self._ended:
                    if monotonic() - began > self._patience:
                        raise TimeoutError
                    self._changed.wait(_LOOK_SECONDS)
                if not self._waiting:
                    break
                item = self._waiting.pop()
            yield item
        if self._error:
            raise self._error

    def stop(self) -> bool:
        """Go through no further items; returns whether it has come to rest, or still waits for one."""
        self._stopped = True
        self._thread.join(_STOP_SECONDS)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            for item in self._items:
                with self._changed:
                    self._waiting[:] = [item]
                    self._changed.notify()
                if self._stopped:
                    break
        except BaseException as error:
            self._error = error
        with self._changed:
            self._ended = True
            self._changed.notify()
