"""Time and memory of `emotion-classifier check` over thousands of photos, in a process of its own (Linux)."""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from results import write_results

from emotion_classifier.data import open_dataset


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lfw", type=Path)
    parser.add_argument("--photos", type=int, default=13_000)
    arguments = parser.parse_args()
    dataset = open_dataset(arguments.lfw)
    with tempfile.TemporaryDirectory() as folder:
        names = [dataset.labels[index] for index in dataset.hard]
        for row in range(arguments.photos):
            place = Path(folder) / "photos" / names[row % len(dataset)]
            place.mkdir(parents=True, exist_ok=True)
            source = dataset.sources[row % len(dataset)]
            content = source if isinstance(source, bytes) else source.read_bytes()
            (place / f"{row:06}.jpg").write_bytes(content)
        command = [sys.executable, "-m", "emotion_classifier", "check", f"{folder}/photos"]
        start = time.perf_counter()
        done = subprocess.run([*command, "--out", f"{folder}/report.html"], capture_output=True, text=True)
        seconds = time.perf_counter() - start
        size = (Path(folder) / "report.html").stat().st_size
    print(done.stdout[:3000])
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(
        f"{arguments.photos} photos: {seconds:.0f} s, at most {memory:.0f} MiB resident, page {size / 1e6:.1f} MB"
    )
    write_results(
        "check_scale",
        {
            "photos": arguments.photos,
            "different_photos": min(arguments.photos, len(dataset)),
            "seconds": round(seconds, 1),
            "resident_mib": round(memory),
            "page_mb": round(size / 1e6, 1),
        },
    )


if __name__ == "__main__":
    main()
