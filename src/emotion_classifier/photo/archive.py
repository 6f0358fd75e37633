"""Photos in a zip, one after another; nothing of it is ever unpacked to disk.

A zip comes from somebody else: it may unpack to more than any disk holds, name files outside its folder, hold other
zips, or be broken in the middle. No name in it is used as a path, what is read is bounded by what comes out (whatever
the zip says of itself), and what cannot be read is named while the rest goes on.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, BinaryIO, Literal, cast

from emotion_classifier.photo.decoding import is_picture
from emotion_classifier.photo.file_kinds import Kind, file_kind
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
_LOCKED, _UTF8 = 1, 0x800  # flags of a file
_LONGEST_END = 22 + (1 << 16)  # of the record at the end of a zip, with its comment
_OPENED = ("zip", "part", "other", "text")
# What zipfile and its decompressors raise on broken content; RuntimeError also of a password.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    LZMAError,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    NotImplementedError,
)

# fmt: off
Why = Literal[
    "not a picture", "too large", "locked", "damaged", "part", "bytes before", "too deep", "too much"
]
# fmt: on
"""Why a file was left out; "too much" ends the zip. After "bytes before", of a zip that does not begin where its file
does, come the files in it."""


@dataclass(frozen=True)
class ZipLimits:
    """How much of a zip is read.

    Attributes
    ----------
    max_files : int
        Files, those of zips inside counted too.
    max_bytes : int
        Bytes that come out of it, in all.
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
        Where it stands in the zip, for people; never a path to write to.
    content : bytes
        A picture's, whole; of anything else the first bytes.
    left_out : str or None
        Why it is not to be read, as `Why` says; None for a picture.
    """

    name: str
    content: bytes
    left_out: Why | None = None


class _TooMuch(Exception):
    """The zip has given all that is taken of one."""


@dataclass
class _Budget:
    files: int
    left: int

    def take_file(self) -> None:
        self.files -= 1
        if self.files < 0:
            raise _TooMuch

    def take(self, block: bytes) -> None:
        self.left -= len(block)
        if self.left < 0:
            raise _TooMuch


def is_zip(head: bytes, name: str) -> bool:
    """Tell whether to open a file as a zip, by its ending and its first bytes: those of a zip, or of nothing known.

    A photo under a wrong name is read, and what else is known, such as a web page, is called what it is.
    """
    return _is_named_zip(name) and not is_picture(head) and file_kind(head) in _OPENED


def count_files(file: BinaryIO) -> int:
    """Say how many files a zip lists, to show progress by; 0 if it cannot be opened."""
    try:
        with zipfile.ZipFile(file) as archive:
            return sum(not _is_passed_over(entry) for entry in archive.infolist())
    except _BROKEN:
        return 0


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
        A picture, or a file that is left out and why. A zip that cannot be opened gives one, with its own name.
    """
    limits = limits or ZipLimits()
    budget = _Budget(limits.max_files, limits.max_bytes)
    try:
        yield from _files(file, name, "", limits.max_depth, budget, (photos or PhotoLimits()).max_bytes)
    except _TooMuch:
        yield Packed(name, b"", "too much")


def _files(
    file: BinaryIO, name: str, inside: str, depth: int, budget: _Budget, most: int
) -> Iterator[Packed]:
    try:
        kind = _kind(file)
        archive = None if _is_part(file, kind) else zipfile.ZipFile(file)
    except _BROKEN:
        yield Packed(name, b"", "damaged")
        return
    if archive is None:
        yield Packed(name, b"", "part")
        return
    with archive:
        # A zip that was to be cut into parts, and fits into one, begins with four bytes that say so.
        begin = 4 if kind == "part" else 0
        if min((entry.header_offset for entry in archive.infolist()), default=0) > begin:
            # Of what begins as a zip, the list is lost, and that of a zip inside was found.
            yield Packed(name, b"", "damaged" if kind in ("zip", "part") else "bytes before")
        for entry in archive.infolist():
            if _is_passed_over(entry):
                continue
            budget.take_file()
            where = f"{inside}{_name(entry)}"
            try:
                found = _take(archive, entry, where, depth, budget, most)
            except _BROKEN:
                found = Packed(where, b"", "damaged")
            if isinstance(found, Packed):
                yield found
                continue
            with found as inner:
                yield from _files(inner, where, f"{where}/", depth - 1, budget, most)


def _take(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, where: str, depth: int, budget: _Budget, most: int
) -> Packed | BinaryIO:
    """Take one file out, or a copy of a zip that is to be opened."""
    if entry.flag_bits & _LOCKED:
        return Packed(where, b"", "locked")
    with archive.open(entry) as packed:
        head = packed.read(HEAD)
        budget.take(head)
        if not _is_named_zip(where) or is_picture(head):
            return _picture(packed, where, head, budget, most)
        return _copy(packed, head, budget) if depth else Packed(where, b"", "too deep")


def _is_named_zip(name: str) -> bool:
    return name.lower().endswith(".zip")


def _kind(file: BinaryIO) -> Kind:
    file.seek(0)
    return file_kind(file.read(HEAD))


def _is_part(file: BinaryIO, kind: Kind) -> bool:
    """Tell the first part of a zip in several by how it begins, and the last by its number, counted from 0."""
    file.seek(0, io.SEEK_END)
    file.seek(max(0, file.tell() - _LONGEST_END))
    _, found, end = file.read().rpartition(b"PK\5\6")
    return 0 < int.from_bytes(end[:2], "little") < 0xFFFF if found else kind == "part"


def _name(entry: zipfile.ZipInfo) -> str:
    """Read a name as UTF-8 where it is valid UTF-8: macOS writes it without the flag that says so."""
    if entry.flag_bits & _UTF8:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode()
    except UnicodeError:
        return entry.filename


def _is_passed_over(entry: zipfile.ZipInfo) -> bool:
    # Not entry.is_dir(), which Python 3.11 ends with an IndexError where a file has no name.
    return entry.filename.endswith("/") or is_clutter(entry.filename)


def _picture(packed: IO[bytes], name: str, head: bytes, budget: _Budget, most: int) -> Packed:
    if not is_picture(head):
        return Packed(name, head, "not a picture")
    # One byte more than is allowed, whatever size the zip states.
    parts, left = [head], most + 1 - len(head)
    while left > 0 and (block := packed.read(min(_BLOCK, left))):
        budget.take(block)
        parts.append(block)
        left -= len(block)
    return Packed(name, head, "too large") if left <= 0 else Packed(name, b"".join(parts))


def _copy(packed: IO[bytes], head: bytes, budget: _Budget) -> BinaryIO:
    """Bring a zip in a zip where it can be searched: memory, or a file without a name."""
    copy = cast(BinaryIO, tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115  # Closed by who reads it.
    try:
        copy.write(head)
        while block := packed.read(_BLOCK):
            budget.take(block)
            copy.write(block)
    except BaseException:
        copy.close()
        raise
    return copy
