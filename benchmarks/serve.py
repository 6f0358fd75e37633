"""How many photos a second the HTTP API answers, beside `predict_many` and other servers on the same cores.

The load generator runs on the same machine and is counted in. Linux only.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from http_load import form_request, send, until
from results import write_results

from emotion_classifier import EmotionClassifier
from emotion_classifier.photo import find_photos

SERVERS = Path(__file__).parent / "servers"
CORES = len(os.sched_getaffinity(0))
PATH = "/v1/predict"


def commands(lit_python: str | None) -> dict[str, list[str]]:
    """Say how each server is started; the port follows."""
    program = [sys.executable, "-m", "emotion_classifier", "serve", "--no-app", "--log-level", "warning"]
    found = {
        "emotion-classifier serve": [*program, "--port"],
        "plain FastAPI": [sys.executable, str(SERVERS / "plain.py")],
    }
    return found | ({"LitServe": [lit_python, str(SERVERS / "lit.py")]} if lit_python else {})


@contextmanager
def running(command: list[str], probe: bytes) -> Iterator[tuple[int, int]]:
    """Start a server and wait until it reads a photo; its port and process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([*command, str(port)], start_new_session=True)
    try:
        asyncio.run(until(port, probe, lambda status: status == 200))
        yield port, process.pid
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=20)
        with suppress(ProcessLookupError):  # LitServe leaves processes behind.
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def memory_mb(pid: int) -> float:
    """Resident memory of a process and all it started; pages that they share are counted by their share."""
    total, todo = 0.0, [pid]
    while todo:
        now = todo.pop()
        try:
            rollup = Path(f"/proc/{now}/smaps_rollup").read_text()
            for task in Path(f"/proc/{now}/task").iterdir():
                todo += map(int, (task / "children").read_text().split())
        except OSError:
            continue
        total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1000
    return total


def measure(
    command: list[str], requests: list[bytes], arguments: argparse.Namespace, *, ours: bool
) -> dict[str, Any]:
    """Steady load, four times that, and how it is two seconds later."""
    with running(command, requests[0]) as (port, pid):
        asyncio.run(send(port, requests, arguments.connections, seconds=min(5.0, arguments.seconds)))
        before = memory_mb(pid)
        steady = asyncio.run(send(port, requests, arguments.connections, seconds=arguments.seconds))
        heavy = asyncio.run(send(port, requests, 4 * arguments.connections, seconds=arguments.seconds / 3))
        time.sleep(2)
        after = asyncio.run(send(port, requests, 1, most=50))
        figures: dict[str, Any] = {
            "steady": steady.to_dict(),
            "four_times": heavy.to_dict(),
            "two_seconds_later": after.to_dict(),
            "memory_mb": {"before": before, "after": memory_mb(pid)},
        }
        if ours and arguments.memory_requests:
            figures["memory_mb"]["by_requests"] = memory_over(port, pid, requests, arguments)
    return figures


def memory_over(
    port: int, pid: int, requests: list[bytes], arguments: argparse.Namespace
) -> dict[int, float]:
    """Megabytes after each tenth of many requests."""
    step, taken = max(1, arguments.memory_requests // 10), {}
    for number in range(1, 11):
        asyncio.run(send(port, requests, arguments.connections, most=step))
        taken[number * step] = memory_mb(pid)
        print(f"  after {number * step:,} more requests: {taken[number * step]:.0f} MB", flush=True)
    return taken


def many(photos: list[bytes], *, threads: int, processes: int, rounds: int = 3) -> float:
    """Photos a second of `predict_many` in one or several processes, its model loaded."""
    photos = photos * rounds
    parts = [photos[n::processes] for n in range(processes)]
    with ProcessPoolExecutor(processes) as pool:
        list(pool.map(_loaded, [threads] * processes))
        began = time.perf_counter()
        list(pool.map(_read_part, parts))
        return len(photos) / (time.perf_counter() - began)


_classifiers: list[EmotionClassifier] = []


def _loaded(threads: int) -> None:
    _classifiers.append(EmotionClassifier(threads=threads))
    list(_classifiers[0].predict_many([SERVERS.parents[1] / "tests" / "faces_rendered" / "happy" / "01.jpg"]))
    time.sleep(1)  # So that each process gets one.


def _read_part(photos: list[bytes]) -> int:
    return len(list(_classifiers[0].predict_many(photos)))


def show(name: str, figures: dict[str, Any]) -> None:
    """Print what was measured of one server."""
    print(name)
    for phase in ("steady", "four_times", "two_seconds_later"):
        row = figures[phase]
        times = (
            "no answer"
            if row["p50_ms"] is None
            else f"p50 {row['p50_ms']:.0f} ms, p99 {row['p99_ms']:.0f} ms"
        )
        print(
            f"  {phase:18} {row['photos_per_second']:6.1f} photos/s, {times}, "
            f"{row['shed']:,} shed, {row['errors']:,} errors (n = {row['n']:,})"
        )
    memory = figures["memory_mb"]
    print(f"  memory {memory['before']:.0f} MB before, {memory['after']:.0f} MB after", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path, help="folder of photos; the figures are for 612×408 JPEGs")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--memory-requests", type=int, default=0, help="requests to watch the memory over")
    parser.add_argument("--lit-python", help="Python with litserve and this package's dependencies")
    parser.add_argument("--quick", action="store_true", help="try whether it works, and write no file")
    arguments = parser.parse_args()
    photos = [path.read_bytes() for path in find_photos(arguments.photos)]
    requests = [form_request(PATH, f"{number}.jpg", photo) for number, photo in enumerate(photos)]
    figures: dict[str, Any] = {}
    if arguments.quick:
        photos, arguments.seconds = photos[:20], 3.0
    alone = {
        "threads": many(photos, threads=CORES, processes=1),
        "processes": many(photos, threads=1, processes=CORES),
    }
    figures["predict_many_photos_per_second"] = alone
    for kind, rate in alone.items():
        print(f"predict_many with {CORES} {kind}: {rate:.1f} photos/s")
    for name, command in commands(arguments.lit_python).items():
        figures[name] = measure(command, requests, arguments, ours=name == "emotion-classifier serve")
        show(name, figures[name])
        if not arguments.quick:
            write_results("serve", figures)
    rate = figures["emotion-classifier serve"]["steady"]["photos_per_second"]
    figures["share_of_predict_many"] = {kind: rate / value for kind, value in alone.items()}
    for kind, share in figures["share_of_predict_many"].items():
        print(f"share of predict_many in {kind}: {share:.2f}")
    if not arguments.quick:
        write_results("serve", figures)


if __name__ == "__main__":
    main()
