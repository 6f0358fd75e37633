"""The photos of one open page: read, kept small and in memory, and forgotten with the page."""

from __future__ import annotations

import io
import logging
import secrets
import threading
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, cast

from PIL import Image

from emotion_classifier.errors import EmotionClassifierError
from emotion_classifier.files import safe_name
from emotion_classifier.photo import PhotoLimits
from emotion_classifier.photo.archive import HEAD, Packed, is_zip, open_zip
from emotion_classifier.photo.decoding import is_picture
from emotion_classifier.photo.file_kinds import file_kind
from emotion_classifier.photo.preview import preview
from emotion_classifier.reading import NO_FACE, PhotoReading, Reading, draw_readings
from emotion_classifier.serving.steady import SteadyScale
from emotion_classifier.serving.texts import Texts

if TYPE_CHECKING:
    from emotion_classifier.explain.explanation import Explanation

SHOWN_SIDE = 1280
"""Longest side, in pixels, of the copy that is kept, shown and downloaded."""
MAX_PHOTOS = 5_000
MAX_ZIP_BYTES = 4_000_000_000
MAX_BYTES = 1_000_000_000
"""Copies kept in memory, of all pages together."""
_THUMBNAIL = 240
_EXPLAINED = 5
_NAMED_BY_OTHERS = ("file", "reason", "note")
# What a cell begins with that a spreadsheet works out instead of showing it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_logger = logging.getLogger(__name__)


class Classifier(Protocol):
    """What the app needs of an `EmotionClassifier`."""

    bundle: Any

    def predict(self, photo: Any) -> PhotoReading:
        """Read every face of one photo."""

    def predict_many(self, photos: Iterable[Any]) -> Iterator[PhotoReading]:
        """Read every face of each of some photos."""

    def explain(self, photo: Any, *, most: int | None = None) -> Explanation:
        """Say where in the faces of one photo their readings come from."""


@dataclass(frozen=True)
class Photo:
    """One photo that could be read.

    Attributes
    ----------
    reading : PhotoReading
        Boxes in pixels of the photo.
    copy : bytes
        JPEG, at most `SHOWN_SIDE` pixels wide or high.
    size : tuple of two int
        Width and height of the copy.
    scale : float
        Pixels of the copy for one of the photo.
    """

    reading: PhotoReading
    copy: bytes
    size: tuple[int, int]
    scale: float

    @property
    def main(self) -> Reading | None:
        """The face that gives the photo its place, or None where there is none."""
        return _main(self.reading)

    def drawn(self, *, binary: bool = False) -> bytes:
        """Draw the boxes, as JPEG."""
        import numpy as np

        reading = self.reading.as_binary() if binary else self.reading
        with Image.open(io.BytesIO(self.copy)) as copy:
            pixels = np.asarray(copy)
        faces = [
            replace(face, box=cast(Any, tuple(self.scale * side for side in face.box)))
            for face in reading.readings
        ]
        return jpeg(draw_readings(pixels, faces, longest_side=SHOWN_SIDE), 88)

    def thumbnail(self) -> Image.Image:
        """Make a small picture without boxes."""
        return preview(self.copy, _THUMBNAIL)[0]


@dataclass(frozen=True)
class LeftOut:
    """A file that was not read, and why, in plain words."""

    name: str
    why: str


@dataclass(frozen=True)
class Added:
    """A photo that was read, and its number in the gallery."""

    number: int
    photo: Photo


