"""What `batch` does with a folder of photos: photos a second with one and two workers, memory, and kills.

Each run is the program as a user starts it, start and end included. The folder is read again and again under other
names until there are `--photos`; of several numbers (`--photos 1000 20000`), figures are written after each. `--kills`
breaks a run off with `kill -9` at random moments and compares what is there in the end with an undisturbed run, row for
row. With `--ray` the same is done by a cluster of Ray on this machine: its processes are not the program's, so memory
is that of the program alone. POSIX only; memory is read from /proc.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from pyarrow import parquet
from results import write_results

from emotion_classifier.batch.cluster import import_ray
from emotion_classifier.photo import find_photos

COMMAND = [sys.executable, "-m", "emotion_classifier", "batch"]
DONE = (0, 3)


def linked(source: Path, folder: Path, number: int) -> Path:
    """Make a folder of so many photos, links to those there are."""
    folder.mkdir()
    for index, photo in enumerate(islice(cycle(list(find_photos(source))), number)):
        place = folder / f"{index // 1000:04}"
        place.mkdir(exist_ok=True)
        (place / f"{index:07}{photo.suffix}").symlink_to(photo.resolve())
    return folder


def processes(parent: int) -> list[int]:
    """Return the ids of a process and of all that it started."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:  # It has ended.
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, waiting = [], [parent]
    while waiting:
        found.append(waiting.pop())
        waiting += children.get(found[-1], [])
    return found


def resident(process: int) -> float:
    """Return the resident memory of a process in MB; 0 if it has ended."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:
        return 0.0


def undisturbed(photos: Path, out: Path, workers: int, *options: str) -> tuple[float, float]:
    """Read a folder once; return the seconds and the most memory that one process had, in MB."""
    command = [*COMMAND, str(photos), str(out), "--workers", str(workers), *options]
    start = time.perf_counter()
    run = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    most = 0.0
    while run.poll() is None:
        most = max(most, *map(resident, processes(run.pid)))
        time.sleep(0.25)
    if run.returncode not in DONE:
        raise SystemExit(f"batch ended with {run.returncode}")
    return time.perf_counter() - start, most


def killed(photos: Path, out: Path, *, kills: int, seconds: float, options: tuple[str, ...]) -> int:
    """Read a folder and break it off again and again, then to the end; return how often it was killed."""
    command = [*COMMAND, str(photos), str(out), "--workers", "2", *options]
    chance, done = random.Random(17), 0
    while done < kills:
        run = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            # So that the last kill, too, is of a run that has something left to do.
            run.wait(chance.uniform(2.0, 2.0 + 1.5 * seconds / kills))
            break
        except subprocess.TimeoutExpired:
            run.kill()
            run.wait()
            done += 1
    if subprocess.run(command, stderr=subprocess.DEVNULL).returncode not in DONE:
        raise SystemExit("the last run did not end well")
    return done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, nargs="+", default=[5000], help="sizes of the folder")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--kills", type=int, default=20, help="in the smallest folder")
    parser.add_argument("--ray", action="store_true", help="on a cluster of Ray, begun before the clock is")
    arguments = parser.parse_args()
    with cluster(max(arguments.workers)) if arguments.ray else nullcontext(()) as options:
        measure(arguments, options)


@contextmanager
def cluster(workers: int) -> Iterator[tuple[str, ...]]:
    """Start Ray on this machine, with a processor for each worker, and give the options of `batch`."""
    ray = import_ray()
    ray.init("local", num_cpus=workers, include_dashboard=False, log_to_driver=False)
    try:
        yield "--ray", ray.get_runtime_context().gcs_address
    finally:
        ray.shutdown()


def measure(arguments: argparse.Namespace, options: tuple[str, ...]) -> None:
    """Read folders of every size, and write the figures after each."""
    name = "batch_ray" if arguments.ray else "batch"
    figures: dict[str, Any] = {}
    for number in arguments.photos:
        # Kills need no large folder.
        kills = arguments.kills if number == min(arguments.photos) else 0
        with tempfile.TemporaryDirectory() as folder:
            figures[f"photos_{number}"] = of_size(number, Path(folder), arguments, kills, options)
        write_results(name, figures)


def of_size(
    number: int, place: Path, arguments: argparse.Namespace, kills: int, options: tuple[str, ...]
) -> dict[str, Any]:
    """Read a folder of so many photos with each number of workers, and break it off."""
    figures: dict[str, Any] = {"photos": number}
    photos = linked(arguments.folder, place / "in", number)
    times: dict[int, list[float]] = {workers: [] for workers in arguments.workers}
    memory: dict[int, float] = dict.fromkeys(arguments.workers, 0.0)
    for turn in range(arguments.runs):  # In turn, so that what else the machine does is shared out.
        for workers in arguments.workers:
            seconds, most = undisturbed(photos, place / f"out-{workers}-{turn}", workers, *options)
            times[workers].append(seconds)
            memory[workers] = max(memory[workers], most)
    for workers, taken in times.items():
        median, low, high = (number / value for value in (statistics.median(taken), max(taken), min(taken)))
        figures[f"workers_{workers}"] = {"median": median, "low": low, "high": high, "n": len(taken)}
        figures[f"workers_{workers}_mb_a_process"] = memory[workers]
        print(
            f"{number:,} photos, {workers} workers: {median:.1f} photos/s "
            f"({low:.1f} to {high:.1f} in {len(taken)} runs), at most {memory[workers]:.0f} MB a process",
            flush=True,
        )
    if 1 in times and 2 in times:
        gain = statistics.median(times[1]) / statistics.median(times[2])
        figures["two_workers_beside_one"] = gain
        print(f"two workers beside one: {gain:.2f} times as fast (n = {arguments.runs} runs of each)")
    if kills:
        seconds = min(min(taken) for taken in times.values())
        done = killed(photos, place / "out", kills=kills, seconds=seconds, options=options)
        whole = parquet.read_table(place / f"out-{arguments.workers[0]}-0")
        same = parquet.read_table(place / "out").equals(whole)
        figures |= {"kills": done, "rows": whole.num_rows, "same_rows": same}
        print(f"{done} kills: {whole.num_rows:,} rows, {'the same' if same else 'NOT the same'}")
    return figures


if __name__ == "__main__":
    main()
