"""Send damaged photos and requests to the HTTP API: a 500, a lost connection and a wait over 5 s are faults.

Every request is drawn from its number, so that one that fails can be had again: `--first N --requests 1`.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

from http_load import Connection, form_request, request
from mutations import damaged_picture, mutated, pictures
from PIL import Image
from results import write_results
from serve import PATH, commands, running

FACES = Path(__file__).parents[1] / "tests" / "faces_rendered"
LONGEST = 5.0  # seconds for one answer


def make_requests(numbers: range) -> list[bytes]:
    """Make requests: a damaged photo in a form or in JSON, or a damaged form or JSON around a good one."""
    with Image.open(FACES / "happy" / "01.jpg") as image:
        whole = list(pictures(image.convert("RGB").resize((96, 96))).values())
    return [_request(whole[number % len(whole)], number, Random(f"upload {number}")) for number in numbers]


def _request(photo: bytes, number: int, rng: Random) -> bytes:
    damaged = damaged_picture(photo, rng)
    if number % 4 == 0:
        return form_request(PATH, "a.jpg", damaged)
    if number % 4 == 1:
        body = json.dumps({"photos": [{"content": base64.b64encode(damaged).decode()}]}).encode()
        return request(PATH, body, "application/json")
    if number % 4 == 2:
        body = form_request(PATH, "a.jpg", photo).partition(b"\r\n\r\n")[2]
        edge = rng.choice(("edge", "edge", "other", 'ed"ge', "", "\xe9"))
        return request(PATH, mutated(body, rng), f"multipart/form-data; boundary={edge}")
    entry: Any = {
        "content": base64.b64encode(photo).decode(),
        "file": rng.choice(("a.jpg", None, 3, "\ud800")),
    }
    return request(PATH, mutated(json.dumps({"photos": [entry]}).encode(), rng), "application/json")


async def ask_all(port: int, requests: list[bytes], first: int) -> tuple[Counter[int], list[str], float]:
    """Send each once, four at a time; statuses, faults, and the longest wait."""
    statuses: Counter[int] = Counter()
    faults: list[str] = []
    slowest, upcoming = 0.0, iter(enumerate(requests, first))

    async def keep_asking() -> None:
        nonlocal slowest
        connection = Connection(port)
        for number, content in upcoming:
            began = time.perf_counter()
            status, _ = await connection.ask(content)
            took = time.perf_counter() - began
            statuses[status] += 1
            slowest = max(slowest, took)
            if status in (0, 500) or took > LONGEST:
                faults.append(f"{number}: status {status} after {took:.2f} s")
        connection.close()

    await asyncio.gather(*(keep_asking() for _ in range(4)))
    return statuses, sorted(faults), slowest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first request")
    parser.add_argument("--json", action="store_true", help="print the figures and write no file")
    arguments = parser.parse_args()
    requests = make_requests(range(arguments.first, arguments.first + arguments.requests))
    probe = form_request(PATH, "a.jpg", (FACES / "happy" / "01.jpg").read_bytes())
    with running(commands(None)["emotion-classifier serve"], probe) as (port, _):
        statuses, faults, slowest = asyncio.run(ask_all(port, requests, arguments.first))
    found = {
        "requests": len(requests),
        "statuses": dict(sorted(statuses.items())),
        "faults": faults,
        "slowest_seconds": round(slowest, 3),
    }
    if arguments.json:
        print(json.dumps(found, indent=2))
    else:
        print(
            f"{len(faults)} faults in {len(requests):,} requests; slowest {slowest:.2f} s; {found['statuses']}"
        )
        write_results("fuzz_uploads", found)
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
