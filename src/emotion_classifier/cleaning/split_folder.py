"""Split a folder of labelled photos and write the split down beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from emotion_classifier.checks.context import CheckContext, measure_images
from emotion_classifier.checks.data004_two_classes import contradictory
from emotion_classifier.data.dataset import Dataset
from emotion_classifier.data.folder import read_folder, require_class_folders
from emotion_classifier.data.groups import PERSON, group_column_of, names_people
from emotion_classifier.data.labels import warnings_of_missing
from emotion_classifier.data.metadata import (
    METADATA,
    metadata_file,
    metadata_rows,
    named,
    read_metadata,
    write_metadata,
)
from emotion_classifier.data.split import Indices, assign_splits
from emotion_classifier.data.split_words import SPLITS
from emotion_classifier.errors import DatasetError
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.text import counted

_NAMED = 3  # photos that cannot be read


@dataclass(frozen=True)
class SplitOptions:
    """How to split.

    Parameters
    ----------
    validation, test : float
        Shares of the rows.
    group_column : str or None
        Photos with the same value in that column stay together; None: those of one ``identity``, if there is such
        a column. Copies of one picture always stay together.
    seed : int
    """

    validation: float = 0.15
    test: float = 0.15
    group_column: str | None = None
    seed: int = 0


@dataclass(frozen=True)
class FolderSplit:
    """A split that was written down.

    Parameters
    ----------
    path : Path
        The file written.
    table : dict
        For every part: how many photos, how many groups, and how many photos of each label.
    cut : tuple of int
        Groups that lie in more than one part; always empty.
    notices : tuple of str
        What the owner of the photos should know.
    problems : tuple of (file, reason)
        Photos in no class folder, and rows of the metadata without a photo, which are kept as they were.
    people : bool
        Whether a column said who is in the photos.
    groups : ndarray of int64, shape (n,)
        Photos of one number were kept together, see `independent_groups`.
    """

    path: Path
    table: dict[str, dict[str, Any]]
    cut: tuple[int, ...]
    notices: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]
    people: bool
    groups: Indices


def split_folder(
    root: str | Path,
    *,
    out: str | Path | None = None,
    options: SplitOptions | None = None,
    overwrite: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> FolderSplit:
    """Split a folder of labelled photos into train, validation and test; no photo is moved.

    Parameters
    ----------
    root : str or Path
        Class folders, see `read_folder`.
    out : str, Path or None
        File to write, CSV or (ending in ``.jsonl``) JSON Lines; None for the metadata file of `root`.
    options : SplitOptions or None
    overwrite : bool
        Replace the file that is there. Its other columns are kept.
    progress : callable or None
        Called with (photos looked at, photos in all).

    Raises
    ------
    DatasetError
        If there are no class folders, the column or enough photos, or the file is there already.
    """
    root, options = Path(root), options or SplitOptions()
    require_class_folders(root)
    path = Path(out) if out else metadata_file(root)
    if path.exists() and not overwrite:
        raise DatasetError(
            f"{path} is there already. Name another --out, or add --overwrite: its columns are kept, "
            f"and only label and split are written anew."
        )
    if path.resolve().parent == root.resolve():
        _require_alone(root, path)
    dataset = read_folder(root)
    column = group_column_of(dataset, options.group_column or PERSON)
    bundle = Bundle.default()
    images, raw = measure_images(dataset, bundle, progress=progress)
    context = CheckContext(dataset, bundle, images, raw, column)
    groups = context.people
    splits = assign_splits(
        dataset, groups, validation=options.validation, test=options.test, seed=options.seed
    )
    rows: list[dict[str, Any]] = [
        {**row, "split": split} for row, split in zip(metadata_rows(dataset), splits, strict=True)
    ]
    before = read_metadata(root)
    rows += [{"file_name": name, **before[name]} for name, _ in dataset.problems if name in before]
    write_metadata(path, rows)
    return FolderSplit(
        path,
        _table(dataset, groups, splits),
        _cut(groups, splits),
        (*_notices(root, path, dataset), *_doubts(root, context)),
        dataset.problems,
        names_people(dataset, column),
        groups,
    )


def _doubts(root: Path, context: CheckContext) -> Iterator[str]:
    """Say which photos are of no use though they are in the split, and which class is missing."""
    unread = [name for name, image in zip(context.dataset.ids, context.images, strict=True) if image.reason]
    faceless = sum(not image.reason and not image.faces for image in context.images)
    torn = len(contradictory(context.twins.sets(), context.dataset))
    said = []
    if unread:
        named = ", ".join(unread[:_NAMED]) + (", …" if len(unread) > _NAMED else "")
        said.append(f"{counted(len(unread), 'photo')} could not be read ({named})")
    if faceless:
        said.append(f"{counted(faceless, 'photo')} without a face")
    if torn:
        said.append(f"{counted(torn, 'picture')} under more than one label")
    if said:
        yield f"In the split all the same: {'; '.join(said)}. See `emotion-classifier check {root}`."
    yield from warnings_of_missing(context.dataset.take(context.readable).counts)


def _require_alone(root: Path, path: Path) -> None:
    """Refuse to write metadata that would contradict those that are there, so that nothing could be read any more."""
    other = next((root / name for name in METADATA if name != path.name and (root / name).is_file()), None)
    if path.name in METADATA and other:
        raise DatasetError(
            f"{other} is there, and a folder has one of {' and '.join(METADATA)}. Name that one."
        )
    for folder in sorted({file.parent for name in METADATA for file in root.glob(f"*/{name}")}):
        if path.name in METADATA and any("split" in row for row in read_metadata(folder).values()):
            raise DatasetError(
                f"{metadata_file(folder)} has a column split, which what is written here would contradict. Delete the "
                f"column, or name another --out."
            )


def _cut(groups: Indices, splits: tuple[str, ...]) -> tuple[int, ...]:
    parts: dict[int, set[str]] = {}
    for group, split in zip(groups.tolist(), splits, strict=True):
        parts.setdefault(group, set()).add(split)
    return tuple(group for group, names in parts.items() if len(names) > 1)


def _table(dataset: Dataset, groups: Indices, splits: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    table = {}
    for name in SPLITS:
        rows = np.array([row for row, split in enumerate(splits) if split == name], np.int64)
        if len(rows):
            counts = dataset.take(rows).counts
            table[name] = {"photos": len(rows), "groups": len(np.unique(groups[rows])), "labels": counts}
    return table


def _notices(root: Path, path: Path, dataset: Dataset) -> tuple[str, ...]:
    notices = list(dataset.notes)
    if any(named(name, {})[1] for name in dataset.ids):
        notices.append(
            "Some photos lie in folders named train, validation or test. Here the written split wins over them; "
            "other programs may go by the folders."
        )
    if path.resolve().parent != root.resolve() or path.name not in METADATA:
        notices.append(
            f"Photos are named by their path below {root}. To be read with them the file has to be "
            f"{root / 'metadata.csv'}."
        )
    return tuple(notices)
