"""Recorded video: the same face followed over time, its degree smoothed, its label steady."""

from __future__ import annotations

from emotion_classifier.video.frames import Frame, Video, open_video
from emotion_classifier.video.read import FrameReading, TrackedReading, VideoOptions, read_video

__all__ = [
    "Frame",
    "FrameReading",
    "TrackedReading",
    "Video",
    "VideoOptions",
    "open_video",
    "read_video",
]
