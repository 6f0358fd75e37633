"""Processes that train trials: a fresh Python each, no copy of one in which TensorFlow runs."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from emotion_classifier import recipes
from emotion_classifier.errors import RecipeError
from emotion_classifier.experiments.tune.worker import RESULT, Job
from emotion_classifier.recipes import Recipe

LOG = "output.txt"
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
_WAIT = 0.05


class TrialProcess:
    """One trial in training.

    Parameters
    ----------
    job : Job
    threads : int
        For its numerical libraries.

    Raises
    ------
    RecipeError
        If the recipe cannot be handed to another process.
    """

    def __init__(self, job: Job, *, threads: int) -> None:
        self._job, self._started = job, time.perf_counter()
        handed = _pickled(job)
        job.work.mkdir(parents=True, exist_ok=True)
        (job.work / RESULT).unlink(missing_ok=True)
        environment = os.environ | dict.fromkeys(_THREADS, str(threads))
        # So that what this process can import, that one can; -P keeps the current folder out of it.
        environment["PYTHONPATH"] = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
        command = "from emotion_classifier.experiments.tune.worker import main; main()"
        with (job.work / LOG).open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=environment,
                # Ctrl-C is the search's to answer.
                start_new_session=True,
            )
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # It died at once; its exit code says so.
            self._process.stdin.write(handed)
            self._process.stdin.flush()

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether it has come to an end, of whatever kind."""
        return self._process.poll() is not None

    def result(self) -> dict[str, Any]:
        """Read what `worker.run` returned, or say why it could not."""
        self._close()
        path = self._job.work / RESULT
        if path.is_file():
            return dict(json.loads(path.read_text(encoding="utf-8")))
        return {"reason": self._why(), "seconds": time.perf_counter() - self._started}

    def kill(self) -> None:
        """End it now."""
        self._process.kill()
        self._process.wait()
        self._close()

    def _close(self) -> None:
        if self._process.stdin:
            with suppress(BrokenPipeError):
                self._process.stdin.close()

    def _why(self) -> str:
        code = self._process.returncode
        if code == -9:
            return "Its process was killed (signal 9), as the system does when memory runs out."
        said = (self._job.work / LOG).read_text(encoding="utf-8", errors="replace").strip().splitlines()
        last = f": {said[-1]}" if said else ""
        ended = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"Its process ended with {ended}{last}"


def first_ended(running: Sequence[TrialProcess]) -> TrialProcess:
    """Wait for one of several to end."""
    while True:
        for process in running:
            if process.ended:
                return process
        time.sleep(_WAIT)


def reference(recipe: Recipe) -> str | Recipe:
    """Name a recipe of this package; any other is handed over itself."""
    return recipe.name if recipe.name in recipes.SHIPPED and recipes.get(recipe.name) is recipe else recipe


def threads_each(workers: int) -> int:
    """Share the processor's cores between workers."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores // workers)


def _pickled(job: Job) -> bytes:
    try:
        return pickle.dumps(job)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise RecipeError(
            f"The recipe cannot be handed to another process ({error}). Make it of functions that stand at the "
            f"top of a module."
        ) from error
