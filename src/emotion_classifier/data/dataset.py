"""Labelled pictures, wherever they came from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.data.columns import case_folded
from emotion_classifier.data.labels import in_order
from emotion_classifier.errors import DatasetError, require_kind
from emotion_classifier.text import counted, did_you_mean

NO_PHOTO = "listed in the metadata, but there is no such photo"


@dataclass(frozen=True, repr=False)
class Dataset:
    """Rows of (picture, target distribution over labels, split, further columns, id).

    Parameters
    ----------
    labels : tuple of k str
        Canonical labels, in the project's order.
    sources : tuple of Path or bytes
        What `read_photo` takes.
    targets : ndarray of float32, shape (n, k)
        Each row sums to 1: the share of raters, or all weight on one label.
    ids : tuple of str
        Where each row came from: the path below the root, or file and row number.
    splits : tuple of str
        "train", "validation", "test" or "" (not said).
    cropped : tuple of bool
        True where the picture already is one tight face crop.
    columns : dict of str to tuple
        Further columns (age, gender, identity, ...), None where a row has no value.
    problems : tuple of (id, reason)
        What was found and could not be used.
    names : tuple of str
        Each row's label as the data words it ("Happy face"); empty where labels are votes or levels.
    notes : tuple of str
        What was understood of labels that is more than their names, one line each.
    """

    labels: tuple[str, ...]
    sources: tuple[Path | bytes, ...]
    targets: npt.NDArray[np.float32]
    ids: tuple[str, ...]
    splits: tuple[str, ...]
    cropped: tuple[bool, ...]
    columns: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    problems: tuple[tuple[str, str], ...] = ()
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Dataset({self.summary()})"

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def hard(self) -> npt.NDArray[np.int64]:
        """Index of each row's likeliest label, shape (n,); of equally likely ones the first, so mixed is happy."""
        if not len(self):
            return np.zeros(0, np.int64)
        return np.asarray(np.argmax(self.targets, axis=1), np.int64)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows have each label as their likeliest."""
        found = Counter(self.hard.tolist())
        return {label: found[index] for index, label in enumerate(self.labels)}

    def summary(self) -> str:
        """Say in one line how many photos there are of each split and label.

        Examples
        --------
        >>> from emotion_classifier.data.labels import one_hot
        >>> two = one_hot(["happy", "sad"], ("happy", "sad"))
        >>> Dataset(("happy", "sad"), (b"", b""), two, ("a", "b"), ("train", "test"), (False, False), {}).summary()
        '2 photos: train 1 (happy 1), test 1 (sad 1)'
        """
        parts = []
        for split in dict.fromkeys(("train", "validation", "test", *self.splits)):
            counts = {label: count for label, count in self.with_split(split).counts.items() if count}
            if not counts:
                continue
            told = ", ".join(f"{label} {count:,}" for label, count in counts.items())
            parts.append(f"{split} {sum(counts.values()):,} ({told})" if split else told)
        photos = "1 photo" if len(self) == 1 else f"{len(self):,} photos"
        return f"{photos}: {', '.join(parts)}"

    @property
    def taught(self) -> tuple[str, ...]:
        """Labels that some row has weight on."""
        return tuple(label for column, label in enumerate(self.labels) if self.targets[:, column].any())

    def column_named(self, name: str) -> str:
        """Find a column as the data spell it; capital letters and blanks around a name make no difference.

        Raises
        ------
        DatasetError
            If there is no such column, or several.

        Examples
        --------
        >>> from emotion_classifier.data.labels import one_hot
        >>> happy = one_hot(["happy"], ("happy",))
        >>> Dataset(("happy",), (b"",), happy, ("a",), ("",), (False,), {"Gender": ("f",)}).column_named("gender ")
        'Gender'
        """
        if name in self.columns:
            return name
        spelt: dict[str, list[str]] = {}
        for column in self.columns:
            spelt.setdefault(case_folded(column), []).append(column)
        wanted = case_folded(name)
        if len(same := spelt.get(wanted, [])) == 1:
            return same[0]
        near = f" Did you mean {' or '.join(map(repr, same))}?" if same else did_you_mean(name, self.columns)
        unmatched = unmatched_rows(self)
        found = ", ".join(self.columns) or (
            "none" if unmatched else "none; a metadata.csv beside the class folders gives them"
        )
        raise DatasetError(
            f"The data has no column {name!r} (further columns found: {found}).{near}{unmatched}"
        )

    def take(self, rows: Sequence[int] | npt.NDArray[np.integer]) -> Dataset:
        """Keep some rows, in the order given."""
        chosen = [int(row) for row in rows]
        return replace(
            self,
            sources=tuple(self.sources[row] for row in chosen),
            targets=self.targets[chosen],
            ids=tuple(self.ids[row] for row in chosen),
            splits=tuple(self.splits[row] for row in chosen),
            cropped=tuple(self.cropped[row] for row in chosen),
            columns={name: tuple(values[row] for row in chosen) for name, values in self.columns.items()},
            names=tuple(self.names[row] for row in chosen) if self.names else (),
        )

    def with_split(self, *names: str) -> Dataset:
        """Keep the rows of the named splits."""
        return self.take([row for row, split in enumerate(self.splits) if split in names])

    def with_labels(self, labels: Sequence[str]) -> Dataset:
        """Lay the targets out over other labels.

        Raises
        ------
        DatasetError
            If a row has weight on a label that is not among them.
        """
        targets = np.zeros((len(self), len(labels)), np.float32)
        for column, label in enumerate(self.labels):
            if label in labels:
                targets[:, list(labels).index(label)] = self.targets[:, column]
            elif self.targets[:, column].any():
                raise DatasetError(
                    f"The data has photos labelled {label!r}, and this recipe knows only {', '.join(labels)}. "
                    f"Choose another recipe (compact takes any labels) or leave those photos out."
                )
        return replace(self, labels=tuple(labels), targets=targets)


def require_dataset(*given: object) -> None:
    """Refuse what is no dataset, such as the path of one.

    Raises
    ------
    TypeError
        If something given is no Dataset.
    """
    require_kind(Dataset, given, "Read one with open_dataset, from a folder or a Parquet file.")


def unmatched_rows(dataset: Dataset) -> str:
    """Say how many rows of the metadata name no photo, in a sentence after a blank; empty where there are none."""
    names = [name for name, reason in dataset.problems if reason == NO_PHOTO]
    if not names:
        return ""
    rows = (
        f"{counted(len(names), 'row')} of the metadata {'names' if len(names) == 1 else 'name'} no photo here"
    )
    return (
        f" {rows}, such as {names[0]!r}: file_name is the path of a photo below the folder of the metadata."
    )


def merge(datasets: Sequence[Dataset]) -> Dataset:
    """Put datasets one after another, over all their labels; missing columns become None."""
    if len(datasets) == 1:
        return datasets[0]
    labels = in_order(label for data in datasets for label in data.labels)
    parts = [data.with_labels(labels) for data in datasets]
    names = sorted({name for part in parts for name in part.columns})
    return Dataset(
        labels=labels,
        sources=tuple(source for part in parts for source in part.sources),
        targets=np.concatenate([part.targets for part in parts]),
        ids=tuple(row_id for part in parts for row_id in part.ids),
        splits=tuple(split for part in parts for split in part.splits),
        cropped=tuple(flag for part in parts for flag in part.cropped),
        columns={
            name: tuple(value for part in parts for value in part.columns.get(name, (None,) * len(part)))
            for name in names
        },
        problems=tuple(problem for part in parts for problem in part.problems),
        names=tuple(name for part in parts for name in part.names or ("",) * len(part)),
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
    )
