"""A running service, with its model or without."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

HERE = Path(__file__).parent
ENVIRONMENT = os.environ | {"PYTHONPATH": str(HERE.parents[2] / "src")}
FAKE = [sys.executable, str(HERE / "fake_service.py")]


@dataclass
class Service:
    process: subprocess.Popen[str]
    url: str
    log: list[dict[str, Any]] = field(default_factory=list)

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.url.removeprefix("http://").split(":")
        return host, int(port)

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=60, trust_env=False, **options)

    def send(self, *photos: bytes, **options: Any) -> httpx.Response:
        files = [("photos", (f"{number}.jpg", content)) for number, content in enumerate(photos, 1)]
        with self.client() as client:
            return client.post("/v1/predict", files=files, **options)


@contextmanager
def running(command: list[str]) -> Iterator[Service]:
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
    assert process.stderr
    said, reader = [], None
    try:
        for line in process.stderr:
            said.append(line)
            if found := re.search(r'"url": "([^"]+)"', line):
                break
        else:
            raise AssertionError(f"the service did not start:\n{''.join(said)}")
        service = Service(process, found[1])
        reader = Thread(target=lambda: service.log.extend(map(json.loads, process.stderr or ())))
        reader.start()
        _await_ready(service)
        yield service
    finally:
        process.terminate()
        process.wait(timeout=30)
        if reader:
            reader.join(timeout=10)
        process.stderr.close()


def _await_ready(service: Service) -> None:
    with service.client() as client:
        for _ in range(600):
            if client.get("/health/ready").status_code == 200:
                return
            time.sleep(0.05)
    raise AssertionError("the service did not become ready")


Start = Callable[..., AbstractContextManager[Service]]


@pytest.fixture(scope="session")
def start() -> Start:
    """Start a service without a model; keywords are those of `ServeOptions`."""
    return lambda **options: running([*FAKE, json.dumps(options)])


@pytest.fixture(scope="session")
def plain(start: Start) -> Iterator[Service]:
    """A service without a model, for tests that leave it as it is."""
    with start(limits={"max_bytes": 5000, "max_files": 3, "receive_seconds": 1.0}) as service:
        yield service


@pytest.fixture(scope="session")
def real() -> Iterator[Service]:
    """The service as the command line starts it, with the default model and one worker."""
    command = [sys.executable, "-m", "emotion_classifier", "serve", "--no-app", "--port", "0"]
    with running([*command, "--workers", "1", "--max-faces", "2"]) as service:
        yield service
