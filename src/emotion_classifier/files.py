"""Results on disk: the old file or the new one, whole, whatever happens in between."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import platform
import shutil
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeAlias

from emotion_classifier.errors import DatasetError

Content: TypeAlias = bytes | str | Callable[[Path], object]
STANDARD_OUTPUT = Path("-")  # As programs name it; what writes there says so.
_LONGEST = 40  # characters of a file's name that its draft keeps; names end at 255 bytes
_LONGEST_GIVEN = 120  # bytes of a name from somebody else; a number and an ending are still to come
# Windows opens these instead of a file, whatever their ending.
_DEVICES = frozenset(["con", "prn", "aux", "nul"]).union(
    f"{port}{n}" for port in ("com", "lpt") for n in range(10)
)
_FAR = 1 << 20  # bytes into a lock file


class Disk:
    """What writing asks of the file system. Tests pass one that fails."""

    def write(self, path: Path, content: bytes) -> None:
        """Write a file, and return when it is on the disk."""
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def sync(self, path: Path) -> None:
        """Return when a file, or the list of files in a folder, is on the disk."""
        # Windows opens no folders, and some network drives sync none: then the system decides when.
        with contextlib.suppress(OSError):
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def rename(self, source: Path, target: Path) -> None:
        """Rename a file or a folder in one step; a file at `target` is replaced."""
        source.replace(target)
        self.sync(target.parent)


DISK = Disk()


def atomic_write(path: str | Path, content: Content, *, disk: Disk = DISK) -> None:
    """Write a file so that it is the old one or the new one at any moment, and whole.

    The content goes to a draft in the same folder, which takes the file's name when it is on the disk. If that fails,
    the draft is deleted; a kill may leave it, under a hidden name that nothing reads.

    Parameters
    ----------
    path : str or Path
        File to write. A link is followed; what is no file, such as a terminal, is written to directly.
    content : bytes, str or callable
        Text is written as UTF-8, as it is. A callable is given the path of the draft to write, which ends as `path`
        does.
    disk : Disk

    Raises
    ------
    OSError
        If it cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     atomic_write(Path(folder) / "a.txt", "read me")
    ...     print([(path.name, path.read_text()) for path in Path(folder).iterdir()])
    [('a.txt', 'read me')]
    """
    with replacing(path, disk=disk) as draft:
        if callable(content):
            content(draft)
        elif draft == Path(path):
            draft.write_bytes(_encoded(content))
        else:
            disk.write(draft, _encoded(content))


@contextmanager
def replacing(path: str | Path, *, disk: Disk = DISK) -> Iterator[Path]:
    """Write a file bit by bit, as `atomic_write` does: give its draft, which takes the file's name in the end.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    path = Path(path)
    if path.exists() and not path.is_file():
        yield path
        return
    path = Path(os.path.realpath(path))
    draft = path.with_name(f".part-{uuid.uuid4().hex[:8]}-{path.name[-_LONGEST:]}")
    try:
        yield draft
        disk.sync(draft)
        if path.exists():
            shutil.copymode(path, draft)
        disk.rename(draft, path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise


def write_new(path: Path, content: bytes, *, disk: Disk = DISK) -> Path:
    """Write a file that replaces none: where its name is taken, under the next that is free.

    Returns
    -------
    Path
        `path`, or ``a-2.jpg`` for ``a.jpg``.

    Raises
    ------
    OSError
        If it cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     print([write_new(Path(folder) / "a.jpg", b"").name for _ in range(3)])
    ['a.jpg', 'a-2.jpg', 'a-3.jpg']
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for number in itertools.count(1):
        free = path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")
        try:
            free.open("xb").close()  # Takes the name, in one step, from all who write beside us.
            break
        except FileExistsError:
            continue
    try:
        atomic_write(free, content, disk=disk)
    except BaseException:
        with contextlib.suppress(OSError):
            free.unlink()
        raise
    return free


def safe_name(name: str) -> str:
    r"""Make a name that somebody else gave one that any file system takes, and that leads nowhere else.

    Returns
    -------
    str
        "" where nothing is left, as of ``..``.

    Examples
    --------
    >>> safe_name(r"C:\a?.jpg"), safe_name(".."), safe_name("nul.jpg"), len(safe_name("é" * 300))
    ('C__a_.jpg', '', '_nul.jpg', 60)
    """
    plain = "".join("_" if letter in '<>:"/\\|?*' or not letter.isprintable() else letter for letter in name)
    short = plain.strip(" .").encode()[:_LONGEST_GIVEN].decode(errors="ignore").rstrip(" .")
    return f"_{short}" if short.split(".")[0].strip().casefold() in _DEVICES else short


def _encoded(content: bytes | str) -> bytes:
    return content.encode() if isinstance(content, str) else content


def append_line(path: Path, line: str) -> None:
    """Add a line to a journal, and return when it is on the disk.

    A kill may leave a last line that is cut off; the next line begins a new one, and who reads skips what it cannot.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            line = line if file.read(1) == b"\n" else f"\n{line}"
        file.write(f"{line}\n".encode())
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def held(path: Path) -> Iterator[str | None]:
    """Hold a lock file, of which the system lets go when the process ends, whatever ended it.

    Yields
    ------
    str or None
        None where it is ours, or where there are no locks; else who holds it, such as "process 7 on host".

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, held(Path(folder) / "lock") as nobody:
    ...     with held(Path(folder) / "lock") as somebody:
    ...         print(nobody, somebody == f"process {os.getpid()} on {platform.node()}")
    None True
    """
    with contextlib.ExitStack() as stack:
        while True:
            try:
                file = stack.enter_context(path.open("a+b"))
            except OSError:  # Nothing else can be written here either, which is told there.
                yield None
                return
            if not _lock(file):
                file.seek(0)
                yield file.read().decode(errors="replace") or "another process"
                return
            if sys.platform == "win32" or _is(file, path):  # Else it was deleted before it was ours.
                break
        file.truncate(0)
        file.write(f"process {os.getpid()} on {platform.node()}".encode())
        file.flush()
        try:
            yield None
        finally:
            # Windows deletes no open file; an empty one is in nobody's way.
            with contextlib.suppress(OSError):
                file.truncate(0)
                path.unlink()


def _lock(file: BinaryIO) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(_FAR)  # What is locked cannot be read there.
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EAGAIN, errno.EACCES)
    return True


