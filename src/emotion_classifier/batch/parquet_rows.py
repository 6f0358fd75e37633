"""Photos in a column of a Parquet file, as Hugging Face ``datasets`` and most others write them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emotion_classifier.batch.sources import filesystem, is_remote
from emotion_classifier.errors import BatchError, missing_extra
from emotion_classifier.reading_files import PhotoFile

_USUAL = "image"
_TOGETHER = 16  # rows decoded at a time
_NO_PICTURE = "The row has no picture."


@dataclass(frozen=True)
class ParquetRows:
    """The rows of a Parquet file.

    Parameters
    ----------
    path : str
        Of a file, or an address of fsspec.
    column : str
        With the pictures: bytes, or a struct with a field ``bytes``.
    count : int
        Of rows.
    """

    path: str
    column: str
    count: int

    @classmethod
    def of(cls, path: str, column: str | None) -> ParquetRows:
        """Look into a file.

        Raises
        ------
        BatchError
            If it is no Parquet file, or has no such column.
        MissingExtraError
            If pyarrow is not installed.
        """
        try:
            with _opened(path) as file:
                return cls(path, _column(path, file.schema_arrow, column), file.metadata.num_rows)
        except (OSError, ValueError) as error:  # pyarrow's own are ValueErrors
            raise BatchError(
                f"{path} cannot be read as Parquet: {error}. Write it again, or leave it out."
            ) from error

    def photos(self, wanted: Callable[[int], bool]) -> Iterator[PhotoFile]:
        """Yield the rows whose number, counted from 0, is wanted; what cannot be read has its reason."""
        row = 0
        try:
            with _opened(self.path) as file:
                for number, cell in self._cells(file, wanted):
                    yield self._photo(number, cell.as_py())
                    row = number + 1
            reason = f"{self.path} has fewer rows than when the batch began."
        except (OSError, ValueError) as error:
            reason = f"{self.path} cannot be read as Parquet: {error}"
        for number in range(row, self.count):
            if wanted(number):
                yield self._no_photo(number, reason)

    def _cells(self, file: Any, wanted: Callable[[int], bool]) -> Iterator[tuple[int, Any]]:
        end = 0
        for group in range(file.num_row_groups):
            start, end = end, end + file.metadata.row_group(group).num_rows
            if not any(map(wanted, range(start, end))):
                continue
            batches = file.iter_batches(_TOGETHER, row_groups=[group], columns=[self.column])
            for number, cell in enumerate((cell for batch in batches for cell in batch.column(0)), start):
                if number < self.count and wanted(number):
                    yield number, cell

    def _photo(self, row: int, cell: Any) -> PhotoFile:
        content = cell.get("bytes") if isinstance(cell, dict) else cell
        if isinstance(content, bytes):
            return PhotoFile(content, f"{self.path}#{row}")
        return self._no_photo(row, _NO_PICTURE)

    def _no_photo(self, row: int, reason: str) -> PhotoFile:
        return PhotoFile.unreadable(f"{self.path}#{row}", reason)


@contextmanager
def _opened(path: str) -> Iterator[Any]:
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise missing_extra("batch", "pyarrow") from error
    with ExitStack() as stack:
        if is_remote(path):
            storage, there = filesystem(path)
            file = stack.enter_context(storage.open(there, "rb"))
        else:
            file = stack.enter_context(Path(path).open("rb"))
        yield stack.enter_context(ParquetFile(file))


def _column(path: str, schema: Any, column: str | None) -> str:
    holding = [field.name for field in schema if _may_hold_pictures(field.type)]
    if column is None:
        column = _USUAL if _USUAL in holding or len(holding) != 1 else holding[0]
    if column in holding:
        return column
    found = f"{', '.join(holding)} can" if holding else "None of its columns can"
    raise BatchError(
        f"{path} has no column {column!r} of pictures (bytes, or a struct with bytes). {found} hold pictures. "
        f"Name one with --column, or give photos."
    )


def _may_hold_pictures(kind: Any) -> bool:
    from pyarrow import types

    if types.is_struct(kind):
        return any(field.name == "bytes" and _may_hold_pictures(field.type) for field in kind)
    return bool(types.is_binary(kind) or types.is_large_binary(kind))
