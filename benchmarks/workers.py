"""How much faster several processes read a folder: photos a second of `predict --csv`, start and end included."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from results import write_results

from emotion_classifier.photo import find_photos


def seconds(folder: Path, table: Path, workers: int) -> float:
    """Read the folder once."""
    command = [sys.executable, "-m", "emotion_classifier", "predict", str(folder), "--csv", str(table)]
    start = time.perf_counter()
    subprocess.run([*command, "--workers", str(workers)], check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    photos = sum(1 for _ in find_photos(arguments.photos))
    elapsed: dict[int, list[float]] = {workers: [] for workers in arguments.workers}
    tables = set()
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "faces.csv"
        for _ in range(arguments.runs):  # In turn, so that what else the machine does is shared out.
            for workers, times in elapsed.items():
                times.append(seconds(arguments.photos, table, workers))
                tables.add(table.read_bytes())
    figures = {}
    for workers, times in elapsed.items():
        median, low, high = (photos / value for value in (statistics.median(times), max(times), min(times)))
        figures[f"workers_{workers}"] = {"median": median, "low": low, "high": high, "n": len(times)}
        print(
            f"{workers} workers: {median:.1f} photos/s ({low:.1f} to {high:.1f} in {len(times)} runs of {photos})"
        )
    print(f"{len(tables)} different tables" if len(tables) > 1 else "the same table every time")
    write_results("workers", figures)


if __name__ == "__main__":
    main()
