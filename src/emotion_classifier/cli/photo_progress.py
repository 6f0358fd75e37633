"""How far the reading of photos, or of a video, is: a bar on a terminal, a plain line now and then in a log."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from emotion_classifier.text import counted, time_in_words

_SECONDS = 30.0  # between two lines of a log


class PhotoProgress:
    """Say how many photos are read, and how long the others will take.

    Parameters
    ----------
    console : Console
    total : int
        Photos in all, or at least.
    title, what, many : str
        What is done, and what is counted, if not photos: one and several of it.
    clock : callable
        Gives seconds.
    """

    def __init__(
        self,
        console: Console,
        total: int,
        *,
        title: str = "reading photos",
        what: str = "photo",
        many: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console, self._total, self._what, self._many, self._clock = console, total, what, many, clock
        self._done = 0
        self._began = self._said = clock()
        self._bar = Progress(
            TextColumn(title),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("left:"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self._bar.add_task("", total=total)

    def __enter__(self) -> PhotoProgress:
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._bar.stop()

    def advance(self, photos: int = 1) -> None:
        """Count photos that are read."""
        self.reach(self._done + photos)

    def reach(self, done: int) -> None:
        """Say how many are read by now."""
        self._done = done
        self._bar.update(self._task, completed=self._done)
        # A zip in a zip was counted as one file; nobody knows how many are left.
        if self._done > self._total:
            self._bar.tasks[0].total = None
        now = self._clock()
        waited = now - self._said >= _SECONDS
        if self._console.is_terminal or not waited or self._done in (0, self._total):
            return
        self._said = now
        if self._done > self._total:
            self._console.print(f"{counted(self._done, self._what, self._many)} read.", soft_wrap=True)
            return
        left = (now - self._began) / self._done * (self._total - self._done)
        self._console.print(
            f"{self._done:,} of {counted(self._total, self._what, self._many)} read, about {time_in_words(left)} left.",
            soft_wrap=True,
        )
