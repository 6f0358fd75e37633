"""Any number of photos, read into a folder of Parquet files; a run that was killed resumes where it stopped."""

from __future__ import annotations

from emotion_classifier.batch.mapping import ReadPhotos
from emotion_classifier.batch.parts import claimed
from emotion_classifier.batch.run import Batch, BatchOptions

__all__ = ["Batch", "BatchOptions", "ReadPhotos", "claimed"]
