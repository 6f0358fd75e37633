"""The photos that are meant by what stands on the command line: files, folders, and a hyphen for standard input."""

from __future__ import annotations

import os
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from emotion_classifier.text import in_one_line

if TYPE_CHECKING:
    from emotion_classifier.reading_files import PhotoFile

STANDARD_INPUT = "-"
STANDARD_INPUT_NAME = "standard input"
_ELSEWHERE = "://"
_JPEGS = (".jpg", ".jpeg")


class GivenPhotos:
    """Photos to read, found while they are read.

    Parameters
    ----------
    paths : sequence of str
        Files, folders, and ``-``.
    save : Path or None
        Folder for pictures with boxes; it is made, and never walked.

    Attributes
    ----------
    passed_over : dict of str to Counter
        Endings of the files in the folders that are taken for no photos, by reason.

    Raises
    ------
    typer.BadParameter
        If there is nothing on standard input, or `save` cannot be used.
    """

    def __init__(self, paths: Sequence[str], *, save: Path | None = None) -> None:
        if STANDARD_INPUT in paths:
            require_piped("predict", "PATH")
        self._paths, self._save = paths, save
        self.passed_over: defaultdict[str, Counter[str]] = defaultdict(Counter)
        if save is not None:
            _make_folder(save, paths)

    def count(self) -> int:
        """Walk the folders and count the photos; a tiny part of the time that reading them takes."""
        return sum(1 for path in self._paths for _ in self._walk(path, lambda file, reason: None))

    def files(self) -> Iterator[PhotoFile]:
        """Walk the folders and yield the photos."""
        from emotion_classifier.reading_files import PhotoFile

        for path, place in zip(self._paths, self._places(), strict=True):
            if path == STANDARD_INPUT:
                yield PhotoFile(standard_input(), STANDARD_INPUT_NAME, place and _jpeg(place))
                continue
            for found in self._walk(path, self._pass_over):
                # A path leaves one slash of an address.
                source = path if _ELSEWHERE in path and not os.path.lexists(found) else found
                yield PhotoFile(source, drawing=place and _jpeg(place / found.relative_to(path)))

    def _walk(self, path: str, passed_over: Callable[[Path, str], object]) -> Iterator[Path]:
        from emotion_classifier.photo import find_photos

        if path == STANDARD_INPUT:
            return iter([Path(path)])
        # A missing or odd file goes on to the reader, which says what is wrong with it.
        return find_photos(path, leave_out=self._save, passed_over=passed_over)

    def _pass_over(self, path: Path, reason: str) -> None:
        self.passed_over[reason][path.suffix.lower()] += 1

    def _places(self) -> Iterator[Path | None]:
        """Give each path a place of its own in the folder for pictures; a folder that is alone gets all of it."""
        from emotion_classifier.photo import is_folder

        taken: set[str] = set()
        for path in self._paths:
            if self._save is None:
                yield None
            elif len(self._paths) == 1 and path != STANDARD_INPUT and is_folder(Path(path)):
                yield self._save
            else:
                yield self._save / _free(_name_of(path), taken)


def _make_folder(save: Path, paths: Sequence[str]) -> None:
    from emotion_classifier.photo import is_folder

    try:
        save.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise typer.BadParameter(
            f"{in_one_line(str(save))} cannot be made a folder ({error.strerror}). Name another.",
            param_hint="--save",
        ) from error
    if any(path != STANDARD_INPUT and is_folder(Path(path)) and Path(path).samefile(save) for path in paths):
        raise typer.BadParameter(
            f"{in_one_line(str(save))} is the folder that is read, and pictures with boxes would lie among the photos. "
            f"Name another folder.",
            param_hint="--save",
        )


def require_piped(verb: str, argument: str) -> None:
    """Refuse ``-`` as an argument of a verb where it would wait for somebody to type a photo.

    Raises
    ------
    typer.BadParameter
    """
    if sys.stdin.isatty():
        raise typer.BadParameter(
            f"- stands for a photo on standard input, and nothing is piped in: emotion-classifier {verb} - < photo.jpg",
            param_hint=argument,
        )


def standard_input() -> bytes:
    """Read a photo that is piped in, as far as photos are read."""
    from emotion_classifier.photo import PhotoLimits

    return sys.stdin.buffer.read(PhotoLimits().max_bytes + 1)


def _name_of(path: str) -> str:
    return STANDARD_INPUT_NAME if path == STANDARD_INPUT else Path(path).resolve().name


def _free(name: str, taken: set[str]) -> str:
    """Add a number to a name that is taken, whatever its case: some file systems do not tell cases apart."""
    stem, suffix = Path(name).stem, Path(name).suffix
    free, number = name, 1
    while free.casefold() in taken:
        number += 1
        free = f"{stem}-{number}{suffix}"
    taken.add(free.casefold())
    return free


def _jpeg(path: Path) -> Path:
    """Keep the whole name of what is no JPEG file: a.png and a.jpg may lie in one folder."""
    return path if path.suffix.lower() in _JPEGS else path.with_name(f"{path.name}.jpg")
