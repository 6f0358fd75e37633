"""The size and SHA-256 that a bundle keeps of each of its files."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from emotion_classifier.errors import BundleNotFoundError, CorruptBundleError

AGAIN = "Train or copy the bundle again."
"""What to do with a bundle that is damaged."""


def is_there(path: Path) -> bool:
    """Tell whether there is a file or folder.

    Raises
    ------
    BundleNotFoundError
        If that cannot be told: the path is too long, or leads through a folder that may not be entered.
    """
    try:
        return path.exists()
    except OSError as error:
        raise BundleNotFoundError(
            f"There is no bundle at {path}: {error.strerror}. "
            f"Name a folder that `emotion-classifier train` wrote."
        ) from error


class FileRecord(BaseModel):
    """Size and SHA-256 of one file of a bundle."""

    model_config = ConfigDict(frozen=True)
    sha256: str
    bytes: int

    @classmethod
    def of(cls, path: Path) -> FileRecord:
        """Read a file."""
        data = path.read_bytes()
        return cls(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))

    def verify(self, path: Path, *, listed_in: Path) -> None:
        """Hold a file to its record.

        Raises
        ------
        CorruptBundleError
            If it is missing or another.
        """
        if not path.is_file():
            raise CorruptBundleError(f"{path} is missing. Train or copy the bundle again, whole.")
        if FileRecord.of(path) != self:
            raise CorruptBundleError(
                f"{path} is not the file that {listed_in.name} describes (its SHA-256 differs): it was altered or "
                f"damaged. {AGAIN}"
            )
