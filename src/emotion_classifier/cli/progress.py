"""How long commands say where they are, on standard error."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column

from emotion_classifier.text import counted, time_in_words

if TYPE_CHECKING:
    from emotion_classifier.evaluation.confusion import Confusion
    from emotion_classifier.evaluation.trained_on import TrainedOn

_SHOWN_PROBLEMS = 10
# Seconds after which a log hears again how far things are.
_QUIET = 20.0
_STAGES = {"faces": "finding faces", "training": "training"}


class TrainingProgress:
    """A bar for each stage of some work, with its figures; to be called with (stage, done, in all, figures)."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=10),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            # The figures wrap: on 80 columns they would push out the epochs and the clock.
            TextColumn("{task.fields[figures]}", table_column=Column()),
            console=console,
        )
        self._tasks: dict[str, int] = {}
        self._told = time.monotonic()

    def __enter__(self) -> TrainingProgress:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def of(self, stage: str) -> Callable[[int, int], None]:
        """Return what moves the bar of one stage; to be called with (done, in all)."""
        return partial(self, stage)

    def __call__(self, stage: str, done: int, total: int, figures: dict[str, float] | None = None) -> None:
        """Move a bar."""
        if stage not in self._tasks:
            described = _STAGES.get(stage, stage)
            self._tasks[stage] = self._bars.add_task(described, total=total, figures="")
            if stage == "training" and done and not figures:
                self._console.print(f"Going on after epoch {done:,}.")
        told = (figures or {}).items()
        shown = " ".join(f"{name} {value:.3f}" for name, value in told if name != "learning_rate")
        if shown and not self._console.is_terminal:
            self._console.print(f"{stage} {done}/{total}: {shown}", soft_wrap=True)
            shown, self._told = "", time.monotonic()
        self._bars.update(self._tasks[stage], completed=done, total=total, figures=shown)  # type: ignore[arg-type]
        if not self._console.is_terminal and time.monotonic() - self._told > _QUIET:
            self._told = time.monotonic()
            self._console.print(self._line(stage, done, total), soft_wrap=True)

    def _line(self, stage: str, done: int, total: int) -> str:
        """Say in a log how far a stage is, and how long it may take yet."""
        elapsed = self._bars.tasks[self._tasks[stage]].elapsed
        left = f", about {time_in_words(elapsed / done * (total - done))} left" if done and elapsed else ""
        return f"{_STAGES.get(stage, stage)} {done:,}/{total:,}{left}"


def list_problems(console: Console, problems: Sequence[tuple[str, str]], *, what: str = "left out") -> None:
    """Say how many rows were left out, or what else they were, and why, the first few by name."""
    if not problems:
        return
    console.print(f"{len(problems)} {what}:")
    for name, reason in problems[:_SHOWN_PROBLEMS]:
        console.print(f"  {escape(name)}: {escape(reason)}", soft_wrap=True)
    if len(problems) > _SHOWN_PROBLEMS:
        console.print(f"  … and {len(problems) - _SHOWN_PROBLEMS} more")


def warn_of_known(console: Console, found: TrainedOn | None, model: str) -> None:
    """Say it where a model is measured on photos that it learned from."""
    from emotion_classifier.evaluation.trained_on import warning

    said = warning(found, model)
    if said:
        console.print(f"[bold yellow]{escape(said)}[/]", soft_wrap=True)


def warn_of_unread(console: Console, found: Confusion) -> None:
    """Say it where photos that cannot be read are among those that count as wrong."""
    if "unreadable" in found.columns:
        unread = int(found.counts[:, found.columns.index("unreadable")].sum())
        console.print(
            f"[bold yellow]{counted(unread, 'photo')} of {found.counts.sum():,} could not be read and "
            f"{'counts' if unread == 1 else 'count'} as wrong; check says why.[/]",
            soft_wrap=True,
        )
