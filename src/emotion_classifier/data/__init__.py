"""Datasets: a folder of labelled photos or Parquet files, as rows one can learn from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from emotion_classifier.data.dataset import Dataset, merge, require_dataset
from emotion_classifier.data.folder import read_folder
from emotion_classifier.data.parquet import is_parquet, read_parquet
from emotion_classifier.errors import DatasetError

__all__ = [
    "Dataset",
    "is_parquet",
    "merge",
    "open_dataset",
    "read_folder",
    "read_parquet",
    "require_dataset",
]


def open_dataset(
    paths: str | Path | Sequence[str | Path],
    *,
    cropped: bool = False,
    detailed: bool = False,
    tolerant: bool = False,
) -> Dataset:
    """Read labelled photos in any of the known layouts.

    Parameters
    ----------
    paths : path or sequence of paths
        Class folders (see `read_folder`) or Parquet (see `read_parquet`); several are merged into one dataset.
    cropped : bool
        The pictures of class folders are tight face crops.
    detailed : bool
        Keep apart what raters named besides happy, neutral and sad (see `read_parquet`).
    tolerant : bool
        List metadata rows that disagree among the ``problems`` (see `read_folder`).

    Raises
    ------
    DatasetError
        If no path is given, or one is empty or neither.
    MissingExtraError
        If a path is Parquet and pyarrow is not installed.

    Examples
    --------
    >>> open_dataset("nowhere")
    Traceback (most recent call last):
    emotion_classifier.errors.DatasetError: There is no folder nowhere. Name a folder that holds one folder per class.
    """
    listed = [paths] if isinstance(paths, str | Path) else list(paths)
    if not listed:
        raise DatasetError("No folder was named.")
    if "" in listed:
        raise DatasetError("An empty name was given. Name a folder that holds one folder per class.")
    return merge(
        [_open_one(Path(path), cropped=cropped, detailed=detailed, tolerant=tolerant) for path in listed]
    )


def _open_one(path: Path, *, cropped: bool, detailed: bool, tolerant: bool) -> Dataset:
    if is_parquet(path):
        return read_parquet(path, cropped=cropped or None, detailed=detailed)
    return read_folder(path, cropped=cropped, tolerant=tolerant)
