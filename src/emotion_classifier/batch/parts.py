"""The folder that a batch writes: what is read, what was asked for, and a Parquet file for every few hundred photos.

Names with an underscore or a dot are left alone by whatever reads a folder of Parquet.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import Any

from emotion_classifier.errors import BatchError, missing_extra
from emotion_classifier.files import atomic_write, held
from emotion_classifier.reading import arrow_schema, table_rows
from emotion_classifier.reading_files import FileReading

# A path leaves one slash of an address; one letter is a drive.
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
_KEY = b"emotion_classifier.batch"


@contextmanager
def claimed(out: Path) -> Iterator[None]:
    """Make the folder of a batch and keep other runs out of it; where nothing was written, take away what was made.

    Raises
    ------
    BatchError
        If it cannot be made, or another run writes to it.
    """
    if _ADDRESS.match(str(out)):
        raise BatchError(f"{out} is an address. Name a folder on this machine, and copy it there.")
    made = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BatchError(f"{out} cannot be made a folder ({error.strerror}). Name another.") from error
        with held(out / ".lock") as holder:
            if holder:
                raise BatchError(
                    f"Another batch writes to {out} ({holder}). Wait for its end, or name another folder."
                )
            yield
    finally:
        with suppress(OSError):  # The first one that holds something stays, and so do those around it.
            for folder in made:
                folder.rmdir()


class BatchFolder:
    """The folder of a batch.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.listing = path / "_inputs.jsonl"
        self.summary = path / "_summary.json"
        self._asked = path / "_batch.json"

    def open(self) -> dict[str, Any] | None:
        """Return what was asked for in the folder before, if anything was.

        Raises
        ------
        BatchError
            If other files lie there.
        MissingExtraError
            If pyarrow is not installed.
        """
        try:
            import pyarrow.parquet  # noqa: F401
        except ImportError as error:
            raise missing_extra("batch", "pyarrow") from error
        if self._asked.is_file():
            try:
                asked: dict[str, Any] = json.loads(self._asked.read_text(encoding="utf-8"))
                if not isinstance(asked, dict) or "listing" not in asked:
                    raise ValueError("it lacks what batch wrote")
            except ValueError as error:
                raise BatchError(f"{self._asked} is damaged ({error}). Name another folder.") from error
            return asked
        strange = next((each for each in self.path.iterdir() if not each.name.startswith((".", "_"))), None)
        if strange is not None:
            raise BatchError(
                f"{self.path} holds other files, such as {strange.name}. Name a new folder, or an empty one."
            )
        return None

    def begin(self, asked: dict[str, Any]) -> None:
        """Write down what was asked for."""
        atomic_write(self._asked, json.dumps(asked, indent=2) + "\n")

    def part(self, number: int) -> Path:
        """Return the file of a part."""
        return self.path / f"part-{number:06}.parquet"

    def write(self, number: int, content: bytes) -> None:
        """Write a part, made by `part_content`, whole or not at all."""
        atomic_write(self.part(number), content)

    def read(self, number: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """Return the rows of a part, and ``photos`` and ``died``: how many, and which of them ended their process.

        Raises
        ------
        BatchError
            If it is damaged.
        """
        from pyarrow.parquet import ParquetFile

        file = self.part(number)
        try:
            # Not read_table, which imports pandas where it is installed.
            with ParquetFile(file) as opened:
                table = opened.read(use_threads=False)
            return table.to_pylist(), json.loads(table.schema.metadata[_KEY])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BatchError(
                f"{file} is damaged ({error}). Delete it and run the same command: its photos are read again."
            ) from error

    def delete_drafts(self) -> None:
        """Delete what kills have left."""
        for draft in self.path.glob(".part-*"):
            draft.unlink(missing_ok=True)


def part_content(results: Sequence[FileReading]) -> bytes:
    """Make the Parquet file of a part."""
    from pyarrow import BufferReader
    from pyarrow.json import ParseOptions, ReadOptions, read_json
    from pyarrow.parquet import write_table

    schema = arrow_schema()
    rows = [row for result in results for row in table_rows(result.photo)]
    died = [number for number, result in enumerate(results) if result.died]
    kept = {_KEY: json.dumps({"photos": len(results), "died": died})}
    # As JSON, since pyarrow imports pandas, where it is installed, before it takes Python's own values.
    lines = "\n".join(json.dumps({name: row.get(name) for name in schema.names}) for row in rows).encode()
    table = read_json(
        BufferReader(lines),
        read_options=ReadOptions(use_threads=False, block_size=len(lines)),
        parse_options=ParseOptions(explicit_schema=schema),
    )
    file = BytesIO()
    write_table(table.replace_schema_metadata(kept), file)
    return file.getvalue()
