"""Processes that read photos, the queue before them, and the small batches they take from it.

Processes rather than threads: on two cores, two threads read half as many photos again as one, two processes nearly
twice as many, since finding faces is in good part Python; the loop that talks to clients is never held up; and what
crashes or hangs on a photo can be ended without ending the service.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from emotion_classifier.serving.api.frames import LENGTH, Answer, Photo, pack_photos, unpack_answers
from emotion_classifier.serving.api.options import Batching, Model

if TYPE_CHECKING:
    from emotion_classifier.serving.api.metrics import Metrics

_STARTING_SECONDS = 120.0
# Else OpenBLAS starts a thread for each core in each worker, which small numbers of processes that are allowed forbid.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
_PAUSE_SECONDS = 1.0  # before a worker that did not start is tried again
_logger = logging.getLogger(__name__)


class QueueFullError(Exception):
    """More photos than may wait."""


class _WorkerLost(Exception):
    """A worker ended, or was ended, before it answered."""

    def __init__(self, outcome: str) -> None:
        super().__init__(outcome)
        self.outcome = outcome


@dataclass(eq=False)
class _Job:
    photo: Photo
    answer: asyncio.Future[Answer]
    since: float = field(default_factory=time.monotonic)
    alone: bool = False  # It may have cost a worker its life.


def worker_command(model: Model) -> list[str]:
    """Say how a process that reads photos is started."""
    return [sys.executable, "-m", "emotion_classifier.serving.api.worker", json.dumps(asdict(model))]


class _Worker:
    """One process and the pipes to it."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdin=pipe, stdout=pipe, env=_ONE_THREAD | os.environ
        )
        await self._answers(_STARTING_SECONDS)

    async def read(self, photos: Sequence[Photo], seconds: float) -> list[Answer]:
        assert self._process and self._process.stdin
        self._process.stdin.write(pack_photos(photos))
        return await self._answers(seconds)

    async def _answers(self, seconds: float) -> list[Answer]:
        assert self._process and self._process.stdout
        try:
            async with asyncio.timeout(seconds):
                size = int.from_bytes(await self._process.stdout.readexactly(LENGTH), "big")
                return unpack_answers(await self._process.stdout.readexactly(size))
        except TimeoutError:
            raise _WorkerLost("too slow") from None
        except (asyncio.IncompleteReadError, ConnectionError):
            raise _WorkerLost("crashed") from None

    async def stop(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
            self._process = None


class ReadingPool:
    """Photos in, answers out; to be used from one event loop.

    Parameters
    ----------
    command : sequence of str
        Starts a worker; see `worker_command`.
    options : Batching
    photo_seconds : float
        After which a photo is given up.
    metrics : Metrics
    """

    def __init__(
        self, command: Sequence[str], options: Batching, *, photo_seconds: float, metrics: Metrics
    ) -> None:
        self._options = options
        self._photo_seconds = photo_seconds
        self._metrics = metrics
        self._waiting: deque[_Job] = deque()
        self._arrived = asyncio.Event()
        self._counter = asyncio.Lock()  # One worker at a time fills its batch.
        self._idle = 0
        self._ready: set[_Worker] = set()
        self._workers = [_Worker(command) for _ in range(options.workers)]
        self._tasks: list[asyncio.Task[None]] = []
        metrics.watch_queue(lambda: self.waiting)

    @property
    def waiting(self) -> int:
        """Photos in the queue."""
        return len(self._waiting)

    @property
    def full(self) -> bool:
        """Whether not even one more photo may wait."""
        return self.waiting >= self._options.queue

    @property
    def ready(self) -> bool:
        """Whether a worker has its model loaded."""
        return bool(self._ready)

    def start(self) -> None:
        """Start the workers; `ready` says when there is one."""
        self._tasks = [asyncio.create_task(self._run(worker)) for worker in self._workers]

    async def close(self) -> None:
        """End the workers; what still waits is cancelled."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(worker.stop() for worker in self._workers))
        while self._waiting:
            self._waiting.popleft().answer.cancel()

    async def read(self, photos: Sequence[Photo]) -> list[Answer]:
        """Queue photos and wait for their answers; if this is cancelled, those that still wait are dropped.

        Raises
        ------
        QueueFullError
            If they do not all fit; none is queued then.
        """
        if self.waiting + len(photos) > self._options.queue:
            raise QueueFullError
        loop = asyncio.get_running_loop()
        jobs = [_Job(photo, loop.create_future()) for photo in photos]
        self._waiting.extend(jobs)
        self._arrived.set()
        try:
            return await asyncio.gather(*(job.answer for job in jobs))
        finally:
            for job in jobs:
                with contextlib.suppress(ValueError):  # A worker has it, or had it.
                    self._waiting.remove(job)
                job.answer.cancel()

    async def _run(self, worker: _Worker) -> None:
        while True:
            try:
                await worker.start()
                if not self._ready:
                    _logger.info("ready")
                self._ready.add(worker)
                await self._serve(worker)
            except (_WorkerLost, OSError):
                await asyncio.sleep(0 if worker in self._ready else _PAUSE_SECONDS)
            except Exception as error:
                _logger.error("worker failed", extra={"fields": {"error": type(error).__name__}})
                await asyncio.sleep(_PAUSE_SECONDS)
            self._ready.discard(worker)
            self._metrics.restarts.inc()
            _logger.warning("worker replaced")
            await worker.stop()

    async def _serve(self, worker: _Worker) -> None:
        while True:
            jobs = await self._batch()
            began = time.monotonic()
            try:
                answers = await worker.read([job.photo for job in jobs], self._photo_seconds)
            except _WorkerLost as lost:
                self._after_loss(jobs, lost.outcome)
                raise
            self._metrics.inference_seconds.observe(time.monotonic() - began)
            for job, answer in zip(jobs, answers, strict=True):
                self._give(job, answer)

    def _after_loss(self, jobs: Sequence[_Job], outcome: str) -> None:
        """Give up the photo that cost a worker its life; if it was one of several, try each on its own."""
        if len(jobs) == 1:
            self._give(jobs[0], _given_up(jobs[0].photo, outcome, self._photo_seconds))
            return
        for job in reversed([job for job in jobs if not job.answer.done()]):
            job.alone = True
            self._waiting.appendleft(job)
        self._arrived.set()

    def _give(self, job: _Job, answer: Answer) -> None:
        self._metrics.photos.labels(answer.outcome).inc()
        self._metrics.faces.inc(answer.faces)
        if not job.answer.done():
            job.answer.set_result(answer)

    async def _batch(self) -> list[_Job]:
        """Wait for photos, and a little longer for company; take this worker's share of them."""
        self._idle += 1
        try:
            async with self._counter:
                while not (jobs := self._take()):
                    self._arrived.clear()
                    await self._arrived.wait()
                    if self.waiting < self._options.batch_size:
                        await asyncio.sleep(self._options.window_seconds)
        finally:
            self._idle -= 1
        now = time.monotonic()
        for job in jobs:
            self._metrics.queue_seconds.observe(now - job.since)
        self._metrics.batch_size.observe(len(jobs))
        return jobs

    def _take(self) -> list[_Job]:
        # What waits is shared out among the workers that have nothing to do.
        share = min(self._options.batch_size, -(-self.waiting // self._idle))
        jobs: list[_Job] = []
        while self._waiting and len(jobs) < share and not (jobs and self._waiting[0].alone):
            jobs.append(self._waiting.popleft())
            if jobs[-1].alone:
                break
        return jobs


def _given_up(photo: Photo, outcome: str, seconds: float) -> Answer:
    why = {
        "too slow": f"took longer than {seconds:g} s to read and was given up. Save it smaller.",
        "crashed": "made its decoder crash. Save it anew.",
    }[outcome]
    line: dict[str, object] = {
        "file": photo.name,
        "readings": [],
        "reason": f"{photo.name} {why}",
        "note": None,
    }
    return Answer(json.dumps(line), outcome)
