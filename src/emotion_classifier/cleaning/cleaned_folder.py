"""The folder that cleaned photos are written to: a draft until everything is there."""

from __future__ import annotations

import io
import os
import shutil
import unicodedata
from pathlib import Path
from types import TracebackType

from PIL import Image

from emotion_classifier.errors import DatasetError, UnreadablePhotoError
from emotion_classifier.faces.align import Framing, eye_distance
from emotion_classifier.faces.face import Face
from emotion_classifier.faces.pipeline import FacePipeline
from emotion_classifier.files import DISK, Disk, require_outside
from emotion_classifier.model.preprocessing import Preprocessing

# Squares this many times as wide as the default model looks at: room for the shifts and turns of training, and for the
# detector to find the face again. The widest that lies in the photo is taken, else the last.
_MARGINS = (2.0, 1.75, 1.5, 1.25)
_SMALLEST, _LARGEST = 64, 1024
_MARK = ".draft-of-emotion-classifier"
_OURS = ("metadata.csv", "ledger.csv")
_LONGEST_FOLDER = 80  # characters
_LONGEST_FILE = 255  # bytes


def require_new(out: Path, *, beside: Path) -> None:
    """Refuse a folder that is in use, or in the folder of the originals.

    Raises
    ------
    DatasetError
        If `out` is either.
    """
    require_outside(out, beside)
    target = out.resolve()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise DatasetError(
            f"{out} is there already and not an empty folder. Name another --out, or delete it first."
        )


class CleanedFolder:
    """A folder ``<out>/<label>/<photo>`` that appears whole or not at all.

    Everything is written to a draft beside it, named ``.<out>.part``, which is renamed at the end. A draft that a
    killed run left behind is replaced by the next.

    Parameters
    ----------
    out : Path
        A folder that is new or empty.
    beside : Path
        The folder of the originals; `out` must not be in it.
    disk : Disk

    Raises
    ------
    DatasetError
        If `out` cannot be used.
    """

    def __init__(self, out: Path, *, beside: Path, disk: Disk = DISK) -> None:
        require_new(out, beside=beside)
        self._disk = disk
        self.out = out.resolve()
        self.draft = self.out.with_name(f".{self.out.name}.part")
        self._taken: set[str] = set()
        self._pipeline = FacePipeline()

    def __enter__(self) -> CleanedFolder:
        if self.draft.exists():
            ours = self.draft.is_dir() and ((self.draft / _MARK).is_file() or not any(self.draft.iterdir()))
            if not ours:
                raise DatasetError(f"{self.draft} is in the way: it is no draft of clean. Move it elsewhere.")
            shutil.rmtree(self.draft)
        try:
            self.draft.mkdir(parents=True)
            (self.draft / _MARK).touch()
        except OSError as error:
            raise _unwritable(self.draft, error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            shutil.rmtree(self.draft, ignore_errors=True)

    def _finish(self) -> None:
        try:
            if self.out.exists():
                self.out.rmdir()
            self._disk.rename(self.draft, self.out)
        except OSError as error:
            raise _unwritable(self.out, error) from error
        # Last, so that what a kill leaves is either whole, or known as a draft and replaced.
        (self.out / _MARK).unlink()

    def copy(self, label: str, source: Path) -> str:
        """Copy a photo; return its path below the folder.

        Raises
        ------
        UnreadablePhotoError
            If it cannot be read.
        """
        try:
            content, status = source.read_bytes(), source.stat()
        except OSError as error:
            raise UnreadablePhotoError(f"{source} cannot be read ({error.strerror}).") from error
        name = self._name(label, source.name)
        self._write(name, content)
        os.utime(self.draft / name, ns=(status.st_atime_ns, status.st_mtime_ns))
        return name

    def write_crop(self, label: str, source: Path) -> str | None:
        """Write the prominent face of a photo as JPEG, in no more pixels than it has; None where there is no face.

        Raises
        ------
        PhotoError
            If the photo cannot be read.
        """
        photo = self._pipeline.open(source)
        if photo.main is None:
            return None
        width, height = photo.picture.size
        crop = photo.main_crop(_template(photo.main, width, height))
        assert crop is not None
        buffer = io.BytesIO()
        Image.fromarray(crop.pixels).save(buffer, "JPEG", quality=95, subsampling=0)
        name = self._name(label, f"{source.stem}.jpg")
        self._write(name, buffer.getvalue())
        return name

    def _write(self, name: str, content: bytes) -> None:
        path = self.draft / name
        try:
            path.parent.mkdir(exist_ok=True)
            self._disk.write(path, content)
        except OSError as error:
            raise _unwritable(path, error) from error

    def _name(self, label: str, name: str) -> str:
        """Find a free path, also where case and the composition of accents make no difference."""
        path = Path(_folder(label)) / _unicode(name)
        number, free = 1, path
        while (key := unicodedata.normalize("NFC", free.as_posix()).casefold()) in self._taken:
            number += 1
            stem = path.stem
            while len(f"{stem}-{number}{path.suffix}".encode()) > _LONGEST_FILE:
                stem = stem[:-1]
            free = path.with_name(f"{stem}-{number}{path.suffix}")
        self._taken.add(key)
        return free.as_posix()


def _template(face: Face, width: int, height: int) -> Preprocessing:
    """Cut a face out in about the pixels it has in a photo of a width and height."""
    framing = _framing(face, width, height)
    wanted = eye_distance(face, framing) * framing.width_in_eye_distances
    side = round(min(max(wanted, _SMALLEST), _LARGEST))
    return Preprocessing(input="face", height=side, width=side, framing=framing)


def _framing(face: Face, width: int, height: int) -> Framing:
    """Frame a face generously, and where possible without reaching beyond the photo."""
    plain = Framing()
    x, y = (sum(point[axis] for point in face.keypoints[:2]) / 2 for axis in (0, 1))
    for margin in _MARGINS:
        framing = Framing(
            width_in_eye_distances=plain.width_in_eye_distances * margin,
            eye_line=(plain.eye_line + (margin - 1) / 2) / margin,
        )
        side = eye_distance(face, framing) * framing.width_in_eye_distances
        top = y - framing.eye_line * side
        if min(x - side / 2, top) >= 0 and x + side / 2 <= width and top + side <= height:
            break
    return framing


def _folder(label: str) -> str:
    """Make a folder's name of a label that may come from a metadata file."""
    name = "".join("_" if letter in "/\\\0" else letter for letter in _unicode(label))[
        :_LONGEST_FOLDER
    ].strip()
    return f"_{name}" if not name or name.startswith(".") or name.casefold() in _OURS else name


def _unicode(name: str) -> str:
    """Replace bytes that are no UTF-8, so that the name can stand in a CSV file."""
    return "".join("_" if "\ud800" <= letter <= "\udfff" else letter for letter in name)


def _unwritable(path: Path, error: OSError) -> DatasetError:
    return DatasetError(
        f"{path} could not be written ({error.strerror}). Free some space, or name another --out."
    )
