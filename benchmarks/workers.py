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

DONE = (0, 3)  # 3: in some photos no face was found


def seconds(folder: Path, table: Path, workers: int) -> float:
    """Read the folder once."""
    command = [sys.executable, "-m", "emotion_classifier", "predict", str(folder), "--csv", str(table)]
    start = time.perf_counter()
    done = subprocess.run([*command, "--workers", str(workers)], capture_output=True, text=True)
    if done.returncode not in DONE:
        raise SystemExit(f"predict ended with {done.returncode}: {done.stderr}")
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
            write_results("workers", told(elapsed, photos, len(tables)))


def told(elapsed: dict[int, list[float]], photos: int, tables: int) -> dict[str, object]:
    """Print the figures so far, and return them."""
    figures: dict[str, object] = {"photos": photos, "different_tables": tables}
    for workers, times in elapsed.items():
        median, low, high = (photos / value for value in (statistics.median(times), max(times), min(times)))
        figures[f"workers_{workers}"] = {"median": median, "low": low, "high": high, "n": len(times)}
        print(
            f"{workers} workers: {median:.1f} photos/s ({low:.1f} to {high:.1f} in {len(times)} runs of {photos})"
        )
    print(f"{tables} different tables" if tables > 1 else "the same table every time")
    return figures


if __name__ == "__main__":
    main()
