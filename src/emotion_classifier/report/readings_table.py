"""Readings as a table in a file, written row by row: a row per face, or one with a reason for a photo without."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from emotion_classifier.errors import missing_extra
from emotion_classifier.files import STANDARD_OUTPUT, replacing
from emotion_classifier.reading import COLUMNS, arrow_schema, table_rows

Rows: TypeAlias = Callable[[Any], list[dict[str, Any]]]
Write: TypeAlias = Callable[[Any], None]
_ROWS_TOGETHER = 10_000


@contextmanager
def csv_table(path: Path, *, columns: Sequence[str] = COLUMNS, rows: Rows = table_rows) -> Iterator[Write]:
    """Write a CSV file in UTF-8 with the columns of `to_frame`; it is there, whole, when the block ends.

    What is not known is an empty cell. What is not UTF-8 in a file name is written as an escape.

    Parameters
    ----------
    path : Path
        `STANDARD_OUTPUT` writes there, row by row.
    columns : sequence of str
    rows : callable
        Gives the rows of what is written, each by the names of `columns`.

    Yields
    ------
    callable
        To be called with each `PhotoReading`, or with whatever `rows` takes.

    Raises
    ------
    OSError
        If it cannot be written; a file that was there is as it was.
    """
    with _text_file(path) as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()

        def write(photo: Any) -> None:
            writer.writerows(rows(photo))
            if path == STANDARD_OUTPUT:
                file.flush()

        yield write


@contextmanager
def _text_file(path: Path) -> Iterator[io.TextIOWrapper]:
    if path != STANDARD_OUTPUT:
        with replacing(path) as draft, draft.open("w", encoding="utf-8", newline="") as file:
            yield file
        return
    output = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
    try:
        yield output
    finally:
        output.detach()


@contextmanager
def parquet_table(
    path: Path, *, columns: Sequence[str] = COLUMNS, rows: Rows = table_rows
) -> Iterator[Write]:
    """Write the same table as `csv_table` to a Parquet file, where what is not known is null.

    Yields
    ------
    callable
        To be called with each `PhotoReading`, or with whatever `rows` takes.

    Raises
    ------
    OSError
        If it cannot be written; a file that was there is as it was.
    MissingExtraError
        If pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        from pyarrow.parquet import ParquetWriter
    except ImportError as error:
        raise missing_extra("evaluate", "pyarrow") from error
    schema = arrow_schema(columns)
    waiting: list[dict[str, Any]] = []
    with replacing(path) as draft, ParquetWriter(draft, schema) as writer:

        def flush() -> None:
            writer.write_table(pa.Table.from_pylist(waiting, schema=schema))
            waiting.clear()

        def write(photo: Any) -> None:
            waiting.extend(rows(photo))
            if len(waiting) >= _ROWS_TOGETHER:
                flush()

        yield write
        flush()
