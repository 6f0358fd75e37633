"""How small a face may be and still be found: rendered faces on a plain ground, in photos of several sizes.

    python benchmarks/small_faces.py

Twenty-four faces of one width at places drawn by chance, first all in one photo, then each alone in a photo of its own.
Prints how many are found. Real faces differ more than rendered ones: take it as the best case.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from results import write_results

from emotion_classifier.faces.detect import FaceDetector
from emotion_classifier.photo import find_photos, read_photo

SIZES = [(612, 408), (2000, 1500), (4000, 3000), (6000, 4000)]
TOGETHER, ALONE = (16, 20, 24, 32), (24, 32, 40, 50, 64)
FACES = 24
RENDERED = Path(__file__).resolve().parent.parent / "tests" / "faces_rendered"
GROUND = (118, 118, 118)
Head = tuple[Image.Image, tuple[float, float]]


def heads(detector: FaceDetector, width: int) -> list[Head]:
    """Return rendered heads whose faces are so wide, each with the middle of its face."""
    found: list[Head] = []
    for path in find_photos(RENDERED):
        photo = Image.fromarray(read_photo(path))
        faces = detector.detect(np.asarray(photo))
        if len(faces) != 1:
            continue
        x, y, wide, high = faces[0].box
        scale = width / wide
        size = (max(1, round(photo.width * scale)), max(1, round(photo.height * scale)))
        middle = ((x + wide / 2) * scale, (y + high / 2) * scale)
        found.append((photo.resize(size, Image.Resampling.LANCZOS), middle))
        if len(found) == FACES:
            break
    return [found[number % len(found)] for number in range(FACES)]


def places(rng: np.random.Generator, size: tuple[int, int], given: list[Head]) -> list[tuple[int, int]]:
    """Draw places for heads, none over another."""
    wide, high = (max(head.size[side] for head, _ in given) for side in (0, 1))
    cells = [(x, y) for x in range(size[0] // wide) for y in range(size[1] // high)]
    chosen = rng.choice(len(cells), len(given), replace=False)
    return [(cells[cell][0] * wide, cells[cell][1] * high) for cell in chosen]


def seen(detector: FaceDetector, size: tuple[int, int], put: list[tuple[Head, tuple[int, int]]]) -> int:
    """Set heads into a photo; return how many are found."""
    photo = Image.new("RGB", size, GROUND)
    for (head, _), place in put:
        photo.paste(head, place)
    faces = detector.detect(np.asarray(photo))
    middles = [(face.box[0] + face.box[2] / 2, face.box[1] + face.box[3] / 2) for face in faces]
    return sum(
        any(math.dist((left + x, top + y), middle) < 0.5 * head.width for middle in middles)
        for (head, (x, y)), (left, top) in put
    )


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    detector, rng = FaceDetector(), np.random.default_rng(0)
    figures: dict[str, Any] = {}
    of_width = {width: heads(detector, width) for width in sorted({*TOGETHER, *ALONE})}
    for size in SIZES:
        row: dict[str, dict[str, int | None]] = {"together": {}, "alone": {}}
        for width, given in of_width.items():
            try:
                put = list(zip(given, places(rng, size, given), strict=True))
            except ValueError:  # They do not fit.
                continue
            if width in TOGETHER:
                row["together"][f"{width} px"] = seen(detector, size, put)
            if width in ALONE:
                row["alone"][f"{width} px"] = sum(seen(detector, size, [one]) for one in put)
        figures[f"{size[0]} × {size[1]}"] = row
        print(f"{size[0]} × {size[1]}: {row}, of {FACES}", flush=True)
    write_results("small_faces", figures)


if __name__ == "__main__":
    main()
