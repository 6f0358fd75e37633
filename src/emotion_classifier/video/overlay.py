"""A video with boxes and words drawn, written frame by frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from emotion_classifier.errors import VideoError, missing_extra
from emotion_classifier.files import replacing
from emotion_classifier.video.read import FrameReading

# Encoders and their settings by file name ending: what browsers, phones and players show.
_H264 = ("h264", {"crf": "23", "preset": "veryfast"})
_VP9 = ("libvpx-vp9", {"crf": "32", "b": "0", "deadline": "realtime", "cpu-used": "8"})
ENCODERS: dict[str, tuple[str, dict[str, str]]] = {
    ".mp4": _H264,
    ".mov": _H264,
    ".mkv": _H264,
    ".webm": _VP9,
}
_TICKS = 90_000  # a second: the clock of video, fine enough for every rate


@contextmanager
def overlay(path: Path, *, rate: float | None = None) -> Iterator[Callable[[FrameReading], None]]:
    """Write a video of frames with their boxes, at the times that they have; it is there, whole, when the block ends.

    It has no sound. Sides are those of the first frame drawn, less a pixel where they are odd.

    Parameters
    ----------
    path : Path
        Its ending, one of `ENCODERS`, says in what format.
    rate : float or None
        About how many frames a second there will be.

    Yields
    ------
    callable
        To be called with each `FrameReading`.

    Raises
    ------
    VideoError
        If the ending is another one, or the video cannot be written.
    MissingExtraError
        If PyAV is not installed.
    """
    try:
        import av
    except ImportError as error:
        raise missing_extra("video", "av") from error
    if path.suffix.lower() not in ENCODERS:
        raise VideoError(f"A video's name ends in {', '.join(ENCODERS)}; {path.name} does not.")
    try:
        with replacing(path) as draft:
            writer = _Writer(av, draft, *ENCODERS[path.suffix.lower()], rate=rate or 30.0)
            try:
                yield writer.add
                writer.finish()
            finally:
                writer.close()
    except av.FFmpegError as error:
        raise VideoError(f"{path} cannot be written ({error.strerror}). Name another file.") from error


class _Writer:
    def __init__(self, av: Any, draft: Path, codec: str, settings: dict[str, str], *, rate: float) -> None:
        self._av = av
        self._container = av.open(str(draft), "w")
        self._stream = self._container.add_stream(
            codec, rate=Fraction(rate).limit_denominator(1001), options=settings
        )
        self._stream.codec_context.time_base = Fraction(1, _TICKS)
        self._stream.pix_fmt = "yuv420p"
        self._size: tuple[int, int] | None = None
        self._start = 0.0
        self._last = -1

    def add(self, reading: FrameReading) -> None:
        picture, time = reading.plot(), reading.time
        if self._size is None:
            self._size = picture.width // 2 * 2, picture.height // 2 * 2
            self._stream.width, self._stream.height = self._size
            self._start = time
        if picture.size != self._size:
            picture = _fitted(picture, self._size)
        frame = self._av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")
        self._last = max(self._last + 1, round((time - self._start) * _TICKS))
        frame.pts, frame.time_base = self._last, Fraction(1, _TICKS)
        self._container.mux(self._stream.encode(frame))

    def finish(self) -> None:
        if self._size is None:
            raise VideoError("There are no frames to write a video of.")
        self._container.mux(self._stream.encode())

    def close(self) -> None:
        self._container.close()


def _fitted(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Cut off an odd pixel; lay a picture of another size, as some streams change to, on black."""
    if 0 <= picture.width - size[0] <= 1 and 0 <= picture.height - size[1] <= 1:
        return picture.crop((0, 0, *size))
    factor = min(size[0] / picture.width, size[1] / picture.height)
    small = picture.resize((max(1, round(picture.width * factor)), max(1, round(picture.height * factor))))
    ground = Image.new("RGB", size)
    ground.paste(small, ((size[0] - small.width) // 2, (size[1] - small.height) // 2))
    return ground
