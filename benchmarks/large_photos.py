"""Photos of phones: how fast they are read, and whether another checkout finds and reads the same faces.

    python benchmarks/large_photos.py ../shared/data --against ../main/src

Four sets of JPEG files, written to a temporary folder:

- portraits: stock photos enlarged to 12 megapixels;
- groups: twelve LFW faces (validation part) some 300 pixels wide in 12 megapixels;
- scenes: an LFW face 900 pixels wide and four of 75 to 330 pixels, in 12 megapixels that show something else;
- ordinary: the stock photos as they are, about 612 by 408.

Every photo is read on one thread by this checkout, by the other if one is given, and decoded (whole, and at a quarter
of its width by Pillow's draft mode), in turn. Times are medians with the middle nine tenths, of the clock and of the
processor; only those of a quiet machine are worth anything. Differences have 95 % intervals over photos.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, TypeAlias

import numpy as np
from PIL import Image
from results import interval, write_results

Row: TypeAlias = dict[str, Any]

SETS = ["portraits", "groups", "scenes", "ordinary"]
PIXELS = 12e6
QUALITY = 92
WIDTH, HEIGHT = 4032, 3024
BACKGROUNDS = ("coffee.png", "rocket.jpg", "brick.png", "grass.png", "gravel.png", "retina.jpg")
NEAR = 0.3  # intersection over union from which two boxes are of one face
SELF = Path(__file__).resolve()


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """Do something; return what it gives, and its milliseconds of the clock and of the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    result = work()
    return result, 1000 * (time.perf_counter() - clock), 1000 * (time.process_time() - processor)


def worker() -> None:
    """Read the photos named on standard input; the checkout is the one on the path."""
    from emotion_classifier import EmotionClassifier

    classifier = EmotionClassifier(threads=1)
    for line in sys.stdin:
        content = Path(line.strip()).read_bytes()
        photo, clock, processor = timed(lambda content=content: classifier.predict(content))  # type: ignore[misc]
        print(json.dumps({"photo": photo.to_dict(), "clock": clock, "processor": processor}), flush=True)


