"""Answers that are kept on disk as they are given, and can be taken back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Container, Iterable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

from emotion_classifier.errors import DatasetError

T = TypeVar("T")


class KeptAnswers(Generic[T]):
    """One answer a photo, written down before the next is taken.

    Parameters
    ----------
    before : mapping of str to answer
        Those given in earlier sessions, in the order they were given.
    write : callable
        Writes all answers; where it raises, nothing has changed.
    path : Path
        The file that `write` writes and `before` was read from.

    Raises
    ------
    DatasetError
        By `give` and `undo`, if somebody else wrote the file since; then nothing has changed.
    """

    def __init__(self, before: Mapping[str, T], write: Callable[[Iterable[T]], None], path: Path) -> None:
        # In the order they were given; a photo answered again moves to the end.
        self._answers: dict[str, T] = dict(before)
        self._steps: list[tuple[str, T | None]] = [(name, None) for name in before]
        self._write_all = write
        self._path, self._content = path, _content(path)
        self._lock = threading.Lock()

    def __contains__(self, name: str) -> bool:
        return name in self._answers

    def get(self, name: str) -> T | None:
        """Tell what was answered, if anything."""
        return self._answers.get(name)

    def _write(self, answers: Iterable[T]) -> None:
        # A file that is gone is written anew, with all that was in it.
        if _content(self._path) not in (None, self._content):
            raise DatasetError(f"{self._path} was changed by another session. Start the command again.")
        self._write_all(answers)
        self._content = _content(self._path)

    def give(self, name: str, answer: T) -> None:
        """Answer, or answer anew."""
        with self._lock:
            others = {file: one for file, one in self._answers.items() if file != name}
            self._write([*others.values(), answer])
            self._steps.append((name, self._answers.get(name)))
            self._answers = {**others, name: answer}

    def undo(self, among: Container[str]) -> str | None:
        """Take the last answer about one of these photos back; return its name, None if there is nothing to undo."""
        with self._lock:
            while self._steps:
                name, before = self._steps[-1]
                if name not in among:  # answered in another session
                    self._steps.pop()
                    continue
                answers = {file: one for file, one in self._answers.items() if file != name}
                if before is not None:
                    answers[name] = before
                self._write(answers.values())
                self._steps.pop()
                self._answers = answers
                return name
        return None


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def first_open(place: int, total: int, answered: Callable[[int], bool]) -> int:
    """Find the first open question from `place` on, then from the start; `total` without one.

    Examples
    --------
    >>> first_open(2, 4, lambda place: place != 0), first_open(0, 2, lambda place: True)
    (0, 2)
    """
    order = (*range(place, total), *range(min(place, total)))
    return next((spot for spot in order if not answered(spot)), total)
