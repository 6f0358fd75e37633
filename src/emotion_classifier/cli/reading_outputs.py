"""Where `predict` puts readings: standard output, tables, and the numbers of its closing lines."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import typer
from rich.console import Console

from emotion_classifier.cli.output import check_table, discard_output, named, naming, reader_may_leave
from emotion_classifier.cli.photo_progress import PhotoProgress
from emotion_classifier.cli.reading_results import Tally, show_photo
from emotion_classifier.files import STANDARD_OUTPUT
from emotion_classifier.reading import PhotoReading
from emotion_classifier.reading_files import TOGETHER, FileReading
from emotion_classifier.report.readings_table import csv_table, parquet_table
from emotion_classifier.text import in_one_line


@dataclass(frozen=True, kw_only=True)
class OutputOptions:
    """What was asked for; the parameters are the options of `predict`."""

    as_json: bool
    csv: Path | None
    parquet: Path | None
    save: Path | None
    sort: str | None


class Outputs:
    """All that readings go to. Tables are there, whole, when the block ends, and not if it fails.

    Parameters
    ----------
    options : OutputOptions

    Attributes
    ----------
    tally : Tally
    printed : bool
        Whether photos are printed, one by one.

    Raises
    ------
    typer.BadParameter
        If a table cannot be written where it is to go.
    """

    def __init__(self, options: OutputOptions) -> None:
        for name, file in (("--csv", options.csv), ("--parquet", options.parquet)):
            check_table(name, file, as_json=options.as_json)
        if options.csv and options.parquet and options.csv.resolve() == options.parquet.resolve():
            raise typer.BadParameter(
                f"--csv and --parquet name the same file, {in_one_line(str(options.parquet))}. Name another.",
                param_hint="--parquet",
            )
        self._options = options
        files = [file for file in (options.csv, options.parquet, options.save) if file]
        self._wants_files = any(file != STANDARD_OUTPUT for file in files)
        # Started without a standard output, there is nobody to print to.
        self.printed = sys.stdout is not None and (options.as_json or not files)
        self.tally = Tally()
        self._people = Console(highlight=False)
        self._tables: list[Callable[[PhotoReading], None]] = []
        self._kept: list[FileReading] = []
        self._stack = ExitStack()

    def __enter__(self) -> Outputs:
        with ExitStack() as stack:
            if self._options.csv:
                self._tables.append(
                    stack.enter_context(named(self._options.csv, csv_table(self._options.csv)))
                )
            if self._options.parquet:
                self._tables.append(
                    stack.enter_context(named(self._options.parquet, parquet_table(self._options.parquet)))
                )
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def progress(self, total: int, *, at_least: bool) -> PhotoProgress:
        """Say how far the reading is where that disturbs nothing that is printed, if it is not soon at its end.

        Parameters
        ----------
        total : int
            Photos.
        at_least : bool
            There may be more of them.
        """
        if self.printed and not self._options.as_json and self._people.is_terminal:
            console = self._people  # Lines go above the bar.
        else:
            console = Console(stderr=True, highlight=False)
            prints = self.printed or self._options.csv == STANDARD_OUTPUT
            if console.is_terminal and prints and _may_share_the_terminal():
                console.quiet = True
        console.quiet = console.quiet or (total <= TOGETHER and not at_least)
        return PhotoProgress(console, total)

    def take(self, result: FileReading) -> None:
        """Take in what came of a photo."""
        if self._options.sort:
            self._kept.append(result)
        else:
            self._tell(result)

    def finish(self) -> None:
        """Tell what was kept to be sorted."""
        for result in sorted(self._kept, key=_happiest_first):
            self._tell(result)

    def _tell(self, result: FileReading) -> None:
        self.tally.add(result)
        for write in self._tables:
            with reader_may_leave(files=self._wants_files):
                write(result.photo)
        if not self.printed:
            return
        try:
            with naming(STANDARD_OUTPUT):
                if self._options.as_json:
                    sys.stdout.write(json.dumps(result.photo.to_dict()) + "\n")
                else:
                    show_photo(self._people, result.photo)
                sys.stdout.flush()
        except BrokenPipeError:
            if not self._wants_files:
                raise
            # Nobody reads on; the files are wanted all the same.
            self.printed = False
            discard_output()


def _may_share_the_terminal() -> bool:
    """Whether what is printed may come to the same terminal: there, or through a pipe to a program that prints."""
    return sys.stdout.isatty() or stat.S_ISFIFO(os.fstat(sys.stdout.fileno()).st_mode)


def _happiest_first(result: FileReading) -> float:
    """Sort by the main face, or the largest where none is; photos without a face come last."""
    photo = result.photo
    face = photo.main or next(iter(photo.readings), None)
    return 2.0 if face is None else -face.degree
