"""Labelled photos as the verbs that measure take them: folders, one split of them, columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from emotion_classifier.errors import DatasetError

if TYPE_CHECKING:
    from emotion_classifier.data import Dataset

Split = Annotated[
    str | None,
    typer.Option(help="Only rows of this split: train, validation or test.", show_default=False),
]
By = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN",
        help="Also each value of this column for itself; repeat it, or separate names with commas.",
        show_default=False,
    ),
]


def open_labelled(data: Sequence[Path], *, split: str | None, cropped: bool) -> Dataset:
    """Read labelled photos and keep those of one split.

    Raises
    ------
    DatasetError
        If there are none, or none of that split.
    """
    from emotion_classifier.data import open_dataset

    dataset = open_dataset(data, cropped=cropped)
    if split and split not in dataset.splits:
        found = ", ".join(sorted(set(dataset.splits) - {""})) or "none"
        raise DatasetError(f"The data has no rows of the split {split!r} (splits found: {found}).")
    return dataset.with_split(split) if split else dataset


def open_placed(paths: Sequence[Path], *, cropped: bool, detailed: bool) -> Dataset:
    """Read labelled photos, each named by its path and not by that below its folder.

    Rows of Parquet bear the name of their file and its folder already.
    """
    from emotion_classifier.data import merge, open_dataset

    return merge([_placed(open_dataset(path, cropped=cropped, detailed=detailed), path) for path in paths])


def _placed(dataset: Dataset, path: Path) -> Dataset:
    from emotion_classifier.data import is_parquet

    if is_parquet(path):
        return dataset
    return replace(
        dataset,
        ids=tuple((path / name).as_posix() for name in dataset.ids),
        problems=tuple(((path / name).as_posix(), reason) for name, reason in dataset.problems),
    )


def name_of(data: Sequence[Path], split: str | None = None) -> str:
    """Name the folders as the title of a page does.

    Examples
    --------
    >>> name_of([Path("photos/mine")], "test")
    'mine, test'
    """
    return ", ".join([*(path.name or str(path) for path in data), *([split] if split else [])])


def tell(console: Console, dataset: Dataset) -> None:
    """Say what was read: photos of each split and label, and what was understood of grades and votes."""
    console.print(dataset.summary(), soft_wrap=True)
    tell_notes(console, dataset)


def tell_notes(console: Console, dataset: Dataset) -> None:
    """Say what was understood of grades and votes."""
    for note in dataset.notes:
        console.print(escape(note), soft_wrap=True)


def column_names(by: Sequence[str] | None) -> list[str]:
    """Take names given one by one or separated by commas.

    Examples
    --------
    >>> column_names(["gender,age", "gender"])
    ['gender', 'age']
    """
    names = [name.strip() for given in by or () for name in given.split(",")]
    return list(dict.fromkeys(name for name in names if name))
