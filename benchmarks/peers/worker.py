"""A tool's own process, asked photo by photo."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

_ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


class ToolError(Exception):
    """A tool is not installed, or does not start."""


@dataclass(frozen=True)
class Tool:
    """How a tool is started, and what it is.

    Parameters
    ----------
    name, version : str
    command : tuple of str
    size_mib : int or None
        What installing it takes; None where that is not measured.
    step : float
        To what it rounds its scores.
    """

    name: str
    version: str
    command: tuple[str, ...]
    size_mib: int | None
    step: float


@dataclass(frozen=True)
class Answer:
    """What a tool says of one photo.

    Parameters
    ----------
    file : str
    faces : int
        Faces found.
    scores : dict of str to float or None
        Of the face the photo is about, 0 to 1: happy, sad, neutral and whatever else the tool knows; None for what
        its model does not know, and instead of all of them without a face.
    shown : str or None
        The label the tool shows, where that is not the emotion with the highest score.
    p_happy : float or None
        P(happy | happy or sad), where the tool states it.
    ms, decode_ms : float or None
        Milliseconds from the file to the answer, and of these for reading and decoding the file.
    error : str or None
        Why the photo could not be read.
    """

    file: str
    faces: int = 0
    scores: dict[str, float | None] | None = None
    shown: str | None = None
    p_happy: float | None = None
    ms: float | None = None
    decode_ms: float | None = None
    error: str | None = None

    @property
    def label(self) -> str | None:
        """One of happy, neutral, sad, other and uncertain; None without a face."""
        if self.scores is None:
            return None
        # The first of equals, as the tools do it.
        top = self.shown or max(self.scores.items(), key=lambda pair: pair[1] or 0.0)[0]
        return top if top in ("happy", "neutral", "sad", "uncertain") else "other"

    def score(self, name: str) -> float | None:
        """Return one score; None where there is none."""
        return None if self.scores is None else self.scores.get(name)

    @property
    def probability(self) -> float | None:
        """P(happy | happy or sad), 0.5 where both scores are 0; None without a face."""
        if self.p_happy is not None:
            return self.p_happy
        happy, sad = self.score("happy"), self.score("sad")
        if happy is None or sad is None:
            return None
        return happy / (happy + sad) if happy + sad else 0.5


class Worker:
    """A running tool; a context manager. A process that dies over a photo is started anew for the next."""

    def __init__(self, tool: Tool) -> None:
        self.tool = tool
        self._start()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._complaints.close()

    def ask(self, photo: Path) -> Answer:
        """Let the tool read a photo; an answer with an error where it cannot or dies over it."""
        if self._process.poll() is not None:
            self.__exit__()
            self._start()
        assert self._process.stdin and self._process.stdout
        try:
            self._process.stdin.write(json.dumps(str(photo)) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            self._process.wait()
            return Answer(str(photo), error=f"{self.tool.name} ended: {self._last_words()}")
        found: dict[str, Any] = json.loads(line)
        return Answer(**found)

    @property
    def alive(self) -> bool:
        """Whether the process is still there."""
        return self._process.poll() is None

    def _start(self) -> None:
        # A file, since a pipe that nobody reads would fill up and stop the tool.
        self._complaints = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self._process = subprocess.Popen(
            self.tool.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            text=True,
            encoding="utf-8",
            env={**os.environ, **_ONE_THREAD},
        )

    def _last_words(self) -> str:
        """Return its last line that names an error, or else its last line."""
        self._complaints.seek(0)
        lines = [line.strip() for line in self._complaints.read().splitlines() if line.strip()]
        errors = [line for line in lines if re.match(r"[\w.]*Error\b", line)]
        return f"exit status {self._process.returncode}. {(errors or lines or [''])[-1]}".strip()


def cold_start(tool: Tool, photo: Path) -> float:
    """Measure the seconds from starting a tool to its first answer.

    Raises
    ------
    ToolError
        If it ends without one.
    """
    start = perf_counter()
    with Worker(tool) as worker:
        answer = worker.ask(photo)
        elapsed = perf_counter() - start
        if not worker.alive:
            raise ToolError(f"{tool.name} does not start. {answer.error}")
    return elapsed
