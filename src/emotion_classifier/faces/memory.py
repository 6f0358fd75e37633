"""Faces found once and not looked for again, where the same photos are read time after time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token

import numpy as np
from numpy.typing import NDArray

from emotion_classifier.faces.face import Face

Photo = NDArray[np.uint8]


class FaceMemory:
    """Faces by photo; what is remembered is of the pixels, not of a file's name.

    A cross-validation reads every photo in every fit, by training and by the photo path. Both find faces with
    `FaceDetector`, which asks the memory that is in use, if one is.

    Examples
    --------
    >>> memory, photo = FaceMemory(), np.zeros((4, 4, 3), np.uint8)
    >>> memory.recall("whole", photo, lambda: [])
    []
    >>> len(memory)
    1
    """

    def __init__(self) -> None:
        self._found: dict[bytes, tuple[Face, ...]] = {}

    def __len__(self) -> int:
        return len(self._found)

    def recall(self, how: str, photo: Photo, find: Callable[[], list[Face]]) -> list[Face]:
        """Give the faces of a photo; found with `find` the first time.

        Parameters
        ----------
        how : str
            Name of the way of looking; each has its own faces.
        photo : ndarray of uint8, shape (height, width, 3)
        find : callable
        """
        key = hashlib.blake2b(f"{how} {photo.shape}".encode() + photo.tobytes(), digest_size=16).digest()
        if key not in self._found:
            self._found[key] = tuple(find())
        return list(self._found[key])

    def begin(self) -> Token[FaceMemory | None]:
        """Use this memory from now on, in this thread."""
        return _IN_USE.set(self)


_IN_USE: ContextVar[FaceMemory | None] = ContextVar("face_memory", default=None)


@contextmanager
def remember_faces(memory: FaceMemory | None = None) -> Iterator[FaceMemory]:
    """Find the faces of a photo once for as long as this lasts.

    Parameters
    ----------
    memory : FaceMemory or None
        What was found before; None: what the memory in use holds, if one is in use.
    """
    if memory is None:
        memory = _IN_USE.get()
    memory = FaceMemory() if memory is None else memory
    token = memory.begin()
    try:
        yield memory
    finally:
        _IN_USE.reset(token)


def recalled(how: str, photo: Photo, find: Callable[[], list[Face]]) -> list[Face]:
    """Find faces, or remember them where a memory is in use."""
    memory = _IN_USE.get()
    return find() if memory is None else memory.recall(how, photo, find)