def _is(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except OSError:
        return False


def copy_others(folder: Path, draft: Path) -> None:
    """Copy what a folder holds and the draft of another does not, at the top of both; links stay links."""
    written = {path.name for path in draft.iterdir()}

    def skipped(inside: str, _: list[str]) -> set[str]:
        return written if Path(inside) == folder else set()

    shutil.copytree(folder, draft, symlinks=True, ignore=skipped, dirs_exist_ok=True)


def require_outside(out: Path, *inputs: Path, option: str = "--out") -> None:
    """Refuse to write into a folder that is read, where a later run would take what was written for photos.

    Parameters
    ----------
    out : Path
        Folder to write into.
    *inputs : Path
        Folders that are read.
    option : str
        What names `out` on the command line, for the message.

    Raises
    ------
    DatasetError
        If `out` is one of the folders, or in one.
    """
    target = Path(os.path.realpath(out))  # Of links in a circle, `Path.resolve` is no OSError.
    for folder in inputs:
        source = folder.resolve()
        if source == target or source in target.parents:
            where = f"inside {folder}" if source != target else "the folder that is read"
            raise DatasetError(
                f"{out} is {where}, whose photos are never touched. Name a folder outside of it for {option}."
            )


def replace_folder(draft: Path, out: Path, *, aside: Path, disk: Disk = DISK) -> None:
    """Let a folder take the place of another, which lies at `aside` for a moment.

    A kill in that moment leaves the old one at `aside`, for whoever reads to put back.

    Raises
    ------
    OSError
        If it cannot be done; `out` is as it was.
    """
    if not out.exists():
        disk.rename(draft, out)
        return
    shutil.rmtree(aside, ignore_errors=True)
    disk.rename(out, aside)
    try:
        disk.rename(draft, out)
    except BaseException:
        with contextlib.suppress(OSError):
            disk.rename(aside, out)
        raise
    shutil.rmtree(aside, ignore_errors=True)