@dataclass
class Gallery:
    """What one page was given.

    Parameters
    ----------
    classifier : EmotionClassifier
    say : Texts
    limits : PhotoLimits
        Those of the classifier.
    """

    classifier: Classifier
    say: Texts
    limits: PhotoLimits = PhotoLimits()
    token: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    photos: list[Photo] = field(default_factory=list)
    unread: list[PhotoReading] = field(default_factory=list)
    size: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.camera = SteadyScale(self.classifier.bundle.config.scale)

    def add(self, file: BinaryIO, name: str) -> Iterator[Added | LeftOut]:
        """Read a photo, or every photo in a zip.

        Parameters
        ----------
        file : binary file object
            That can seek.
        name : str
            What the user calls it; never a path to read or write.
        """
        head = file.read(HEAD)
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        if name.lower().endswith(".zip") and size > MAX_ZIP_BYTES:
            yield LeftOut(name, self.say("left_out.large_zip", limit=MAX_ZIP_BYTES // 10**9))
        elif is_zip(head, name):
            for packed in open_zip(file, name, photos=self.limits):
                yield (
                    LeftOut(packed.name, self._why(packed))
                    if packed.left_out
                    else self._read(packed.content, packed.name)
                )
        elif not is_picture(head):
            yield LeftOut(name, self.say(f"left_out.{file_kind(head, name)}"))
        else:
            content = file.read(self.limits.max_bytes + 1)
            too_large = len(content) > self.limits.max_bytes
            yield self._too_large(name) if too_large else self._read(content, name)

    def _why(self, packed: Packed) -> str:
        if packed.left_out == "not a picture":
            return self.say(f"left_out.{file_kind(packed.content, packed.name)}")
        if packed.left_out == "too large":
            return self._too_large(packed.name).why
        return self.say(f"left_out.{str(packed.left_out).replace(' ', '_')}", error=packed.error)

    def _too_large(self, name: str) -> LeftOut:
        return LeftOut(name, self.say("left_out.large", limit=f"{self.limits.max_bytes / 1e6:.6g}"))

    def _read(self, content: bytes, name: str) -> Added | LeftOut:
        if len(self.photos) >= MAX_PHOTOS or self.size >= MAX_BYTES:
            return LeftOut(name, self.say("left_out.full"))
        try:
            upload = io.BytesIO(content)
            upload.name = name  # so that a reason calls the file what the user calls it
            reading = replace(self.classifier.predict(upload), file=name)
            if reading.reason not in (None, NO_FACE):
                self.unread.append(reading)
                return LeftOut(name, str(reading.reason))
            copy, (width, height) = preview(content, SHOWN_SIDE)
        except EmotionClassifierError as error:
            return LeftOut(name, str(error))
        except Exception:
            # The page gets a calm sentence; the cause goes where the person who runs the app sees it.
            _logger.exception("A photo could not be answered")
            return LeftOut(name, self.say("left_out.failed"))
        photo = Photo(reading, jpeg(copy, 85), copy.size, max(copy.size) / max(width, height))
        with self._lock:
            self.photos.append(photo)
            self.size += len(photo.copy)
            return Added(len(self.photos) - 1, photo)

    def explain(self, photo: Photo) -> Explanation:
        """Say where in the largest faces their readings come from; it is the copy that is looked at."""
        return self.classifier.explain(photo.copy, most=_EXPLAINED)

    def watch(self, frame: bytes) -> Reading | None:
        """Read one picture of the camera; nothing of it is kept."""
        return self.camera.follow(_main(self.classifier.predict(frame)))

    def table(self, *, binary: bool = False) -> bytes:
        """Write a row for each face as CSV, in UTF-8 with the mark by which spreadsheets know it.

        A file name that a spreadsheet would take for a formula, as one from somebody else's zip may be, begins with '.
        """
        from emotion_classifier.reading import to_frame

        readings = [photo.reading for photo in self.photos] + self.unread
        frame = to_frame(reading.as_binary() if binary else reading for reading in readings)
        for column in _NAMED_BY_OTHERS:
            frame[column] = frame[column].map(_as_text, na_action="ignore")
        text: str = frame.to_csv(index=False, lineterminator="\r\n")
        return text.encode("utf-8-sig")

    def pictures(self, *, binary: bool = False) -> Iterator[bytes]:
        """Pack the pictures with their boxes into a zip, happiest first, piece by piece."""
        ordered = sorted(self.photos, key=lambda photo: -(photo.main.degree if photo.main else -2))
        pipe = _Pipe()
        with zipfile.ZipFile(cast(BinaryIO, pipe), "w") as archive:
            for number, photo in enumerate(ordered, 1):
                stem = safe_name(PurePosixPath(photo.reading.file.replace("\\", "/")).stem) or "photo"
                archive.writestr(f"{number:04d} {stem}.jpg", photo.drawn(binary=binary))
                yield pipe.take()
        yield pipe.take()


class _Pipe:
    """Takes what is written, to be handed on."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, block: bytes) -> int:
        self._written += block
        return len(block)

    def flush(self) -> None:
        """Do nothing: all is there."""

    def take(self) -> bytes:
        taken, self._written = bytes(self._written), bytearray()
        return taken


def _as_text(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _main(photo: PhotoReading) -> Reading | None:
    """Find the main face, or the largest where none is."""
    return photo.main or next(iter(photo.readings), None)


def jpeg(image: Image.Image, quality: int) -> bytes:
    """Encode a picture as JPEG of a quality from 1 to 95."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
