"""Readings as a table in a file, written row by row: a row per face, or one with a reason for a photo without."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from emotion_classifier.errors import missing_extra
from emotion_classifier.files import replacing
from emotion_classifier.reading import COLUMNS, PhotoReading, arrow_schema, table_rows

Write: TypeAlias = Callable[[PhotoReading], None]
_ROWS_TOGETHER = 10_000


@contextmanager
def csv_table(path: Path) -> Iterator[Write]:
    """Write a CSV file in UTF-8 with the columns of `to_frame`; it is there, whole, when the block ends.

    What is not known is an empty cell. What is not UTF-8 in a file name is written as an escape.

    Yields
    ------
    callable
        To be called with each `PhotoReading`.

    Raises
    ------
    OSError
        If it cannot be written; a file that was there is as it was.
    """
    with replacing(path) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        yield lambda photo: writer.writerows(table_rows(photo))


@contextmanager
def parquet_table(path: Path) -> Iterator[Write]:
    """Write the same table as `csv_table` to a Parquet file, where what is not known is null.

    Yields
    ------
    callable
        To be called with each `PhotoReading`.

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
    schema = arrow_schema()
    waiting: list[dict[str, Any]] = []
    with replacing(path) as draft, ParquetWriter(draft, schema) as writer:

        def flush() -> None:
            writer.write_table(pa.Table.from_pylist(waiting, schema=schema))
            waiting.clear()

        def write(photo: PhotoReading) -> None:
            waiting.extend(table_rows(photo))
            if len(waiting) >= _ROWS_TOGETHER:
                flush()

        yield write
        flush()
