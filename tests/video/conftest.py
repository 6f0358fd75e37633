"""Small videos of rendered faces, written by PyAV."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from emotion_classifier import EmotionClassifier

Place = tuple[str, int, int]
"""A rendered face, such as happy/01, and where its left upper corner is."""


@pytest.fixture(scope="session")
def classifier() -> EmotionClassifier:
    return EmotionClassifier()


@pytest.fixture(scope="session")
def scene(rendered_faces: Path) -> Callable[..., np.ndarray]:
    """Compose a frame, 320 × 240, of rendered faces in front of a pattern."""

    def compose(*places: Place, ground: int = 0, side: int = 120) -> np.ndarray:
        rows, columns = np.mgrid[0:240, 0:320]
        waves = np.sin((columns * (ground + 1) + 3 * rows) / 40), np.cos((rows * (ground + 1)) / 30)
        pixels = np.stack([120 + 60 * waves[0], 110 + 50 * waves[1], 100 - 60 * waves[ground % 2]], axis=-1)
        picture = Image.fromarray(pixels.astype(np.uint8))
        for name, left, top in places:
            with Image.open(rendered_faces / f"{name}.jpg") as face:
                picture.paste(face.convert("RGB").resize((side, side)), (left, top))
        return np.asarray(picture)

    return compose


@pytest.fixture(scope="session")
def write_video() -> Callable[..., Path]:
    """Write frames, at times in seconds (25 a second where none are given), turned as a telephone stores them."""
    av: Any = pytest.importorskip("av")

    def write(
        path: Path, frames: Iterable[np.ndarray], times: Iterable[float] | None = None, *, rotation: int = 0
    ) -> Path:
        frames = list(frames)
        times = [number / 25 for number in range(len(frames))] if times is None else list(times)
        with av.open(str(path), "w") as container:
            stream = container.add_stream(
                "h264", rate=25, options={"crf": "18", "preset": "ultrafast", "g": "10"}
            )
            stream.height, stream.width = frames[0].shape[:2]
            stream.pix_fmt = "yuv420p"
            stream.codec_context.time_base = Fraction(1, 1000)
            if rotation:
                if not hasattr(stream, "set_display_rotation"):
                    pytest.skip("this PyAV reads turned videos but writes none")
                stream.set_display_rotation(rotation)
            for pixels, time in zip(frames, times, strict=True):
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
                frame.pts, frame.time_base = round(1000 * time), Fraction(1, 1000)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return write
