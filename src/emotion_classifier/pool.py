"""Jobs in processes of their own, which end with the process that started them, however that ends.

Every process is a fresh Python: TensorFlow does not survive a fork. Jobs arrive on its standard input, a pipe that
closes when the parent is gone, even by kill -9; a thread waits for that and ends the process at once.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from emotion_classifier.errors import EmotionClassifierError

# TensorFlow reads its two only when it is imported; the others are those of OpenMP and of numpy's library.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
_COMMAND = "from emotion_classifier.pool import main; main({modules!r})"
_LAST_WORDS = 4096
# What is done with what all jobs share and with a job's own argument.
Task = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Job:
    """One thing to be done; `name` tells it from the others where something goes wrong."""

    name: str
    argument: Any


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a job.

    Parameters
    ----------
    job : Job
    value : object
        What the task returned; None where it failed.
    reason : str or None
        Why it failed.
    died : bool
        Whether the process ended before it could answer, as it does when memory runs out.
    seconds : float
    """

    job: Job
    value: Any = None
    reason: str | None = None
    died: bool = False
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class PoolOptions:
    """How many processes work, and how.

    Parameters
    ----------
    workers : int
        Processes at work at a time.
    threads : int
        For the numerical libraries of each.
    fresh : bool
        Start a new process for every job, rather than let one do job after job.
    seconds : float or None
        Longest that a job may take, with the start of its process; then the process is killed. None: any time.
    """

    workers: int = 1
    threads: int = 1
    fresh: bool = False
    seconds: float | None = None


def run_jobs(
    task: Task,
    shared: Any,
    *,
    following: Callable[[], Job | None],
    done: Callable[[Outcome], None],
    options: PoolOptions,
) -> None:
    """Do jobs in other processes until there are no more.

    Whatever ends this call, an exception or Ctrl+C among them, ends the processes.

    Parameters
    ----------
    task : callable
        Called with `shared` and a job's argument; a function at the top of a module.
    shared : object
        Handed once to every process.
    following : callable
        Gives the next job; None: there is none, or none before another has ended.
    done : callable
        Called with each outcome, in this thread.
    options : PoolOptions

    Raises
    ------
    EmotionClassifierError
        If something cannot be handed to another process.
    """
    with Crew(task, shared, options=options) as crew:
        crew.run(following=following, done=done)


def run_here(
    task: Task, shared: Any, *, following: Callable[[], Job | None], done: Callable[[Outcome], None]
) -> None:
    """Do jobs one after another in this process; `run_jobs` says what the parameters mean."""
    while job := following():
        done(_attempt(task, shared, job))


def threads_each(workers: int) -> int:
    """Share the processor's cores between workers."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores // workers)


class Standby:
    """Processes that import what they will need while it is still to be found out what there is to do.

    Those that no `Crew` took end with the block.

    Parameters
    ----------
    modules : tuple of str
        What they import.
    options : PoolOptions
    """

    def __init__(self, modules: tuple[str, ...], *, options: PoolOptions) -> None:
        self._waiting = [_Process(options.threads, modules) for _ in range(options.workers)]

    def __enter__(self) -> Standby:
        return self

    def __exit__(self, *_: object) -> None:
        while process := self.take():
            process.kill()
            process.close()

    def take(self) -> _Process | None:
        """Hand a process over to whoever ends it; None: there is none left."""
        return self._waiting.pop() if self._waiting else None


class Crew:
    """Processes that wait for jobs; they end with the block.

    Parameters
    ----------
    task, shared
        See `run_jobs`.
    options : PoolOptions
    standby : Standby or None
        Processes to begin with, which were started with as many threads.

    Raises
    ------
    EmotionClassifierError
        If they cannot be handed to another process.
    """

    def __init__(
        self, task: Task, shared: Any, *, options: PoolOptions, standby: Standby | None = None
    ) -> None:
        self._handed, self._options, self._standby = _pickled((task, shared)), options, standby
        self._lock = threading.Lock()
        self._all: set[_Process] = set()
        self._idle: list[_Process] = []
        self._ended = False

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes."""
        self._end()
        for process in self._all:
            process.close()

    def run(self, *, following: Callable[[], Job | None], done: Callable[[Outcome], None]) -> None:
        """Do jobs until there are no more; `run_jobs` says what the parameters mean.

        Whatever else ends this call ends the processes.
        """
        running: set[Future[Outcome]] = set()
        with ThreadPoolExecutor(self._options.workers) as threads:
            try:
                while True:
                    while len(running) < self._options.workers and (job := following()):
                        running.add(threads.submit(self._do, job, _pickled(job)))
                    if not running:
                        return
                    ended, running = wait(running, return_when=FIRST_COMPLETED)
                    for future in ended:
                        done(future.result())
            except BaseException:
                self._end()
                raise

    def _do(self, job: Job, handed: bytes) -> Outcome:
        process = self._take()
        if process is None:
            return Outcome(job=job, reason="It was stopped.", died=True)
        outcome = process.do(job, handed, self._options.seconds)
        self._give_back(process, usable=not (outcome.died or self._options.fresh))
        return outcome

    def _end(self) -> None:
        with self._lock:
            self._ended = True
            for process in self._all:
                process.kill()

    def _take(self) -> _Process | None:
        with self._lock:
            if self._ended:
                return None
            if self._idle:
                return self._idle.pop()
            process = self._standby.take() if self._standby else None
            process = process or _Process(self._options.threads)
            process.prepare(self._handed)
            self._all.add(process)
            return process

    def _give_back(self, process: _Process, *, usable: bool) -> None:
        with self._lock:
            if usable:
                self._idle.append(process)
            else:
                process.kill()
                process.close()
                self._all.discard(process)


