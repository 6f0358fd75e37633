"""A load generator: connections that send requests, made beforehand, as fast as they are answered."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle

import numpy as np

LONGEST = 60.0  # seconds for one answer


@dataclass
class Load:
    """What came of many requests.

    Attributes
    ----------
    statuses : Counter
        Answers by status; 0 stands for a connection that failed or an answer that did not come.
    seconds : list of float
        Of each answer with status 200.
    elapsed : float
        Seconds from the first request to the last answer.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    elapsed: float = 0.0

    def to_dict(self) -> dict[str, float | None]:
        """Rates, percentiles and counts."""
        n = len(self.seconds)
        middle, late = np.percentile(self.seconds, [50, 99]) if n else (None, None)
        return {
            "photos_per_second": n / self.elapsed if self.elapsed else 0.0,
            "p50_ms": None if middle is None else 1000 * float(middle),
            "p99_ms": None if late is None else 1000 * float(late),
            "n": n,
            "shed": self.statuses[429] + self.statuses[503],
            "errors": sum(self.statuses.values()) - n - self.statuses[429] - self.statuses[503],
        }


def form_request(path: str, name: str, content: bytes, *, field_name: str = "photos") -> bytes:
    """Write a POST with one file in a form."""
    head = f'--edge\r\nContent-Disposition: form-data; name="{field_name}"; filename="{name}"\r\n\r\n'
    return request(path, head.encode() + content + b"\r\n--edge--\r\n", "multipart/form-data; boundary=edge")


def request(path: str, body: bytes, kind: str) -> bytes:
    """Write a POST."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode("latin-1") + body


class Connection:
    """One connection that is kept open, and opened again where it was closed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, content: bytes) -> tuple[int, bytes]:
        """Send a request; its status and the body of the answer, (0, b"") where none came."""
        try:
            async with asyncio.timeout(LONGEST):
                if self._streams is None:
                    self._streams = await asyncio.open_connection("127.0.0.1", self._port)
                reader, writer = self._streams
                writer.write(content)
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                _, _, rest = head.partition(b"content-length: ")
                body = await (reader.readexactly(int(rest.split(b"\r\n")[0])) if rest else reader.read())
                if b"connection: close" in head or not rest:
                    self.close()
                return int(head.split(b" ")[1]), body
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, IndexError):
            self.close()
            return 0, b""

    def close(self) -> None:
        """Close it; the next request opens it again."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def send(
    port: int, requests: Sequence[bytes], connections: int, *, seconds: float = 1e9, most: int = 10**12
) -> Load:
    """Send requests over and over, from several connections, until time or number is up."""
    load, began, left = Load(), time.perf_counter(), most
    upcoming: Iterator[bytes] = cycle(requests)

    async def keep_asking() -> None:
        nonlocal left
        connection = Connection(port)
        while left > 0 and time.perf_counter() - began < seconds:
            left -= 1
            start = time.perf_counter()
            status, _ = await connection.ask(next(upcoming))
            load.statuses[status] += 1
            if status == 200:
                load.seconds.append(time.perf_counter() - start)
        connection.close()

    await asyncio.gather(*(keep_asking() for _ in range(connections)))
    load.elapsed = time.perf_counter() - began
    return load


async def until(port: int, content: bytes, accepted: Callable[[int], bool], seconds: float = 120.0) -> None:
    """Send a request again and again until its status is accepted.

    Raises
    ------
    TimeoutError
    """
    connection = Connection(port)
    async with asyncio.timeout(seconds):
        while not accepted((await connection.ask(content))[0]):
            await asyncio.sleep(0.2)
    connection.close()