class Checkout:
    """A process that reads photos with one checkout."""

    def __init__(self, source: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": str(source)}
        self._process = subprocess.Popen(
            [sys.executable, str(SELF), "--worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def read(self, path: Path) -> Row:
        """Return the readings of a photo, and how long they took."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        row: Row = json.loads(self._process.stdout.readline())
        return row


def decode(content: bytes, part: int) -> None:
    image = Image.open(io.BytesIO(content))
    if part > 1:
        image.draft("RGB", (image.width // part, image.height // part))
    image.load()


def enlarged(picture: Image.Image) -> Image.Image:
    factor = math.sqrt(PIXELS / (picture.width * picture.height))
    size = round(picture.width * factor), round(picture.height * factor)
    return picture.resize(size, Image.Resampling.LANCZOS)


def lfw_faces(data: Path, n: int) -> list[tuple[Image.Image, tuple[float, float, float, float]]]:
    """Draw LFW pictures in which one face is found, with its box."""
    from emotion_classifier.data import open_dataset
    from emotion_classifier.faces.detect import FaceDetector
    from emotion_classifier.photo import read_photo

    dataset, detector = open_dataset(data / "lfw" / "validation.parquet"), FaceDetector()
    rows = np.random.default_rng(0).permutation(len(dataset))
    found = []
    for row in rows:
        photo = read_photo(dataset.sources[row])
        faces = detector.detect(photo)
        if len(faces) == 1:
            found.append((Image.fromarray(photo), faces[0].box))
        if len(found) == n:
            break
    return found


def background(rng: np.random.Generator) -> Image.Image:
    file = resources.files("skimage.data") / BACKGROUNDS[rng.integers(len(BACKGROUNDS))]
    return (
        Image.open(io.BytesIO(file.read_bytes()))
        .convert("RGB")
        .resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    )


def paste(
    picture: Image.Image,
    face: tuple[Image.Image, tuple[float, float, float, float]],
    width: float,
    at: tuple[int, int],
) -> list[float]:
    """Set an LFW picture into another, its face so wide; return the face's box there."""
    head, (x, y, wide, high) = face
    scale = width / wide
    picture.paste(
        head.resize((round(head.width * scale), round(head.height * scale)), Image.Resampling.LANCZOS), at
    )
    return [at[0] + x * scale, at[1] + y * scale, wide * scale, high * scale]


def groups(data: Path, n: int) -> Iterator[tuple[Image.Image, list[list[float]]]]:
    rng, faces = np.random.default_rng(1), lfw_faces(data, 60)
    for _ in range(n):
        picture, boxes = background(rng), []
        for place, number in enumerate(rng.choice(len(faces), 12, replace=False)):
            at = (
                120 + place % 4 * 960 + int(rng.integers(200)),
                100 + place // 4 * 960 + int(rng.integers(150)),
            )
            boxes.append(paste(picture, faces[number], rng.uniform(270, 330), at))
        yield picture, boxes


def scenes(data: Path, n: int) -> Iterator[tuple[Image.Image, list[list[float]]]]:
    rng, faces = np.random.default_rng(2), lfw_faces(data, 60)
    for _ in range(n):
        picture, boxes = background(rng), []
        numbers = rng.choice(len(faces), 5, replace=False)
        boxes.append(paste(picture, faces[numbers[0]], 900, (1000, 600)))
        for number, at in zip(numbers[1:], ((40, 40), (3250, 40), (40, 2250), (3250, 2250)), strict=True):
            boxes.append(
                paste(picture, faces[number], math.exp(rng.uniform(math.log(75), math.log(330))), at)
            )
        yield picture, boxes


def write_sets(
    data: Path, folder: Path, n: int, names: list[str]
) -> dict[str, list[tuple[Path, list[list[float]]]]]:
    """Write the photos; return their paths with the boxes of the faces set into them."""
    from emotion_classifier.photo import find_photos, read_photo

    stock = list(find_photos(data / "stock_photos"))
    rng = np.random.default_rng(3)
    stock = [stock[row] for row in sorted(rng.permutation(len(stock))[:n])]
    nothing: list[list[float]] = []
    large = ((enlarged(Image.fromarray(read_photo(path))), nothing) for path in stock)
    made: dict[str, Iterator[tuple[Image.Image, list[list[float]]]]] = {
        "portraits": iter(large),
        "groups": groups(data, max(n // 4, 1)),
        "scenes": scenes(data, max(n // 2, 1)),
    }
    sets: dict[str, list[tuple[Path, list[list[float]]]]] = {}
    for name in [name for name in names if name in made]:
        sets[name], pictures = [], made[name]
        for number, (picture, boxes) in enumerate(pictures):
            path = folder / f"{name}-{number:03}.jpg"
            picture.save(path, quality=QUALITY)
            sets[name].append((path, boxes))
    if "ordinary" in names:
        sets["ordinary"] = [(path, []) for path in stock]
    return sets


def measure(paths: list[Path], checkouts: dict[str, Checkout]) -> list[Row]:
    """Read every photo with each checkout and decode it, in turn, after a warm-up."""
    for checkout in checkouts.values():
        checkout.read(paths[0])
    rows = []
    for path in paths:
        row: Row = {name: checkout.read(path) for name, checkout in checkouts.items()}
        content = path.read_bytes()
        for name, part in (("whole", 1), ("quarter", 4)):
            _, clock, processor = timed(lambda content=content, part=part: decode(content, part))  # type: ignore[misc]
            row[name] = {"clock": clock, "processor": processor}
        rows.append(row)
    return rows


def spread(values: list[float]) -> dict[str, float]:
    """Median and the middle nine tenths."""
    low, middle, high = np.percentile(values, [5, 50, 95])
    return {"median": float(middle), "p5": float(low), "p95": float(high), "n": len(values)}


def overlap(first: list[float], second: list[float]) -> float:
    wide = min(first[0] + first[2], second[0] + second[2]) - max(first[0], second[0])
    high = min(first[1] + first[3], second[1] + second[3]) - max(first[1], second[1])
    shared = max(wide, 0) * max(high, 0)
    return shared / (first[2] * first[3] + second[2] * second[3] - shared)


def pairs(first: list[Row], second: list[Row]) -> list[tuple[Row, Row]]:
    """Match the faces of two readings of one photo."""
    return [(a, b) for a in first for b in second if overlap(a["box"], b["box"]) >= NEAR]


def mean_with_interval(values: list[float]) -> dict[str, float]:
    """Mean over photos with a normal interval."""
    half = 1.96 * stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.nan
    return {
        "value": fmean(values),
        "low": fmean(values) - half,
        "high": fmean(values) + half,
        "n": len(values),
    }


def differences(rows: list[Row]) -> Row:
    """Compare what this checkout and the other found and read."""
    faces = [
        ([*row["this"]["photo"]["readings"]], [*row["other"]["photo"]["readings"]])
        for row in rows
        if "other" in row
    ]
    matched = [pair for ours, others in faces for pair in pairs(ours, others)]
    points = [
        fmean(math.dist(ours["landmarks"][k], other["landmarks"][k]) for k in ours["landmarks"])
        / max(other["quality"]["eye_distance"], 1e-6)
        for ours, other in matched
    ]
    degrees = [abs(ours["degree"] - other["degree"]) for ours, other in matched]
    happy = [
        [float(main["leaning"] == "happy") for side in pair for main in side if main["main"]]
        for pair in faces
    ]
    return {
        "faces": [sum(len(side) for side in sides) for sides in zip(*faces, strict=True)],
        "more_faces_a_photo": mean_with_interval([float(len(a) - len(b)) for a, b in faces]),
        "photos_with_other_faces": sum(not len(pairs(a, b)) == len(a) == len(b) for a, b in faces),
        "key_points_apart_in_eye_distances": spread(points),
        "degrees_apart": spread(degrees),
        "other_label": sum(a["label"] != b["label"] for a, b in matched),
        "other_leaning_of_the_main_face": sum(len(pair) == 2 and pair[0] != pair[1] for pair in happy),
        "matched": len(matched),
    }


def found(rows: list[Row], boxes: list[list[list[float]]], name: str) -> Row:
    """Count the faces set into the photos that a checkout found, and what else it found, by the faces' width."""
    hits: dict[str, list[bool]] = {}
    others = 0
    for row, there in zip(rows, boxes, strict=True):
        seen = [reading["box"] for reading in row[name]["photo"]["readings"]]
        for box in there:
            width = next((str(limit) for limit in (90, 110, 150, 350) if box[2] < limit), "more")
            hits.setdefault(width, []).append(any(overlap(box, other) >= NEAR for other in seen))
        others += sum(not any(overlap(box, other) >= NEAR for box in there) for other in seen)
    shares: Row = {}
    from emotion_classifier.evaluation.intervals import wilson

    for width, values in sorted(hits.items()):
        shares[f"narrower than {width}" if width != "more" else "wider"] = wilson(
            sum(values), len(values)
        ).to_dict()
    return {"shares": shares, "nothing there": others}


def told(name: str, figures: Row) -> None:
    print(f"\n{name}")
    for key, value in figures.items():
        if key == "found":
            for side, seen in value.items():
                for width, share in seen["shares"].items():
                    print(f"  {f'{side}: found, {width}':40} {interval(share)}")
                print(f"  {f'{side}: faces where none is':40} {seen['nothing there']}")
            continue
        text = value
        if isinstance(value, dict) and "median" in value:
            text = (
                f"{value['median']:.3f}  (5–95 %: {value['p5']:.3f} to {value['p95']:.3f}, n = {value['n']})"
            )
        elif isinstance(value, dict):
            text = interval(value)
        print(f"  {key:40} {text}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, nargs="?", help="the folder that has stock_photos and lfw")
    parser.add_argument("--against", type=Path, help="the src folder of another checkout")
    parser.add_argument("--n", type=int, default=80, help="stock photos; a quarter as many groups")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        return worker()
    sources = {"this": SELF.parent.parent / "src"} | (
        {"other": arguments.against.resolve()} if arguments.against else {}
    )
    figures: Row = {}
    with tempfile.TemporaryDirectory() as folder:
        sets = write_sets(arguments.data, Path(folder), arguments.n, arguments.sets)
        checkouts = {name: Checkout(source) for name, source in sources.items()}
        for name, photos in sets.items():
            rows = measure([path for path, _ in photos], checkouts)
            figures[name] = {
                f"{what}_{kind}_ms": spread([row[what][kind] for row in rows])
                for what in (*checkouts, "whole", "quarter")
                for kind in ("clock", "processor")
            }
            for ratio, part in (("times_a_quarter", "quarter"), ("times_a_decode", "whole")):
                figures[name][ratio] = spread(
                    [row["this"]["processor"] / row[part]["processor"] for row in rows]
                )
            if arguments.against:
                figures[name] |= differences(rows)
            if photos[0][1]:
                boxes = [there for _, there in photos]
                figures[name]["found"] = {side: found(rows, boxes, side) for side in checkouts}
            told(name, figures[name])
            write_results("large_photos", figures)


if __name__ == "__main__":
    main()
