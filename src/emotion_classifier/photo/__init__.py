"""Any picture a caller may hold, as an upright RGB photo; folders of them."""

from __future__ import annotations

from emotion_classifier.photo.folders import find_photos, is_folder
from emotion_classifier.photo.kept import Channels, KeptPhoto, in_rgb
from emotion_classifier.photo.picture import Picture
from emotion_classifier.photo.source import (
    DecodedPhoto,
    PhotoLimits,
    PhotoSource,
    decode_photo,
    describe_source,
    is_array,
    is_one_photo,
    read_photo,
)

__all__ = [
    "Channels",
    "DecodedPhoto",
    "KeptPhoto",
    "PhotoLimits",
    "PhotoSource",
    "Picture",
    "decode_photo",
    "describe_source",
    "find_photos",
    "in_rgb",
    "is_array",
    "is_folder",
    "is_one_photo",
    "read_photo",
]
