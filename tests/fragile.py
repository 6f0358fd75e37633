"""A classifier that some files are too much for, in a module that other processes can import."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from emotion_classifier.reading import PhotoReading


class Fragile:
    """Notes what was read together; what a file holds says what becomes of the process that reads it."""

    def predict_many(
        self, photos: Iterable[Path], *, batch_size: int, cropped: bool
    ) -> Iterator[PhotoReading]:
        photos = list(photos)
        for photo in photos:
            content = photo.read_text()
            if content == "fatal":
                os._exit(9)
            if content == "broken":
                raise ZeroDivisionError("division by zero")
            if content == "hanging":
                time.sleep(600)
            if content == "slow":
                time.sleep(0.2)
            yield PhotoReading(str(photo), reason=f"read with {len(photos) - 1} others")
