"""How fast a photo is read: one thread, from a JPEG file to a reading; and how soon after the start."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from results import write_results

from emotion_classifier import EmotionClassifier
from emotion_classifier.photo import find_photos

_IMPORT = "import time; s = time.perf_counter(); import emotion_classifier; print(time.perf_counter() - s)"


def spread(values: list[float]) -> dict[str, float]:
    """Median and the middle nine tenths."""
    low, middle, high = np.percentile(values, [5, 50, 95])
    return {"median": float(middle), "p5": float(low), "p95": float(high), "n": len(values)}


def per_photo(files: list[Path]) -> list[float]:
    """Milliseconds of each photo, after a warm-up of five."""
    classifier = EmotionClassifier(threads=1)
    for path in files[:5]:
        classifier.predict(path)
    elapsed = []
    for path in files:
        start = time.perf_counter()
        classifier.predict(path)
        elapsed.append(1000 * (time.perf_counter() - start))
    return elapsed


def process_start(photo: Path, runs: int) -> list[float]:
    """Seconds from starting `emotion-classifier predict PHOTO` to its end."""
    command = [sys.executable, "-m", "emotion_classifier", "predict", str(photo), "--json"]
    elapsed = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        elapsed.append(time.perf_counter() - start)
    return elapsed[1:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--runs", type=int, default=7)
    arguments = parser.parse_args()
    files = list(find_photos(arguments.photos))
    imports = [
        float(
            subprocess.run([sys.executable, "-c", _IMPORT], check=True, capture_output=True, text=True).stdout
        )
        for _ in range(arguments.runs)
    ]
    figures = {
        "photo_ms": spread(per_photo(files)),
        "start_to_answer_s": spread(process_start(files[0], arguments.runs)),
        "import_s": spread(imports),
    }
    for name, figure in figures.items():
        middle = f"{figure['p5']:.3f} to {figure['p95']:.3f}"
        print(f"{name:20} median {figure['median']:.3f}  (5–95 %: {middle}, n = {figure['n']})")
    write_results("speed", figures)


if __name__ == "__main__":
    main()
