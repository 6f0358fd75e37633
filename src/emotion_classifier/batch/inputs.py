"""What is to be read: found once, written down, and never held in memory."""

from __future__ import annotations

import glob
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from emotion_classifier.batch.parquet_rows import ParquetRows
from emotion_classifier.batch.sources import StoredPhoto, filesystem, is_remote
from emotion_classifier.errors import BatchError
from emotion_classifier.photo import find_photos
from emotion_classifier.photo.archive import ends_as_zip, is_zip_file
from emotion_classifier.photo.folders import NO_PICTURE, PHOTO_SUFFIXES, is_clutter
from emotion_classifier.reading_files import PhotoFile

PassedOver = Callable[[str, str], object]
_PATTERN = "*?["
_PARQUET = ".parquet"
_LIST = ".txt"
_A_ZIP = "batch opens no zips; unpack them, or name each to `emotion-classifier predict`"


@dataclass(frozen=True)
class Entry:
    """A photo, or the rows of a Parquet file.

    Parameters
    ----------
    path : str
        Of a file, or an address of fsspec.
    column : str or None
        With the pictures, of a Parquet file.
    rows : int or None
        Of a Parquet file.
    """

    path: str
    column: str | None = None
    rows: int | None = None

    @property
    def photos(self) -> int:
        """How many photos it stands for."""
        return 1 if self.rows is None else self.rows

    @property
    def is_relative(self) -> bool:
        """Whether it depends on the working folder which file it names."""
        return not (is_remote(self.path) or Path(self.path).is_absolute())

    def line(self) -> str:
        """Return a line of JSON, whatever bytes a name is made of."""
        return json.dumps({name: value for name, value in asdict(self).items() if value is not None})


@dataclass(frozen=True)
class Inputs:
    """Where photos come from.

    Parameters
    ----------
    given : str
        A photo, a folder, a pattern (``**`` for any folders), a text file with a path a line, a Parquet file,
        or the address of one of these in a storage that fsspec knows.
    column : str or None
        With the pictures in Parquet files; None: "image", else the one that can hold pictures.
    leave_out : Path
        A folder whose files are not taken, unless a list names them.
    """

    given: str
    column: str | None
    leave_out: Path

    def find(self, passed_over: PassedOver) -> Iterator[Entry]:
        """Find the photos, and the Parquet files.

        Parameters
        ----------
        passed_over : callable
            Called with the suffix of each file that is skipped, and the reason.

        Raises
        ------
        BatchError
            If there is nothing of that name, or what `predict` opens as a zip.
        """
        path = Path(self.given)
        if is_remote(self.given):
            yield from self._stored(passed_over)
        elif path.is_dir():
            yield from self._folder(path, passed_over)
        elif path.is_file() and path.suffix.lower() == _LIST:
            yield from self._list(path)
        elif is_zip_file(path):
            raise BatchError(
                f"{self.given} is named like a zip, and batch opens none. Unpack it, and name the folder; or read it "
                f"with `emotion-classifier predict`."
            )
        elif path.exists():
            yield self._entry(self.given)
        elif any(sign in self.given for sign in _PATTERN):
            out = self.leave_out.resolve()
            for found in sorted(glob.iglob(self.given, recursive=True)):  # noqa: PTH207 – Path takes no absolute one.
                if not Path(found).is_dir() and not Path(found).resolve().is_relative_to(out):
                    yield self._entry(found)
        else:
            raise BatchError(f"{self.given} does not exist. Check the path and its spelling.")

    def _folder(self, folder: Path, passed_over: PassedOver) -> Iterator[Entry]:
        """Yield its photos, and the rows of its Parquet files where it has no photos."""
        seen, tables = False, list[str]()

        def pass_over(path: Path, reason: str) -> None:
            if path.suffix.lower() == _PARQUET:
                tables.append(reason)  # It is read where there are no photos.
            else:
                passed_over(path.suffix.lower(), _A_ZIP if ends_as_zip(path) else reason)

        for photo in find_photos(folder, leave_out=self.leave_out, passed_over=pass_over):
            seen = True
            yield Entry(str(photo))
        if seen:
            for reason in tables:
                passed_over(_PARQUET, reason)
            return
        out = self.leave_out.resolve()
        for file in sorted(folder.rglob(f"*{_PARQUET}")):
            if not is_clutter(file.relative_to(folder).as_posix()) and not file.resolve().is_relative_to(out):
                yield self._entry(str(file))

    def _list(self, path: Path) -> Iterator[Entry]:
        with path.open(encoding="utf-8-sig", errors="surrogateescape") as lines:
            for line in lines:
                if name := line.strip("\r\n"):
                    yield self._entry(name)

    def _stored(self, passed_over: PassedOver) -> Iterator[Entry]:
        storage, path = filesystem(self.given)
        try:
            if any(sign in path for sign in _PATTERN):
                found = [
                    each for each in sorted(storage.glob(path)) if not is_clutter(PurePosixPath(each).name)
                ]
            elif storage.isdir(path):
                found = sorted(storage.find(path))
                found = [each for each in found if not is_clutter(each.removeprefix(path))]
            elif storage.exists(path):
                found = [path]
            else:
                raise BatchError(f"{self.given} does not exist. Check the address and its spelling.")
        except (OSError, ValueError) as error:
            raise BatchError(f"{self.given} could not be listed: {error}. Check the address.") from error
        for each in found:
            suffix = PurePosixPath(each).suffix.lower()
            if suffix in PHOTO_SUFFIXES or suffix == _PARQUET or len(found) == 1:
                yield self._entry(storage.unstrip_protocol(each))
            else:
                passed_over(suffix, NO_PICTURE)

    def _entry(self, path: str) -> Entry:
        if PurePosixPath(path).suffix.lower() != _PARQUET:
            return Entry(path)
        rows = ParquetRows.of(path, self.column)
        return Entry(path, rows.column, rows.count)


