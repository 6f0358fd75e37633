"""Photos that are not files: objects in storage that fsspec knows."""

from __future__ import annotations

from contextlib import closing
from io import BytesIO
from typing import Any

from emotion_classifier.errors import EmotionClassifierError, UnreadablePhotoError, missing_extra

_ELSEWHERE = "://"
_WEB = "http://", "https://"


def is_remote(path: str) -> bool:
    """Tell an address of fsspec from a path."""
    return _ELSEWHERE in path


def filesystem(address: str) -> tuple[Any, str]:
    """Find the file system of fsspec that an address belongs to, and its path there.

    Raises
    ------
    MissingExtraError
        If fsspec is not installed.
    EmotionClassifierError
        If the address is a web page's, or of a kind that fsspec cannot open here.
    """
    if address.lower().startswith(_WEB):
        raise EmotionClassifierError(
            f"{address} is a web address, and nothing is fetched from the web. Download it first."
        )
    try:
        import fsspec
    except ImportError as error:
        raise missing_extra("batch", "fsspec") from error
    try:
        found, path = fsspec.core.url_to_fs(address)
    except (ImportError, ValueError) as error:
        raise EmotionClassifierError(f"{address} cannot be opened: {error}") from error
    return found, path


class StoredPhoto:
    """A photo in object storage, fetched when it is read, by the process that reads it.

    Parameters
    ----------
    name : str
        Its address.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._content: BytesIO | None = None

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes; the first call fetches no more than `size` and one."""
        if self._content is None:
            self._content = BytesIO(self._fetch(size))
        return self._content.read(size)

    def _fetch(self, most: int) -> bytes:
        storage, path = filesystem(self.name)
        try:
            with closing(storage.open(path, "rb")) as file:
                content: bytes = file.read(most)
        except Exception as error:  # Every storage has its own.
            reason = f"{type(error).__name__}: {error}"
            raise UnreadablePhotoError(
                f"{self.name} could not be fetched ({reason}). Check that it is there and that you may read it."
            ) from error
        return content