class _Process:
    """A fresh Python that does one job after another."""

    def __init__(self, threads: int, modules: tuple[str, ...] = ()) -> None:
        environment = os.environ | dict.fromkeys(_THREADS, str(threads))
        # So that what this process can import, that one can; -P keeps the current folder out of it.
        environment["PYTHONPATH"] = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
        self._handed: bytes | None = None
        self._late = threading.Event()
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 – it stays open as long as the process runs.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _COMMAND.format(modules=modules)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env=environment,
            # Ctrl+C is the parent's to answer.
            start_new_session=True,
        )

    def prepare(self, handed: bytes) -> None:
        """Have it told, before its first job, what all jobs share."""
        self._handed = handed

    def do(self, job: Job, handed: bytes, seconds: float | None) -> Outcome:
        """Hand over a job and wait for its outcome, so long and no longer."""
        if seconds is None:
            return self._do(job, handed)
        timer = threading.Timer(seconds, self._stop)
        timer.start()
        outcome = self._do(job, handed)
        timer.cancel()
        timer.join()  # Where it was too late to cancel it, the process is gone, and nobody else may get it.
        if not self._late.is_set():
            return outcome
        reason = f"It took longer than {seconds:g} s and was stopped."
        return Outcome(job=job, reason=reason, died=True, seconds=outcome.seconds)

    def _stop(self) -> None:
        self._late.set()
        self.kill()

    def _do(self, job: Job, handed: bytes) -> Outcome:
        started = time.perf_counter()
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            for content in (self._handed, handed):
                if content is not None:
                    pickle.dump(content, self._process.stdin)
            self._handed = None
            self._process.stdin.flush()
            value, reason, seconds = pickle.load(self._process.stdout)
        except (OSError, EOFError, pickle.UnpicklingError):
            self._process.wait()
            return Outcome(job=job, reason=self._why(), died=True, seconds=time.perf_counter() - started)
        return Outcome(job=job, value=value, reason=reason, seconds=seconds)

    def kill(self) -> None:
        """End it now."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Close what it is connected by, once it has ended and nobody waits for it."""
        for file in (self._process.stdin, self._process.stdout, self._said):
            if file is not None:
                with suppress(OSError):  # What it did not read before it ended.
                    file.close()

    def _why(self) -> str:
        code = self._process.returncode
        if code == -9:
            return "Its process was killed (signal 9), as the system does when memory runs out."
        self._said.seek(max(0, self._said.seek(0, os.SEEK_END) - _LAST_WORDS))
        said = self._said.read().decode(errors="replace").strip().splitlines()
        last = f": {said[-1]}" if said else ""
        ended = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"Its process ended with {ended}{last}"


def main(modules: tuple[str, ...]) -> None:
    """Work in a process that `run_jobs` started: do what arrives on standard input, answer on standard output.

    Parameters
    ----------
    modules : tuple of str
        To import at once.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # What libraries print is no answer.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    arrived: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(arrived,), daemon=True).start()
    try:
        for module in modules:
            import_module(module)
        task, shared = pickle.loads(arrived.get())
        while True:
            outcome = _attempt(task, shared, pickle.loads(arrived.get()))
            pickle.dump((outcome.value, outcome.reason, outcome.seconds), answers)
            answers.flush()
    except BaseException:
        traceback.print_exc()
    # An orderly end would wait for the thread that waits for the parent.
    os._exit(1)


def _receive(arrived: queue.SimpleQueue[bytes]) -> None:
    """Unpack bytes and no more, so that nothing keeps this thread from seeing the end of the parent."""
    while True:
        try:
            arrived.put(pickle.load(sys.stdin.buffer))
        except Exception:  # The pipe closed, perhaps in the middle.
            os._exit(1)


def _attempt(task: Task, shared: Any, job: Job) -> Outcome:
    """Do a job; whatever a library raises is that job's failure and no other's."""
    started = time.perf_counter()
    value, reason = None, None
    try:
        value = task(shared, job.argument)
    except EmotionClassifierError as error:
        reason = str(error)
    except MemoryError:
        reason = "It ran out of memory."
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
    return Outcome(job=job, value=value, reason=reason, seconds=time.perf_counter() - started)


def _pickled(content: Any) -> bytes:
    try:
        return pickle.dumps(content)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise EmotionClassifierError(
            f"A job cannot be handed to another process ({error}). Make what it needs, such as a recipe, of functions "
            f"and classes that stand at the top of a module."
        ) from error
