"""A running web app, a way to ask it, and pictures to ask about."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

import numpy as np
import pytest
from PIL import Image

HERE = Path(__file__).parent
SOURCE = HERE.parents[1] / "src"
SERVE = """
import sys
sys.path.insert(0, sys.argv.pop(1))
from fake_server import watch
sys.addaudithook(watch)
from emotion_classifier.cli import main
main()
"""
# Straight to the app, whatever proxy this machine is set to use.
_open = build_opener(ProxyHandler({})).open


@dataclass
class RunningApp:
    url: str
    temporary: Path
    """Where the app and all that it runs keep temporary files."""
    home: Path
    connections: Path | None
    """What strace saw, where there is strace."""
    process: subprocess.Popen[str]

    def get(self, path: str) -> tuple[dict[str, str], str]:
        with _open(self.url + path, timeout=20) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            return headers, response.read().decode()

    def ask(self, content: bytes, name: str = "photo.jpg") -> str:
        """Give a file as the page does and return all that the page is told to show."""
        token = self.begin()
        told = self.give(token, content, name)
        pages = [self.get(f"/gallery/{token}/{line['number']}")[1] for line in told if "number" in line]
        return "\n".join([json.dumps(told, ensure_ascii=False), *pages])

    def begin(self) -> str:
        """Open a gallery."""
        return str(json.loads(self.post("/gallery", b""))["token"])

    def give(self, token: str, content: bytes, name: str = "photo.jpg") -> list[dict[str, Any]]:
        """Add a file to a gallery and return what is told of it."""
        told = self.post(f"/gallery/{token}?name={quote(name)}", content).decode()
        return [json.loads(line) for line in told.splitlines()]

    def files(self, but_for: Collection[Path] = ()) -> list[Path]:
        """List what the app has written, `but_for` what pages left that were closed before they could say so."""
        return [path for path in self.temporary.rglob("*") if path.is_file() and path not in but_for]

    def post(self, path: str, body: bytes, headers: dict[str, str] | None = None) -> bytes:
        kind = {"Content-Type": "application/octet-stream"}
        request = Request(self.url + path, data=body, headers=kind | (headers or {}))
        with _open(request, timeout=60) as response:
            return bytes(response.read())


def untold_environment(home: Path) -> dict[str, str]:
    """Return this environment without what would keep libraries quiet had this project not done it.

    `home` is made the home folder: what a library keeps for itself shows up there.
    """
    quieting = re.compile("CI$|GITHUB_|GRADIO_|HF_HUB_|ORT_|DO_NOT_TRACK")
    kept = {name: value for name, value in os.environ.items() if not quieting.match(name)}
    home.mkdir()
    places = {name: str(home) for name in ("HOME", "USERPROFILE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")}
    return {**kept, **places, "PYTHONPATH": str(SOURCE)}


@contextmanager
def running(kind: str, folder: Path) -> Iterator[RunningApp]:
    log = folder / "connections.txt"
    temporary = folder / "temporary"
    temporary.mkdir()
    command = [sys.executable, str(HERE / "fake_server.py"), kind]
    strace = shutil.which("strace")
    if strace:  # -D: the child is the app, and strace its grandchild, so that signals reach the app
        command = [
            strace,
            "-D",
            "-f",
            "--seccomp-bpf",
            "-qq",
            "-e",
            "trace=connect",
            "-o",
            str(log),
            *command,
        ]
    environment = {**untold_environment(folder / "home"), "TMPDIR": str(temporary)}
    with started(command, env=environment, cwd=folder) as (url, process):
        yield RunningApp(url, temporary, folder / "home", log if strace else None, process)


@contextmanager
def serving(arguments: list[str], home: Path) -> Iterator[str]:
    """Run a verb that serves a page, as a user does; it ends at the first attempt to reach an outside host."""
    command = [sys.executable, "-c", SERVE, str(HERE), *arguments, "--no-browser"]
    with started(command, env=untold_environment(home)) as (url, process):
        yield url
        assert process.poll() is None


@contextmanager
def started(command: list[str], **options: Any) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run a command that serves a page until the block ends; yields the address of the page."""
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options)
    assert process.stderr
    try:
        said = ""
        for line in process.stderr:
            said += line
            if ready := re.search(r"ready at (\S+)", line):
                break
        else:
            raise AssertionError(f"the page did not start:\n{said}")
        yield ready[1], process
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stderr.close()


@pytest.fixture(scope="session")
def fake_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    with running("fake", tmp_path_factory.mktemp("fake")) as app:
        yield app


@pytest.fixture(scope="session")
def real_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    with running("real", tmp_path_factory.mktemp("real")) as app:
        yield app


@pytest.fixture(scope="session")
def encoded() -> Callable[..., bytes]:
    """A JPEG of noise, in which the fake finds faces, or of one colour, in which it finds none."""

    def encode(*, width: int = 160, height: int = 120, noise: bool = True) -> bytes:
        pixels = np.full((height, width, 3), 120, np.uint8)
        if noise:
            pixels = np.random.default_rng(7).integers(0, 255, pixels.shape, np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "JPEG")
        return buffer.getvalue()

    return encode


@pytest.fixture(scope="session")
def noisy_video(write_video: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten frames of noise, in which the fake finds a face."""
    noise = np.random.default_rng(7).integers(0, 255, (120, 160, 3), np.uint8)
    return write_video(tmp_path_factory.mktemp("video") / "talk.mp4", [noise] * 10)


@pytest.fixture(scope="session")
def smiling() -> bytes:
    """A real photo of a smiling face (NASA, public domain), as scikit-image ships it."""
    data = pytest.importorskip("skimage.data", reason="scikit-image, whose astronaut is the photo, is absent")
    buffer = io.BytesIO()
    Image.fromarray(data.astronaut()).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open the app in a fresh window that notes every address it asks for."""
    contexts = []

    def open_it(app: RunningApp, **options: Any) -> Any:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.requested = []
        context.on("request", lambda request: page.requested.append(request.url))
        page.goto(app.url)
        page.get_by_role("button", name="Choose photos").wait_for(timeout=30_000)
        return page

    yield open_it
    for context in contexts:
        context.close()
