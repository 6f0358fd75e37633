"""Photos in any number, read into a folder of Parquet: killed at any moment, the same call goes on where it was."""

from __future__ import annotations

from emotion_classifier.batch.mapping import ReadPhotos
from emotion_classifier.batch.parts import claimed
from emotion_classifier.batch.run import Batch, BatchOptions

__all__ = ["Batch", "BatchOptions", "ReadPhotos", "claimed"]
