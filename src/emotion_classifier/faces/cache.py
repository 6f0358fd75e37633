"""Faces found once and not looked for again, where the same photos are read time after time."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from emotion_classifier.faces.face import Found
from emotion_classifier.photo import Picture

Photo = NDArray[np.uint8]


class FaceCache:
    """Faces by photo, keyed by its pixels and not by a file's name.

    A cross-validation reads every photo in every fit, to train and to predict. Whoever runs it creates one cache and
    hands it to every `FacePipeline` that reads those photos. Several threads may share one.

    Parameters
    ----------
    most_faces : int
        Faces kept, about 1 kB each; a photo without a face counts as one. Beyond that, photos that have not been
        asked for the longest are forgotten.

    Examples
    --------
    >>> cache, photo = FaceCache(), np.zeros((4, 4, 3), np.uint8)
    >>> cache.recall("whole", photo, lambda: Found(()))
    Found(faces=(), note=None)
    >>> len(cache)
    1
    """

    def __init__(self, *, most_faces: int = 100_000) -> None:
        self._most = most_faces
        self._found: OrderedDict[bytes, Found] = OrderedDict()
        self._faces = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._found)

    def recall(self, how: str, photo: Photo | Picture, find: Callable[[], Found]) -> Found:
        """Return the faces of a photo; found with `find` the first time.

        Parameters
        ----------
        how : str
            Name of the way of looking; each has its own faces.
        photo : Picture, or ndarray of uint8, shape (height, width, 3)
            A picture is known by its size and its coarsest layer.
        find : callable
        """
        picture = Picture.of(photo)
        content = f"{how} {picture.size}".encode() + picture.coarse.image.tobytes()
        key = hashlib.blake2b(content, digest_size=16).digest()
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
        found = find()  # Outside the lock: other threads look at other photos meanwhile.
        with self._lock:
            self._keep(key, found)
        return found

    def _keep(self, key: bytes, found: Found) -> None:
        if key in self._found:  # Another thread was faster.
            return
        self._found[key] = found
        self._faces += max(len(found.faces), 1)
        while self._faces > self._most and len(self._found) > 1:
            _, forgotten = self._found.popitem(last=False)
            self._faces -= max(len(forgotten.faces), 1)

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name != "_lock"}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state, _lock=threading.Lock())
