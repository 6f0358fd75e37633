"""A batch from its beginning, or from where it was killed, to its end."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emotion_classifier.batch.inputs import Inputs, part_inputs, photo_files
from emotion_classifier.batch.parts import BatchFolder, part_content
from emotion_classifier.batch.sources import is_remote
from emotion_classifier.batch.summary import Summary, summarise
from emotion_classifier.classifier import EmotionClassifier
from emotion_classifier.errors import BatchError
from emotion_classifier.files import atomic_write, replacing
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.pool import Standby
from emotion_classifier.reading_files import TOGETHER, FileReading, ReadingOptions, read_files

_FORMAT = 1
# How each thing that was asked for is called where it differs, and what to do to go on as before.
_WORDS = {
    "input": "reads {}",
    "model": "was begun with the model {}",
    "bundle": "was begun with another bundle of this id",
    "cropped": "was begun with cropped={}",
    "binary": "was begun with binary={}",
    "column": "was begun with the column {}",
    "part_size": "was begun with {} photos a part",
    "format": "was written by another version of this package",
}


@dataclass(frozen=True, kw_only=True)
class BatchOptions:
    """How a batch is read.

    Parameters
    ----------
    workers : int
        Processes.
    threads : int
        For the networks of each.
    cropped, binary : bool
        See `ReadingOptions`.
    column : str or None
        See `Inputs`.
    part_size : int
        Photos whose rows are in one file; a multiple of 8, so that what is read together does not depend on kills.
    seconds : float
        Longest that a few photos, and one of them alone, may take.
    as_begun : bool
        Go on with the photos that were found when the batch began, although the input holds others by now.
    """

    workers: int = 1
    threads: int = 1
    cropped: bool = False
    binary: bool = False
    column: str | None = None
    part_size: int = 256
    seconds: float = 60.0
    as_begun: bool = False


class Batch:
    """Photos that are read into a folder.

    Parameters
    ----------
    given : str
        See `Inputs`.
    out : Path
        The folder: empty, or this very batch was begun in it. See `claimed`.
    bundle : Bundle
    options : BatchOptions

    Attributes
    ----------
    photos : int
        In all.

    Raises
    ------
    BatchError
        If something else was begun in `out`, or there are no photos.
    ValueError
        If `part_size` is no multiple of 8.
    """

    def __init__(self, given: str, out: Path, *, bundle: Bundle, options: BatchOptions) -> None:
        if options.part_size < TOGETHER or options.part_size % TOGETHER:
            raise ValueError(f"part_size must be a multiple of {TOGETHER}, not {options.part_size}")
        self._options, self._folder, self._model = options, BatchFolder(out), bundle.id
        asked = _asked(given, bundle, options)
        begun = self._folder.open()
        if begun is not None:
            _compare(asked, begun, out)
            _check_folder(begun, out)
        if begun is None or not options.as_begun:
            begun = self._list(asked, begun, Inputs(given, options.column, out))
        self.photos: int = begun["photos"]
        self._passed_over: dict[str, dict[str, int]] = begun["passed_over"]
        self._parts = -(-self.photos // options.part_size)

    @property
    def left(self) -> int:
        """Photos that are not yet read."""
        return sum(map(self._size, self._missing()))

    @property
    def parts_left(self) -> int:
        """Files that are not yet written."""
        return len(self._missing())

    def read_on_cluster(
        self,
        load: Callable[[], EmotionClassifier],
        address: str,
        *,
        advanced: Callable[[int], object] = lambda photos: None,
    ) -> None:
        """Have Ray read what is left, each part by one of its actors; `run` then counts what came of everything.

        Parameters
        ----------
        load : callable
            Makes the classifier, once in each actor: `load_classifier` of the bundle that was given.
        address : str
            Of the cluster: see `ray.init`; "auto" is the one that runs here, "local" a new one.
        advanced : callable
            Called after each part, with its number of photos.

        Raises
        ------
        BatchError
            If there is no such cluster, or it cannot run this package.
        MissingExtraError
            If Ray is not installed.
        """
        from emotion_classifier.batch.cluster import Cluster

        size = self._options.part_size
        with Cluster(address) as cluster:
            parts = part_inputs(self._folder.listing, self._missing(), size)
            for number, content in cluster.read(load, parts, size=size, options=self._reading()):
                self._folder.write(number, content)
                advanced(self._size(number))

    def run(
        self,
        classifier: EmotionClassifier,
        *,
        advanced: Callable[[], object] = lambda: None,
        standby: Standby | None = None,
    ) -> Summary:
        """Read what is left, in constant memory, and count what came of everything.

        Parameters
        ----------
        classifier : EmotionClassifier
            With the bundle that was given; every process gets a copy.
        advanced : callable
            Called after each photo.
        standby : Standby or None
            Processes to begin with.

        Returns
        -------
        Summary
            It is written to ``_summary.json``, too.
        """
        waiting: list[FileReading] = []
        wanted, size = self._missing(), self._options.part_size
        missing = iter(wanted)
        number = next(missing, 0)

        def done(result: FileReading) -> None:
            nonlocal number
            waiting.append(result)
            if len(waiting) == self._size(number):
                self._folder.write(number, part_content(waiting))
                waiting.clear()
                number = next(missing, 0)
            advanced()

        if wanted:
            parts = set(wanted)
            files = photo_files(self._folder.listing, lambda photo: photo // size in parts)
            read_files(classifier, files, done=done, options=self._reading(), standby=standby)
        self._folder.delete_drafts()
        summary = summarise(self._folder, self._parts, model=self._model, passed_over=self._passed_over)
        atomic_write(self._folder.summary, json.dumps(summary.to_dict(), indent=2) + "\n")
        return summary

    def _missing(self) -> list[int]:
        return [number for number in range(self._parts) if not self._folder.part(number).is_file()]

    def _size(self, part: int) -> int:
        size = self._options.part_size
        return min(size, self.photos - part * size)

    def _reading(self) -> ReadingOptions:
        options = self._options
        return ReadingOptions(
            cropped=options.cropped,
            binary=options.binary,
            workers=options.workers,
            threads=options.threads,
            apart=True,
            seconds=options.seconds,
        )

    def _list(self, asked: dict[str, Any], begun: dict[str, Any] | None, inputs: Inputs) -> dict[str, Any]:
        """Write down what there is to read; if that was done before, only see whether it is still the same."""
        passed_over: defaultdict[str, Counter[str]] = defaultdict(Counter)
        photos, digest, folder = 0, hashlib.sha256(), None

        def pass_over(ending: str, reason: str) -> None:
            passed_over[reason][ending] += 1

        listing = self._folder.listing if begun is None else Path(os.devnull)
        with replacing(listing) as draft, draft.open("w", encoding="utf-8") as file:
            for entry in inputs.find(pass_over):
                line = f"{entry.line()}\n"
                file.write(line)
                digest.update(line.encode())
                photos += entry.photos
                if folder is None and entry.is_relative:
                    folder = str(Path.cwd())
            if not photos:
                raise BatchError(f"No photos in {inputs.given}.")
        found = {
            "photos": photos,
            "listing": digest.hexdigest(),
            "passed_over": passed_over,
            "folder": folder,
        }
        if begun is None:
            self._folder.begin(asked | found)
            return asked | found
        if begun["listing"] != found["listing"]:
            raise BatchError(
                f"{inputs.given} no longer holds the photos that it held when the batch in {self._folder.path} began "
                f"({begun['photos']:,} then, {photos:,} now). Name another folder to read what is there now, or add "
                f"--as-begun to go on with what was there then."
            )
        return begun


def _asked(given: str, bundle: Bundle, options: BatchOptions) -> dict[str, Any]:
    """Return all that the rows depend on, but for the photos."""
    return {
        "format": _FORMAT,
        "input": given if is_remote(given) else os.path.abspath(given),  # noqa: PTH100 – a pattern is no path.
        "column": options.column,
        "model": bundle.id,
        "bundle": hashlib.sha256(bundle.config.model_dump_json().encode()).hexdigest(),
        "cropped": options.cropped,
        "binary": options.binary,
        "part_size": options.part_size,
    }


def _compare(asked: dict[str, Any], begun: dict[str, Any], out: Path) -> None:
    for name in _WORDS:
        if asked[name] != begun.get(name):
            raise BatchError(
                f"The batch in {out} {_WORDS[name].format(begun.get(name))}. Go on with the same, or name another "
                f"folder for this one."
            )


def _check_folder(begun: dict[str, Any], out: Path) -> None:
    """Refuse to read relative paths from another folder, where they may name other photos."""
    folder = begun.get("folder")
    if folder is not None and Path(folder) != Path.cwd():
        raise BatchError(
            f"The batch in {out} was begun in {folder}, and names photos from there. Run the command there."
        )
