"""A batch on a cluster: a pipeline of Ray Data whose actors read a part of it at a time."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from emotion_classifier.batch.inputs import PartInputs
from emotion_classifier.batch.parts import part_content
from emotion_classifier.classifier import EmotionClassifier
from emotion_classifier.errors import BatchError, missing_extra
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.reading_files import FileReading, ReadingCrew, ReadingOptions

_LOCAL = "local"
_REPORTS_USAGE = "RAY_USAGE_STATS_ENABLED"
_LISTENS_OUTSIDE = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"


Load = Callable[[], EmotionClassifier]


def load_classifier(bundle: Bundle, *, threads: int) -> Load:
    """Return what an actor loads its classifier with: the same folder there, or the default bundle it has itself."""
    path = None if bundle.path == Bundle.default().path else bundle.path.absolute()
    return partial(_load, path, threads, bundle.id)


def _load(path: Path | None, threads: int, bundle_id: str) -> EmotionClassifier:
    classifier = EmotionClassifier(path, threads=threads)
    if classifier.bundle.id != bundle_id:
        raise BatchError(f"The model is {classifier.bundle.id} there, and {bundle_id} here")
    return classifier


class Cluster:
    """A connection to Ray, closed at the end of the block unless it was there before.

    Parameters
    ----------
    address : str
        See `ray.init`; "auto" is the cluster that runs here, "local" a new one, which only this machine reaches.

    Raises
    ------
    BatchError
        If there is no such cluster.
    MissingExtraError
        If Ray is not installed.
    """

    def __init__(self, address: str) -> None:
        if address == _LOCAL:
            # Else its processes listen to every network. Ray names this after the systems where it is so without.
            os.environ.setdefault(_LISTENS_OUTSIDE, "0")
        self._ray = import_ray()
        self._ours = not self._ray.is_initialized()
        if not self._ours:
            return
        try:
            self._ray.init(
                address,
                log_to_driver=False,
                logging_level=logging.ERROR,
                include_dashboard=False if address == _LOCAL else None,
            )
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise BatchError(
                f"There is no Ray cluster at {address!r} ({error}). Start one with: ray start --head "
                f"--disable-usage-stats; or name its address, or {_LOCAL!r} for one that ends with this command."
            ) from error

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        if self._ours:
            self._ray.shutdown()

    def read(
        self,
        load: Load,
        parts: Sequence[PartInputs],
        *,
        size: int,
        options: ReadingOptions,
    ) -> Iterator[tuple[int, bytes]]:
        """Yield the number and the Parquet file of each part, as they are done.

        Parameters
        ----------
        load : callable
            Makes the classifier, once in each actor.
        parts : sequence of PartInputs
        size : int
            Photos of a part.
        options : ReadingOptions
            `workers` is the number of actors, `threads` the processor's cores that each of them takes.

        Raises
        ------
        BatchError
            If the actors cannot run this package.
        """
        if not parts:
            return
        data = self._ray.data
        given = data.from_items([asdict(part) for part in parts], override_num_blocks=len(parts))
        given.context.enable_progress_bars = False
        done = given.map_batches(
            _ReadParts,
            fn_constructor_args=(load, size, options, str(Path.cwd())),
            batch_size=1,
            compute=data.ActorPoolStrategy(
                min_size=1, initial_size=options.workers, max_size=options.workers
            ),
            num_cpus=options.threads,
        )
        try:
            for row in done.iter_rows():
                yield row["part"], row["content"]
        except self._ray.exceptions.RayError as error:
            raise BatchError(
                f"Ray cannot read photos there ({_cause(error)}). Every machine of the cluster needs this package "
                f"in the same version."
            ) from error


class _ReadParts:
    """An actor: it reads parts in a process of its own, which loads the model once.

    A photo that crashes ends that process and not the actor, so it costs no more here than on one machine.
    """

    def __init__(self, load: Load, size: int, options: ReadingOptions, folder: str) -> None:
        with suppress(OSError):  # Addresses are the same from wherever one looks.
            os.chdir(folder)
        self._size = size
        self._crew = ReadingCrew(load(), replace(options, workers=1))

    def __call__(self, batch: Mapping[str, Sequence[Any]]) -> Any:
        """Read each part of a batch; returns a table with its number and its Parquet file."""
        import pyarrow as pa

        parts = map(PartInputs, batch["part"], batch["first"], batch["lines"])
        contents = [self._read(part) for part in parts]
        return pa.table({"part": batch["part"], "content": pa.array(contents, pa.binary())})

    def _read(self, part: PartInputs) -> bytes:
        results: list[FileReading] = []
        self._crew.read(part.photo_files(self._size), done=results.append)
        return part_content(results)


def import_ray() -> Any:
    """Import Ray so that it does not report what it is used for to its makers."""
    os.environ.setdefault(_REPORTS_USAGE, "0")
    try:
        import ray.data
    except ImportError as error:
        raise missing_extra("ray", "ray") from error
    logging.getLogger("ray.data").setLevel(logging.WARNING)
    logging.getLogger("ray.data._internal.progress").setLevel(logging.ERROR)  # that its own bars are off
    return ray


def _cause(error: Exception) -> str:
    """Return the last line of an error of Ray, which is a traceback from another machine."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1].strip()
