"""Kill a search in the middle of a trial, go on, and count what was lost.

The search is killed with signal 9 as soon as `--after` trials are written down and others are in training. Then it is
seen how long its processes live on, and the same command is given again.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from results import write_results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path, help="folder with one folder of happy and one of sad photos")
    parser.add_argument("--recipe", default="transfer")
    parser.add_argument("--trials", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--after", type=int, default=2, help="trials written down before the kill")
    arguments = parser.parse_args()
    if not Path("/proc/self/task").is_dir():
        parser.error("this needs a system that lists a process's children in /proc")
    out = Path(tempfile.mkdtemp()) / "search"
    command = [sys.executable, "-m", "emotion_classifier", "tune", arguments.recipe, str(arguments.photos)]
    command += ["--out", str(out), "--trials", str(arguments.trials), "--epochs", str(arguments.epochs)]
    command += ["--no-baseline", "--json"]
    try:
        figures = measure(command, out / "trials.jsonl", after=arguments.after)
    finally:
        shutil.rmtree(out.parent)
    for name, value in figures.items():
        print(f"{name}: {value}")
    write_results("search_resume", {"command": command[3:5], **figures})


def measure(command: list[str], record: Path, *, after: int) -> dict[str, Any]:
    search = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while len(_lines(record)) < after or not children(search.pid):
        if search.poll() is not None:
            sys.exit(f"The search ended before it could be killed (exit code {search.returncode}).")
        time.sleep(0.01)
    workers = children(search.pid)
    search.kill()
    killed = time.perf_counter()
    search.wait()
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        time.sleep(0.005)
    lived_on = time.perf_counter() - killed
    kept = _lines(record)
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    went_on = time.perf_counter() - started
    trials = _lines(record)
    numbers = [trial["number"] for trial in trials]
    return {
        "trials written down before the kill": len(kept),
        "trials in training at the kill": len(workers),
        "seconds their processes lived on": round(lived_on, 3),
        "trials trained after the kill": len(trials) - len(kept),
        "trials in all": len(set(numbers)),
        "lines changed of those written down": sum(a != b for a, b in zip(kept, trials, strict=False)),
        "trials trained to their end twice": len(numbers) - len(set(numbers)),
        "configurations tried twice": len(trials) - len({json.dumps(t["parameters"]) for t in trials}),
        "seconds to go on to the end": round(went_on, 1),
    }


def children(pid: int) -> list[int]:
    """List the processes of a process: the trials in training."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text().split()] if listed.is_file() else []


def _lines(record: Path) -> list[dict[str, Any]]:
    text = record.read_text(encoding="utf-8") if record.is_file() else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


if __name__ == "__main__":
    main()
