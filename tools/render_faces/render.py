"""Render the faces this project ships: three example photos and a small test set.

Run it in an environment of its own (see README.md): python render.py --out ../..
"""

from __future__ import annotations

import argparse
import dataclasses
import io
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from body import HeadModel
from numpy.typing import NDArray
from people import invent, look
from person import Person, View, expression
from PIL import Image
from scene import render

EXAMPLES = Path("src/emotion_classifier/serving/examples")
TEST_FACES = Path("tests/faces_rendered")
EACH = 12
TURNED = Path("turned")
YAWS = (0, 30, 45, 60, 70, 80)


@dataclass(frozen=True)
class Picture:
    """One file to render: where, who, how happy (-1 to 1), from where, how large, at what JPEG quality."""

    path: Path
    person: Person
    degree: float
    view: View
    size: int
    quality: int


def examples() -> Iterator[Picture]:
    """List the web app's example photos."""
    smile = Person(
        {"african": 1, "asian": 0, "caucasian": 0, "gender": 0.95, "age": 0.66},
        skin="brown",
        hair="black",
        eyes="dark",
        hair_length=0.014,
        combed="back",
        lipstick=0.1,
        shirt=(188, 160, 96),
    )
    sad = Person(
        {"african": 0, "asian": 0, "caucasian": 1, "gender": 0.08, "age": 0.74},
        skin="fair",
        hair="dark brown",
        eyes="hazel",
        combed="crown",
        hair_length=0.014,
        beard=0.3,
        shirt=(74, 92, 116),
    )
    neutral = Person(
        {"african": 0, "asian": 1, "caucasian": 0, "gender": 0.9, "age": 0.68},
        skin="fair",
        hair="black",
        eyes="brown",
        combed="back",
        hair_length=0.014,
        shirt=(182, 182, 176),
    )
    warm, cool, plain = (186, 176, 160), (120, 130, 140), (160, 168, 166)
    yield Picture(
        EXAMPLES / "smile.jpg", smile, 1.0, View(9, 1, 3, 0.33, (-34, 30), background=warm), 640, 88
    )
    yield Picture(
        EXAMPLES / "sad.jpg",
        sad,
        -1.0,
        View(-8, 5, 0, 0.35, (36, 34), fill_strength=0.5, background=cool),
        640,
        88,
    )
    yield Picture(
        EXAMPLES / "neutral.jpg", neutral, 0.0, View(4, 0, 0, 0.33, (-28, 30), background=plain), 640, 88
    )


def test_faces() -> Iterator[Picture]:
    """List twelve smiling and twelve sad faces of different people for the tests."""
    for seed, (label, sign) in enumerate((("happy", 1), ("sad", -1))):
        for index in range(EACH):
            degree = sign * (0.75 + 0.25 * (index % 3) / 2)
            path = TEST_FACES / label / f"{index + 1:02d}.jpg"
            yield Picture(path, invent(index, seed), degree, look(index, seed, width=0.28), 184, 88)


def turned_faces() -> Iterator[Picture]:
    """List heads turned ever further to one side or the other, for benchmarks/robustness.py."""
    for seed, (label, degree) in enumerate((("happy", 1.0), ("sad", -1.0))):
        for index in range(2 * EACH):
            for yaw in YAWS:
                side = 1 if index % 2 else -1
                view = dataclasses.replace(
                    look(index, seed, width=0.28), yaw=float(side * yaw), pitch=0.0, roll=0.0
                )
                path = TURNED / label / f"{index + 1:02d}-{yaw:02d}.jpg"
                yield Picture(path, invent(index, seed), degree, view, 184, 88)


def encode(pixels: NDArray[np.uint8], quality: int) -> bytes:
    """Encode a JPEG without metadata."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality, optimize=True)
    return buffer.getvalue()


def main() -> None:
    """Render everything asked for below a root folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="repository root to write below")
    parser.add_argument("--only", default="", help="render only paths that contain this text")
    parser.add_argument("--turned", action="store_true", help="render turned heads, which are not shipped")
    arguments = parser.parse_args()
    model = HeadModel()
    for picture in turned_faces() if arguments.turned else (*examples(), *test_faces()):
        if arguments.only not in picture.path.as_posix():
            continue
        start = time.perf_counter()
        pixels = render(
            model,
            picture.person,
            expression(picture.degree),
            picture.view,
            size=picture.size,
            oversampling=2 if arguments.turned or picture.size > 400 else 3,
        )
        target = arguments.out / picture.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(encode(pixels, picture.quality))
        seconds = time.perf_counter() - start
        print(f"{picture.path}  {target.stat().st_size} bytes  {seconds:.1f} s", flush=True)


if __name__ == "__main__":
    main()
