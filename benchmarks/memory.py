"""Resident memory while photos stream through `predict_many`."""

from __future__ import annotations

import argparse
from itertools import cycle, islice
from pathlib import Path

from results import write_results

from emotion_classifier import EmotionClassifier
from emotion_classifier.photo import find_photos


def resident_mb() -> float:
    """Resident set size of this process, in MB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--count", type=int, default=10_000)
    arguments = parser.parse_args()
    files = islice(cycle(list(find_photos(arguments.photos))), arguments.count)
    samples = {}
    for number, _ in enumerate(EmotionClassifier().predict_many(files), start=1):
        if number % 500 == 0:
            samples[number] = resident_mb()
            print(f"{number:6} photos  {samples[number]:.1f} MB", flush=True)
    growth = max(samples.values()) - samples[min(samples)]
    print(f"growth after the first {min(samples)}: {growth:.1f} MB (n = {arguments.count} photos)")
    write_results("memory", {"resident_mb": samples, "growth_mb": growth, "n": arguments.count})


if __name__ == "__main__":
    main()
