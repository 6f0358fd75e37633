"""The photos that are meant by what stands on the command line: files, folders, zips, a hyphen for standard input."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import typer

from emotion_classifier.cli.output import check_folder
from emotion_classifier.files import safe_name
from emotion_classifier.text import in_one_line

if TYPE_CHECKING:
    from emotion_classifier.photo.archive import Packed
    from emotion_classifier.reading_files import PhotoFile

STANDARD_INPUT = "-"
STANDARD_INPUT_NAME = "standard input"
_ELSEWHERE = "://"
_JPEGS = (".jpg", ".jpeg")
_REMARKS = ("bytes before", "beginning lost", "too many files", "too much")
_NOT_NAMED = "a zip in a folder is not opened; name it to have it read"
_LOCKED = "locked with a password, and not named like a photo"
_DAMAGED = "damaged, and not named like a photo"
_DEEPEST = 8  # parts of a path in a zip, the file's name among them, that the path of its picture keeps


class GivenPhotos:
    """Photos to read, found while they are read.

    Parameters
    ----------
    paths : sequence of str
        Files, folders, zips, and ``-``.
    save : Path or None
        Folder for pictures with boxes; it is made, and never walked.

    Attributes
    ----------
    passed_over : dict of str to Counter
        Endings of the files in folders and zips that are taken for no photos, by reason.
    has_zips : bool
        `count` may be less than the photos, as zips in zips are counted without being opened.
    remarks : list of str
        What is odd about zips of which something was read.
    cut_short : set of Path
        Zips of which not all was read.
    empty : list of str
        Paths that hold no photos.
    repeated : int
        Photos and zips that were given again; each is read once.

    Raises
    ------
    typer.BadParameter
        If there is nothing on standard input, or `save` cannot be used.
    """

    def __init__(self, paths: Sequence[str], *, save: Path | None = None) -> None:
        from emotion_classifier.photo.archive import is_zip_file

        if STANDARD_INPUT in paths:
            require_piped("predict", "PATH")
        self._paths, self._save = paths, save
        self._zips = {path for path in paths if is_zip_file(Path(path))}
        self.has_zips = bool(self._zips)
        self.remarks: list[str] = []
        self.cut_short: set[Path] = set()
        self.empty: list[str] = []
        self.repeated = 0
        self.passed_over: defaultdict[str, Counter[str]] = defaultdict(Counter)
        if save is not None:
            _make_folder(save, paths)

    def count(self) -> int:
        """Walk the folders and count the photos; a tiny part of the time that reading them takes.

        Of a zip, it is the files that end like photos or zips, or not at all, that are counted.
        """
        seen: dict[str, int] = {}
        return sum(
            self._is_new(path, number, seen) * _count_zipped(path)
            if path in self._zips
            else sum(self._is_new(found, number, seen) for found in self._walk(path, lambda *_: None))
            for number, path in enumerate(self._paths)
        )

    def files(self) -> Iterator[PhotoFile]:
        """Walk the folders, open the zips, and yield the photos, each as it is asked for."""
        seen: dict[str, int] = {}
        for number, (path, place) in enumerate(zip(self._paths, self._places(), strict=True)):
            is_empty = True
            for photo in self._photos_of(number, place, seen):
                is_empty = False
                if photo is None:
                    self.repeated += 1
                else:
                    yield photo
            if is_empty and Path(path) not in self.cut_short:
                self.empty.append(path)

    def _photos_of(self, number: int, place: Path | None, seen: dict[str, int]) -> Iterator[PhotoFile | None]:
        """Yield the photos of a path; None for each that was given before."""
        from emotion_classifier.reading_files import PhotoFile

        path = self._paths[number]
        if path in self._zips:
            if self._is_new(path, number, seen):
                yield from self._zipped(Path(path), place)
            else:
                yield None
            return
        for found in self._walk(path, self._pass_over_in_folder):
            if not self._is_new(found, number, seen):
                yield None
            elif path == STANDARD_INPUT:
                yield PhotoFile(standard_input(), STANDARD_INPUT_NAME, place and _jpeg(place))
            else:
                # A path leaves one slash of an address.
                source = path if _ELSEWHERE in path and not os.path.lexists(found) else found
                yield PhotoFile(source, drawing=place and _jpeg(place / found.relative_to(path)))

    def _is_new(self, file: str | Path, number: int, seen: dict[str, int]) -> bool:
        """Tell whether no path before this one gave the file, whatever links lead to it."""
        return len(self._paths) == 1 or seen.setdefault(os.path.realpath(file), number) == number

    def _walk(self, path: str, passed_over: Callable[[Path, str], object]) -> Iterator[Path]:
        from emotion_classifier.photo import find_photos

        if path == STANDARD_INPUT:
            return iter([Path(path)])
        # A missing or odd file goes on to the reader, which says what is wrong with it.
        return find_photos(path, leave_out=self._save, passed_over=passed_over)

    def _zipped(self, path: Path, place: Path | None) -> Iterator[PhotoFile]:
        """Take photos out of a zip; what is left out has its reason, or is counted as it is in a folder."""
        from emotion_classifier.photo.archive import open_zip
        from emotion_classifier.photo.decoding import is_picture
        from emotion_classifier.photo.folders import NO_PICTURE, PHOTO_SUFFIXES
        from emotion_classifier.reading_files import PhotoFile

        counted = {"not a picture": NO_PICTURE, "locked": _LOCKED, "damaged": _DAMAGED}
        named: Counter[str] = Counter()
        try:
            file = path.open("rb")
        except OSError:
            yield PhotoFile(path)  # The reader says what is wrong with it.
            return
        with file:
            for packed in open_zip(file, str(path)):
                named[packed.name] += 1
                nth = f" ({named[packed.name]})" if named[packed.name] > 1 else ""
                name = packed.name if packed.itself else f"{path}/{packed.name}{nth}"
                ending = PurePosixPath(packed.name).suffix.lower()
                is_photo = ending in {*PHOTO_SUFFIXES, ".zip"} or is_picture(packed.content)
                if packed.left_out is None:
                    yield PhotoFile(packed.content, name, place and _jpeg(place / _below(packed.name)))
                elif packed.left_out in _REMARKS:
                    self.remarks.append(f"{name} {_why_left_out(packed)}")
                    if packed.left_out != "bytes before":
                        self.cut_short.add(path)
                elif packed.left_out in counted and not is_photo:
                    self._pass_over(ending, counted[packed.left_out])
                elif packed.left_out == "not a picture":
                    yield PhotoFile(packed.content, name)  # The reader says what it is instead.
                else:
                    yield PhotoFile.unreadable(name, f"{name} {_why_left_out(packed)}")

    def _pass_over_in_folder(self, path: Path, reason: str) -> None:
        from emotion_classifier.photo.archive import ends_as_zip

        self._pass_over(path.suffix.lower(), _NOT_NAMED if ends_as_zip(path) else reason)

    def _pass_over(self, ending: str, reason: str) -> None:
        self.passed_over[reason][ending] += 1

    def _places(self) -> Iterator[Path | None]:
        """Give each path a place in the folder for pictures; a folder or zip that is alone gets all of it."""
        from emotion_classifier.photo import is_folder

        taken: set[str] = set()
        for path in self._paths:
            zipped = path in self._zips
            if self._save is None:
                yield None
            elif len(self._paths) == 1 and (zipped or (path != STANDARD_INPUT and is_folder(Path(path)))):
                yield self._save
            else:
                name = _name_of(path)
                yield self._save / _free(Path(name).stem if zipped else name, taken)


def _make_folder(save: Path, paths: Sequence[str]) -> None:
    from emotion_classifier.photo import is_folder

    check_folder(save, option="--save")
    save.mkdir(parents=True, exist_ok=True)
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


def _count_zipped(path: str) -> int:
    from emotion_classifier.photo.archive import count_files
    from emotion_classifier.photo.folders import PHOTO_SUFFIXES

    try:
        with Path(path).open("rb") as file:
            return count_files(file, {*PHOTO_SUFFIXES, ".zip", ""})
    except OSError:
        return 1


def _why_left_out(packed: Packed) -> str:
    """Say why a file in a zip is not read, or what is odd about the zip, and what to do."""
    from emotion_classifier.photo import PhotoLimits
    from emotion_classifier.photo.archive import ZipLimits
    from emotion_classifier.photo.file_kinds import part_of_zip

    photo, whole = PhotoLimits(), ZipLimits()
    part = part_of_zip(packed.name if packed.itself else PurePosixPath(packed.name).name)
    no_copy = ": ".join(filter(None, (tempfile.tempdir, packed.error)))
    again = "Copy or download the zip again, or unpack it and name the folder."
    over = "which is the most that is read of a zip; not all in it was read. Unpack it, and name the folder."
    return {
        "too large": f"is over {photo.max_bytes / 1e6:.6g} MB. {photo.instead('max_bytes')}",
        "locked": "is locked with a password. Unpack the zip with the password, and name the folder.",
        "damaged": f"is damaged, or packed in a way that is not known here. {again}",
        "not read": f"could not be read ({packed.error}). Check the drive that the zip lies on, and read it again.",
        "not copied": f"is a large zip in a zip, and could not be copied to the temporary folder ({no_copy}). Make "
        "room there, name another folder in the variable TMPDIR, or take it out, and name it by itself.",
        "part": f"is {part}",
        "bytes before": "has other bytes before the zip in it; what was found after them was read. If photos are "
        "missing, download it again, or unpack it and name the folder.",
        "beginning lost": "is damaged: its list lacks the files at its beginning; those that it names were read. "
        f"{again}",
        "too deep": f"is nested more than {whole.max_depth} zips deep. Take it out, and name it by itself.",
        "too many files": f"holds more than {whole.max_files:,} files, {over}",
        "too much": f"holds more than {whole.max_bytes / 1e9:.6g} GB, {over}",
    }[str(packed.left_out)]


def _below(name: str) -> Path:
    """Make a path below a folder of a file's name in a zip, which may say that it lies anywhere."""
    parts = filter(None, map(safe_name, re.split(r"[/\\]", name)))
    return Path(*list(parts)[-_DEEPEST:] or ["photo"])


def _jpeg(path: Path) -> Path:
    """Keep the whole name of what is no JPEG file: a.png and a.jpg may lie in one folder."""
    return path if path.suffix.lower() in _JPEGS else path.with_name(f"{path.name}.jpg")
