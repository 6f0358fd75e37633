"""Photos in a zip, one after another, in memory.

Nothing of it is unpacked to disk, but for a zip of over 32 MB within it, which rests in a temporary file without a name
while it is read.

A zip comes from somebody else: it may unpack to more than any disk holds, name files outside its folder, hold other
zips, or be broken in the middle. No name in it is used as a path, what is read is bounded by what comes out (whatever
the zip says of itself), and what cannot be read is named while the rest goes on.
"""

from __future__ import annotations

import contextlib
import errno
import io
import tempfile
import zipfile
import zlib
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO, Literal, cast

from emotion_classifier.photo.decoding import is_picture
from emotion_classifier.photo.file_kinds import file_kind
from emotion_classifier.photo.folders import is_clutter
from emotion_classifier.photo.source import PhotoLimits

try:
    from lzma import LZMAError
except ImportError:  # Python was built without it; then zipfile refuses such files itself.
    LZMAError = zipfile.BadZipFile  # type: ignore[assignment, misc]

HEAD = 512
"""Bytes of a file by which a picture is told from anything else."""
_BLOCK = 1 << 20
_IN_MEMORY = 32 << 20
_LISTED = 500  # bytes for each file in the list of a zip: its name, and what else is kept of it
_LOCKED, _UTF8 = 1, 0x800  # flags of a file
_LONGEST_END = 22 + (1 << 16)  # of the record at the end of a zip, with its comment
_OPENED = ("zip", "part", "other", "text")
# What a zip begins with that was to be cut into parts, and fits into one.
_MARKERS = (b"PK\7\10", b"PK00")
# What zipfile and its decompressors raise on broken content; RuntimeError also of a password.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    LZMAError,
    OSError,
    EOFError,
    OverflowError,
    ValueError,
    RuntimeError,
    NotImplementedError,
)

# fmt: off
Why = Literal[
    "not a picture", "too large", "locked", "damaged", "not read", "not copied", "part", "too deep",
    "bytes before", "beginning lost", "too many files", "too much"
]
# fmt: on
"""Why a file is left out, or a remark on a zip.

Where the system fails, the file was "not read", or a zip inside "not copied" to the temporary folder. After "bytes
before", of a zip that does not begin where its file does, and "beginning lost", of one whose list does not begin with
its first file, come the files in it. "too many files" and "too much" are said last, of a zip that is over a limit.
"""


@dataclass(frozen=True)
class ZipLimits:
    """How much of a zip is read.

    Attributes
    ----------
    max_files : int
        Files, those of zips inside counted too.
    max_bytes : int
        Bytes of files that come out of it, in all; and as many again of copies of the zips inside.
    max_depth : int
        Zips inside zips.
    """

    max_files: int = 20_000
    max_bytes: int = 8_000_000_000
    max_depth: int = 2


@dataclass(frozen=True)
class Packed:
    """A file in a zip.

    Attributes
    ----------
    name : str
        Where it stands in the zip, for people; never a path to write to. Of the zip itself, what it is called.
    content : bytes
        A picture's, whole; of anything else the first bytes, if they could be read.
    left_out : str or None
        Why it is not to be read, as `Why` says; None for a picture.
    itself : bool
        This is about the zip that was given, and not about a file in it.
    error : str
        What the system says, such as "No space left on device", where that is why.
    """

    name: str
    content: bytes
    left_out: Why | None = None
    itself: bool = False
    error: str = ""


class _TooMuch(Exception):
    """The zip has given all that is taken of one."""

    def __init__(self, why: Why) -> None:
        self.why = why


class _NotCopied(OSError):
    """A zip inside could not be written to the temporary folder."""


@dataclass
class _Allowance:
    left: int
    why: Why

    def take(self, amount: int) -> None:
        self.left -= amount
        if self.left < 0:
            raise _TooMuch(self.why)


class _Budget:
    """What may yet be taken out of a zip and those inside, and the largest photo."""

    def __init__(self, limits: ZipLimits, photo: int) -> None:
        self.files = _Allowance(limits.max_files, "too many files")
        self.lists = _Allowance(limits.max_files * _LISTED, "too many files")
        self.content = _Allowance(limits.max_bytes, "too much")
        self.copies = _Allowance(limits.max_bytes, "too much")
        self.photo = photo


