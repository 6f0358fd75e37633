"""Read damaged pictures, metadata and Parquet files by the thousand, in a process that may crash, hang or swell.

Every input is drawn from its number, so that one that fails can be had again: `--first N --pictures 1`. With `--kept`,
a run that was stopped goes on where it was. POSIX only.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from mutations import damaged_picture, metadata, pictures, write_parquet
from PIL import Image
from results import write_results

from emotion_classifier import EmotionClassifier
from emotion_classifier.data import read_folder, read_parquet
from emotion_classifier.errors import DatasetError
from emotion_classifier.reading import NO_FACE

FACES = Path(__file__).parents[1] / "tests" / "faces_rendered"
LONGEST = 5.0  # seconds of processor time for one input: a busy machine makes nothing hang
PATIENCE = 300.0  # seconds without a word, whatever the processor did
PART = 1_000  # inputs between two writings of `--kept`
MOST_MEMORY = 2 * 1000**3  # bytes

Try = Callable[[int], str]


def picture_tries(_: Path) -> Try:
    """Give damaged pictures of every format to `predict`, and to nothing else."""
    with Image.open(FACES / "happy" / "01.jpg") as image:
        whole = list(pictures(image.convert("RGB").resize((96, 96))).items())
    classifier = EmotionClassifier()

    def attempt(number: int) -> str:
        kind, content = whole[number % len(whole)]
        damaged = damaged_picture(content, Random(f"picture {number}"))
        read = classifier.predict(damaged).reason in (None, NO_FACE)
        return f"{kind}: {'read' if read else 'refused'}"

    return attempt


def table_tries(folder: Path) -> Try:
    """Give metadata files to `read_folder`, and Parquet files to `read_parquet`, in turn."""
    root = Path(shutil.copytree(FACES, folder / "photos", dirs_exist_ok=True))
    names = [path.relative_to(root).as_posix() for path in sorted(root.glob("*/*"))]
    picture = (root / names[0]).read_bytes()

    def attempt(number: int) -> str:
        rng = Random(f"table {number}")
        if number % 2:
            name, content = metadata(rng, names)
            path, given = root / name, root
            path.write_bytes(content)
        else:
            name = rng.choice(("train.parquet", "test-00000-of-00001.parquet"))
            path = given = folder / name
            write_parquet(path, rng, picture)
        try:
            read_folder(given) if given == root else read_parquet(given)
        except DatasetError:
            return f"{name}: refused"
        finally:
            path.unlink()
        return f"{name}: read"

    return attempt


@dataclass
class Tally:
    """What came of the inputs."""

    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest: float = 0.0
    peak_mb: float = 0.0

    def add(self, other: Tally) -> None:
        """Take in what came of further inputs."""
        self.outcomes += other.outcomes
        self.faults += other.faults
        self.slowest = max(self.slowest, other.slowest)
        self.peak_mb = max(self.peak_mb, other.peak_mb)

    def to_dict(self) -> dict[str, Any]:
        """Lay it out for a file of results."""
        read = sum(n for name, n in self.outcomes.items() if name.endswith(": read"))
        total = sum(self.outcomes.values())
        return {
            "inputs": total + len(self.faults),
            "read": read / total if total else None,
            "outcomes": dict(sorted(self.outcomes.items())),
            "faults": self.faults,
            "slowest_seconds": round(self.slowest, 3),
            "peak_mb": round(self.peak_mb),
        }


def run_in_parts(make: Callable[[Path], Try], numbers: range, name: str, kept: Path | None) -> Tally:
    """Try all numbers part by part; those whose outcome is kept are not tried again."""
    tally = Tally()
    for at in range(numbers.start, numbers.stop, PART):
        part = range(at, min(at + PART, numbers.stop))
        file = kept / f"{name}-{part.start}-{part.stop}.json" if kept else None
        if file and file.is_file():
            told = json.loads(file.read_text(encoding="utf-8"))
            tally.add(Tally(**{**told, "outcomes": Counter(told["outcomes"])}))
            continue
        found = run(make, part, name)
        tally.add(found)
        if file:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(vars(found)), encoding="utf-8")
    return tally


def run(make: Callable[[Path], Try], numbers: range, progress: str) -> Tally:
    """Try all numbers; after a crash or a hang, go on behind the input that caused it."""
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        at = numbers.start
        while at < numbers.stop:
            reads, writes = os.pipe()
            child = os.fork()
            if child == 0:
                os.close(reads)
                _work(make, Path(folder), range(at, numbers.stop), writes)
            os.close(writes)
            at = _listen(reads, child, at, tally, progress)
            os.close(reads)
    return tally


def _work(make: Callable[[Path], Try], folder: Path, numbers: range, out: int) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    with os.fdopen(out, "w", buffering=1) as pipe:
        attempt = make(folder)
        for number in (0, 1):  # So that what is imported and loaded at first use counts for no input.
            attempt(number)
        pipe.write("ready\n")
        for number in numbers:
            began = time.process_time()
            try:
                outcome = attempt(number)
            except BaseException as error:
                outcome = f"! {type(error).__name__}: {str(error)[:200]}".replace("\n", " ")
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
            pipe.write(json.dumps([number, outcome, time.process_time() - began, memory]) + "\n")
    os._exit(0)


def _listen(pipe: int, child: int, first: int, tally: Tally, progress: str) -> int:
    """Take in what a process says until it ends; return the number to go on with."""
    at = first
    for line in _lines(pipe, child):
        if line == "ready":
            continue
        number, outcome, seconds, memory = json.loads(line)
        at = number + 1
        tally.slowest, tally.peak_mb = max(tally.slowest, seconds), max(tally.peak_mb, memory)
        if outcome.startswith("!"):
            tally.faults.append(f"{number}: {outcome[2:]}")
        else:
            tally.outcomes[outcome] += 1
        if number % 1000 == 999:
            print(f"{progress} {number + 1}: {len(tally.faults)} faults", file=sys.stderr, flush=True)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        how = "hung" if os.WTERMSIG(status) == signal.SIGKILL else f"died of signal {os.WTERMSIG(status)}"
        tally.faults.append(f"{at}: {how}")
        return at + 1
    if os.WEXITSTATUS(status):
        raise SystemExit(f"the process of {progress} ended with {os.WEXITSTATUS(status)} at {at}")
    return at


def _lines(pipe: int, child: int) -> Iterator[str]:
    """Give lines as they come; end when the pipe closes, or when an input takes too long."""
    rest, most = b"", 120.0  # The first takes as long as imports and models take to load.
    while True:
        began, spent = time.monotonic(), _processor_time(child)
        while not select.select([pipe], [], [], LONGEST)[0]:
            if _processor_time(child) - spent > most or time.monotonic() - began > PATIENCE:
                os.kill(child, signal.SIGKILL)
                return
        chunk = os.read(pipe, 65536)
        if not chunk:  # It closes when the process ends.
            return
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line.decode() for line in whole)
        most = LONGEST


def _processor_time(process: int) -> float:
    """Seconds of processor time that a process has spent (Linux; elsewhere that of the wall clock)."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return time.monotonic()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--tables", type=int, default=10_000, help="metadata files and Parquet files")
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--kept", type=Path, help="folder with what came of the parts that are done")
    parser.add_argument("--json", action="store_true", help="print the figures and write no file")
    arguments = parser.parse_args()
    kinds = {"pictures": (picture_tries, arguments.pictures), "tables": (table_tries, arguments.tables)}
    found = {}
    for name, (make, n) in kinds.items():
        numbers = range(arguments.first, arguments.first + n)
        found[name] = run_in_parts(make, numbers, name, arguments.kept).to_dict()
    if arguments.json:
        print(json.dumps(found, indent=2))
    else:
        for name, tally in found.items():
            print(
                f"{name}: {len(tally['faults'])} faults in {tally['inputs']:,}; slowest {tally['slowest_seconds']} s, "
                f"at most {tally['peak_mb']:,} MB"
            )
        write_results("fuzz", found)
    sys.exit(any(tally["faults"] for tally in found.values()))


if __name__ == "__main__":
    main()