@dataclass(frozen=True)
class PartInputs:
    """What a part of a batch is read from.

    Parameters
    ----------
    part : int
        Its number.
    first : int
        The number in the batch of the first photo of the first line.
    lines : str
        Those of the listing that its photos stand in.
    """

    part: int
    first: int
    lines: str

    def photo_files(self, size: int) -> Iterator[PhotoFile]:
        """Yield the photos of the part, of which each but the last has `size`."""
        return _photo_files(self.lines.splitlines(), lambda photo: photo // size == self.part, self.first)


def part_inputs(listing: Path, wanted: Sequence[int], size: int) -> list[PartInputs]:
    """Look up what some parts are read from.

    Parameters
    ----------
    listing : Path
        With a line for each `Entry`.
    wanted : sequence of int
        Numbers of parts.
    size : int
        Photos of a part.
    """
    firsts: dict[int, int] = {}
    held: dict[int, list[str]] = {number: [] for number in wanted}
    number = 0
    with listing.open(encoding="utf-8") as lines:
        for line in lines:
            end = number + _entry_of(line).photos
            for part in range(number // size, -(-end // size)):
                if part in held:
                    firsts.setdefault(part, number)
                    held[part].append(line)
            number = end
    return [PartInputs(part, firsts[part], "".join(found)) for part, found in held.items() if found]


def photo_files(listing: Path, wanted: Callable[[int], bool]) -> Iterator[PhotoFile]:
    """Yield the photos of a listing whose number, counted from 0, is wanted.

    Parameters
    ----------
    listing : Path
        With a line for each `Entry`.
    wanted : callable
    """
    with listing.open(encoding="utf-8") as lines:
        yield from _photo_files(lines, wanted)


def _photo_files(lines: Iterable[str], wanted: Callable[[int], bool], number: int = 0) -> Iterator[PhotoFile]:
    for line in lines:
        entry = _entry_of(line)
        if entry.column is not None and entry.rows is not None:
            first = number
            rows = ParquetRows(entry.path, entry.column, entry.rows)
            yield from rows.photos(lambda row, first=first: wanted(first + row))  # type: ignore[misc]
        elif wanted(number):
            yield _photo_file(entry.path)
        number += entry.photos


def _entry_of(line: str) -> Entry:
    return Entry(**json.loads(line))


def _photo_file(path: str) -> PhotoFile:
    return PhotoFile(StoredPhoto(path) if is_remote(path) else Path(path), path)  # type: ignore[arg-type]
