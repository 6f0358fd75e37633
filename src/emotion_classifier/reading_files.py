"""Files read in their order by one process or several, with the same readings.

A file that ends the process that reads it costs no other.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from emotion_classifier.classifier import EmotionClassifier
from emotion_classifier.errors import PhotoError, UnreadablePhotoError
from emotion_classifier.files import write_new
from emotion_classifier.photo import describe_source, read_photo
from emotion_classifier.pool import Crew, Job, Outcome, PoolOptions, Standby, run_here
from emotion_classifier.reading import PhotoReading

TOGETHER = 8
"""Photos whose faces go through the network together, however many processes there are: rounding depends on it."""
_AHEAD = 4  # Parts asked for beyond the one that is waited for, for each process.
_QUALITY = 90


@dataclass(frozen=True)
class PhotoFile:
    """A photo to read.

    Parameters
    ----------
    source : str, Path, bytes or binary file object
        A file object that is read by another process is one that can be pickled.
    name : str or None
        What to call it; None: its path.
    drawing : Path or None
        Where to save it with boxes and words drawn, if it has a face.
    """

    source: str | Path | bytes | BinaryIO
    name: str | None = None
    drawing: Path | None = None

    @classmethod
    def unreadable(cls, name: str, reason: str) -> PhotoFile:
        """Stand for a photo that is known to be unreadable before it is read, and say why."""
        return cls(_NoPhoto(reason), name)  # type: ignore[arg-type]


@dataclass(frozen=True)
class _NoPhoto:
    """What stands where a photo should be."""

    reason: str

    def read(self, size: int = -1) -> bytes:
        raise UnreadablePhotoError(self.reason)


@dataclass(frozen=True)
class FileReading:
    """What came of a file.

    Parameters
    ----------
    photo : PhotoReading
    saved : Path or None
        The picture with boxes: the name asked for or, where that was taken, the next that was free.
    unsaved : str or None
        Why the picture could not be saved.
    died : bool
        Whether it took the process that read it along, or held it up for too long.
    """

    photo: PhotoReading
    saved: Path | None = None
    unsaved: str | None = None
    died: bool = False


@dataclass(frozen=True, kw_only=True)
class ReadingOptions:
    """How files are read.

    Parameters
    ----------
    batch_size : int
        Most faces per run of the network.
    cropped : bool
        See `EmotionClassifier.predict`.
    binary : bool
        See `PhotoReading.as_binary`.
    workers : int
        Processes. One: this process, and no other.
    threads : int
        For the numerical libraries of each other process.
    apart : bool
        Read in another process even where it is one, so that no file can end this one.
    seconds : float or None
        See `PoolOptions`; of the few files that are read together, and of one that is read alone after they failed.
    """

    batch_size: int = 32
    cropped: bool = False
    binary: bool = False
    workers: int = 1
    threads: int = 1
    apart: bool = False
    seconds: float | None = None


@dataclass(frozen=True)
class _Part:
    """Files that are handed to a process together, and their place in the order."""

    number: int
    first: int
    files: tuple[PhotoFile, ...]


def read_files(
    classifier: EmotionClassifier,
    files: Iterable[PhotoFile],
    *,
    done: Callable[[FileReading], None],
    options: ReadingOptions,
    standby: Standby | None = None,
) -> None:
    """Read files in constant memory; what cannot be read has its reason, and the others go on.

    Parameters
    ----------
    classifier : EmotionClassifier
        Every process gets a copy.
    files : iterable of PhotoFile
        Consumed lazily.
    done : callable
        Called with what came of each file, in their order, in this thread.
    options : ReadingOptions
    standby : Standby or None
        See `ReadingCrew`.
    """
    if options.workers == 1 and not options.apart:
        order = _Order(files, done, ahead=_AHEAD)
        run_here(_read_part, (classifier, options), following=order.following, done=order.done)
        return
    with ReadingCrew(classifier, options, standby=standby) as crew:
        crew.read(files, done=done)


class ReadingCrew:
    """Processes that read files, one lot after another; they end with the block.

    Parameters
    ----------
    classifier : EmotionClassifier
        Every process gets a copy.
    options : ReadingOptions
    standby : Standby or None
        Processes to begin with.
    """

    def __init__(
        self, classifier: EmotionClassifier, options: ReadingOptions, *, standby: Standby | None = None
    ) -> None:
        pool = PoolOptions(workers=options.workers, threads=options.threads, seconds=options.seconds)
        self._crew = Crew(_read_part, (classifier, options), options=pool, standby=standby)
        self._ahead = _AHEAD * options.workers

    def __enter__(self) -> ReadingCrew:
        return self

    def __exit__(self, *_: object) -> None:
        self._crew.close()

    def read(self, files: Iterable[PhotoFile], *, done: Callable[[FileReading], None]) -> None:
        """Read files; `read_files` says what the parameters mean."""
        order = _Order(files, done, ahead=self._ahead)
        self._crew.run(following=order.following, done=order.done)


class _Order:
    """Which files come next, and what came of those that wait for others before them."""

    def __init__(
        self, files: Iterable[PhotoFile], done: Callable[[FileReading], None], *, ahead: int
    ) -> None:
        self._files, self._told, self._ahead = iter(files), done, ahead
        self._again: deque[_Part] = deque()
        self._waiting: dict[int, list[FileReading | None]] = {}
        self._next_asked = self._next_told = 0

    def following(self) -> Job | None:
        """Take the next files, unless too many wait already for those before them."""
        if self._again:
            return _job(self._again.popleft())
        if self._next_asked - self._next_told >= self._ahead:
            return None
        files = tuple(islice(self._files, TOGETHER))
        if not files:
            return None
        part = _Part(self._next_asked, 0, files)
        self._waiting[part.number] = [None] * len(files)
        self._next_asked += 1
        return _job(part)

    def done(self, outcome: Outcome) -> None:
        """Take in what came of some files, and tell of all that nothing before them is missing from."""
        part: _Part = outcome.job.argument
        if outcome.reason is None:
            self._keep(part, outcome.value)
        elif len(part.files) > 1:  # One of them is to blame.
            self._again.extend(_Part(part.number, number, (file,)) for number, file in enumerate(part.files))
        else:
            self._keep(part, [_failed(part.files[0], outcome)])
        while (ready := self._complete()) is not None:
            del self._waiting[self._next_told]
            self._next_told += 1
            for reading in ready:
                self._told(reading)

    def _keep(self, part: _Part, readings: list[FileReading]) -> None:
        self._waiting[part.number][part.first : part.first + len(readings)] = readings

    def _complete(self) -> list[FileReading] | None:
        slots = self._waiting.get(self._next_told, [None])
        found = [slot for slot in slots if slot is not None]
        return found if len(found) == len(slots) else None


def _job(part: _Part) -> Job:
    return Job(f"{part.number}.{part.first}", part)


def _failed(file: PhotoFile, outcome: Outcome) -> FileReading:
    name = _name(file)
    reading = PhotoReading(name, reason=f"{name} could not be read: {outcome.reason}")
    return FileReading(reading, died=outcome.died)


def _name(file: PhotoFile) -> str:
    return file.name or describe_source(file.source, 0)


def _read_part(shared: tuple[EmotionClassifier, ReadingOptions], part: _Part) -> list[FileReading]:
    classifier, options = shared
    photos = classifier.predict_many(
        [_named(file) for file in part.files], batch_size=options.batch_size, cropped=options.cropped
    )
    return [_finished(photo, file, options) for photo, file in zip(photos, part.files, strict=True)]


def _named(file: PhotoFile) -> str | Path | bytes | BinaryIO:
    """Give bytes the name that a reason is to call them by."""
    if not isinstance(file.source, bytes):
        return file.source
    named = io.BytesIO(file.source)
    named.name = _name(file)
    return named


def _finished(photo: PhotoReading, file: PhotoFile, options: ReadingOptions) -> FileReading:
    photo = replace(photo.as_binary() if options.binary else photo, file=_name(file))
    if file.drawing is None or not photo.readings:
        return FileReading(photo)
    try:
        return FileReading(photo, saved=_draw(photo, file.source, file.drawing))
    except OSError as error:
        why = (
            f"{file.drawing.parent} cannot be written to ({error.strerror})" if error.strerror else str(error)
        )
        return FileReading(photo, unsaved=why)
    except PhotoError as error:
        return FileReading(photo, unsaved=str(error))


def _draw(photo: PhotoReading, source: str | Path | bytes | BinaryIO, drawing: Path) -> Path:
    encoded = io.BytesIO()
    photo.plot(read_photo(source)).save(encoded, "JPEG", quality=_QUALITY)
    return write_new(drawing, encoded.getvalue())