class _Listing:
    """The file of a zip, of which the list of files is read as far as the budget allows.

    zipfile reads the list at once and makes an object of each line, however long it is.
    """

    def __init__(self, file: BinaryIO, budget: _Budget) -> None:
        self._file = file
        self.budget: _Budget | None = budget

    def read(self, size: int = -1) -> bytes:
        if self.budget and size > 0:
            self.budget.lists.take(size)
        return self._file.read(size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def is_zip(head: bytes, name: str) -> bool:
    """Tell whether to open a file as a zip, by its ending and its first bytes: those of a zip, or of nothing known.

    A photo under a wrong name is read, and what else is known, such as a web page, is called what it is.
    """
    return _is_named_zip(name) and not is_picture(head) and file_kind(head) in _OPENED


def is_zip_file(path: Path) -> bool:
    """Tell whether a path is that of a zip to open, as `is_zip` does; what cannot be read is none."""
    if not _is_named_zip(path.name):
        return False
    try:
        if not path.is_file():  # A pipe can be read but once, and not searched.
            return False
        with path.open("rb") as file:
            return is_zip(file.read(HEAD), path.name)
    except (OSError, ValueError):
        return False


def ends_as_zip(path: Path) -> bool:
    """Tell whether there is a zip in a file that would be opened as one, and not only its name."""
    return is_zip_file(path) and zipfile.is_zipfile(path)


def count_files(file: BinaryIO, endings: Container[str] | None = None) -> int:
    """Say how many files a zip lists, to show progress by; 0 if it cannot be opened, or lists too many.

    Parameters
    ----------
    file : binary file object
        Must be able to seek.
    endings : container of str, optional
        Those of the files that are counted, lower-case and with the dot.
    """
    try:
        archive, _ = _opened(file, _Budget(ZipLimits(), 0))
    except (*_BROKEN, _TooMuch):
        return 0
    if archive is None:
        return 0
    with archive:
        return sum(
            endings is None or PurePosixPath(entry.filename).suffix.lower() in endings
            for entry in archive.infolist()
            if not _is_passed_over(entry)
        )


def open_zip(
    file: BinaryIO, name: str, *, photos: PhotoLimits | None = None, limits: ZipLimits | None = None
) -> Iterator[Packed]:
    """Take the files out of a zip one after another, in memory.

    Hidden files and folders of thumbnails are passed over, as `find_photos` does.

    Parameters
    ----------
    file : binary file object
        Must be able to seek.
    name : str
        What the zip is called.
    photos : PhotoLimits, optional
        The largest file that is taken out.
    limits : ZipLimits, optional
        The most that is taken out in all.

    Yields
    ------
    Packed
        A picture, or a file that is left out and why. A zip that cannot be opened, and one there is a remark on, gives
        one with its own name.
    """
    limits = limits or ZipLimits()
    budget = _Budget(limits, (photos or PhotoLimits()).max_bytes)
    try:
        yield from _files(file, name, "", limits.max_depth, budget)
    except _TooMuch as reached:
        yield Packed(name, b"", reached.why, itself=True)


def _files(file: BinaryIO, name: str, inside: str, depth: int, budget: _Budget) -> Iterator[Packed]:
    try:
        archive, remark = _opened(file, budget)
    except _BROKEN as error:
        yield _failed(name, error, itself=not inside)
        return
    if remark:
        yield Packed(name, b"", remark, itself=not inside)
    if archive is None:
        return
    with archive:
        for entry in archive.infolist():
            if _is_passed_over(entry):
                continue
            budget.files.take(1)
            where = f"{inside}{_name(entry)}"
            found = _take(archive, entry, where, depth, budget)
            if isinstance(found, Packed):
                yield found
                continue
            with found as inner:
                yield from _files(inner, where, f"{where}/", depth - 1, budget)


def _opened(file: BinaryIO, budget: _Budget) -> tuple[zipfile.ZipFile | None, Why | None]:
    """Open a zip, and say what is odd about it; a part of one is not opened."""
    file.seek(0)
    head = file.read(HEAD)
    if _is_part(file, head):
        return None, "part"
    listing = _Listing(file, budget)
    archive = zipfile.ZipFile(cast(BinaryIO, listing))
    listing.budget = None
    first = min((entry.header_offset for entry in archive.infolist()), default=0)
    if first <= (4 if head.startswith(_MARKERS) else 0):
        return archive, None
    # Of what begins as a zip, the list is lost, and that of a zip inside was found.
    return archive, "beginning lost" if file_kind(head) in ("zip", "part") else "bytes before"


def _take(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, where: str, depth: int, budget: _Budget
) -> Packed | BinaryIO:
    """Take one file out, or a copy of a zip that is to be opened."""
    if entry.flag_bits & _LOCKED:
        return Packed(where, b"", "locked")
    head = b""
    try:
        with archive.open(entry) as packed:
            head = packed.read(HEAD)
            budget.content.take(len(head))
            if not is_zip(head, where):
                return _picture(packed, where, head, budget)
            return _copy(packed, head, budget) if depth else Packed(where, b"", "too deep")
    except _BROKEN as error:
        return _failed(where, error, head)


def _failed(name: str, error: Exception, head: bytes = b"", *, itself: bool = False) -> Packed:
    """Tell a disk that fails from content that is broken, for which zipfile has no number of the system's."""
    if isinstance(error, _NotCopied):
        return Packed(name, head, "not copied", itself, str(error.strerror))
    # A damaged list sends zipfile to places before the beginning of the file.
    if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
        return Packed(name, head, "not read", itself, error.strerror or str(error))
    return Packed(name, head, "damaged", itself)


def _is_named_zip(name: str) -> bool:
    return name.lower().endswith(".zip")


def _is_part(file: BinaryIO, head: bytes) -> bool:
    """Tell the first part of a zip in several by how it begins, and the last by its number, counted from 0."""
    file.seek(0, io.SEEK_END)
    file.seek(max(0, file.tell() - _LONGEST_END))
    _, found, end = file.read().rpartition(b"PK\5\6")
    return 0 < int.from_bytes(end[:2], "little") < 0xFFFF if found else file_kind(head) == "part"


def _name(entry: zipfile.ZipInfo) -> str:
    """Read a name as UTF-8 where it is valid UTF-8: macOS writes it without the flag that says so."""
    if not entry.filename:
        return "(without a name)"
    if entry.flag_bits & _UTF8:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode()
    except UnicodeError:
        return entry.filename


def _is_passed_over(entry: zipfile.ZipInfo) -> bool:
    # Not entry.is_dir(), which Python 3.11 ends with an IndexError where a file has no name.
    return entry.filename.endswith("/") or is_clutter(entry.filename)


def _picture(packed: IO[bytes], name: str, head: bytes, budget: _Budget) -> Packed:
    if not is_picture(head):
        return Packed(name, head, "not a picture")
    # One byte more than is allowed, whatever size the zip states.
    parts, left = [head], budget.photo + 1 - len(head)
    while left > 0 and (block := packed.read(min(_BLOCK, left))):
        budget.content.take(len(block))
        parts.append(block)
        left -= len(block)
    return Packed(name, head, "too large") if left <= 0 else Packed(name, b"".join(parts))


def _copy(packed: IO[bytes], head: bytes, budget: _Budget) -> BinaryIO:
    """Bring a zip in a zip where it can be searched: memory, or a file without a name."""
    copy = cast(BinaryIO, tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115  # Closed by who reads it.
    try:
        block = head
        while block:
            budget.copies.take(len(block))
            _write(copy, block)
            block = packed.read(_BLOCK)
    except BaseException:
        with contextlib.suppress(OSError):  # It would write the rest.
            copy.close()
        raise
    return copy


def _write(copy: BinaryIO, block: bytes) -> None:
    try:
        copy.write(block)
        copy.flush()  # A full disk is found here, and not where the copy is read.
    except OSError as error:
        raise _NotCopied(error.errno, error.strerror) from error
