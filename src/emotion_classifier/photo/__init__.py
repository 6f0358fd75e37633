"""Any picture a caller may hold, as an upright RGB photo; folders of them."""

from __future__ import annotations

from emotion_classifier.photo.source import (
    PhotoLimits,
    PhotoSource,
    describe_source,
    find_photos,
    read_photo,
)

__all__ = [
    "PhotoLimits",
    "PhotoSource",
    "describe_source",
    "find_photos",
    "read_photo",
]
