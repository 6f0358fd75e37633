"""Read Parquet files with an ``image`` column, as Hugging Face ``datasets`` writes them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from emotion_classifier.data.columns import is_unlabelled
from emotion_classifier.data.dataset import Dataset, merge
from emotion_classifier.data.labels import DETAILS, ORDER, canonical
from emotion_classifier.data.split_words import SPLITS, split_of, split_of_file
from emotion_classifier.data.targets import DEGREE, Said, Targets, targets_of
from emotion_classifier.data.votes import vote_files
from emotion_classifier.errors import DatasetError, missing_extra
from emotion_classifier.text import counted

# The vote columns of FER+ (Barsoum et al. 2016): raters per face who chose each expression.
VOTES = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown")
NOT_A_FACE = "NF"
_LABEL_COLUMNS = ("label", "expression", "emotion")
# Columns that say what the label says: no grouping that could give it away.
LABELLING = frozenset(
    {
        *VOTES,
        NOT_A_FACE,
        "fer2013_label",
        "label",
        "expression",
        "emotion",
        "smile",
        "intensity_level",
        DEGREE,
    }
)
# SMILEsmileD's levels as shares of raters one would expect: 0 is neutral; 1 was called happy by one source and
# not smiling by the other, which is a slight smile; 2 was called happy and smiling.
INTENSITY = {
    0: {"happy": 0.02, "neutral": 0.92, "sad": 0.03, "other": 0.03},
    1: {"happy": 0.65, "neutral": 0.32, "sad": 0.01, "other": 0.02},
    2: {"happy": 0.97, "neutral": 0.02, "sad": 0.0, "other": 0.01},
}


def read_parquet(root: str | Path, *, cropped: bool | None = None, detailed: bool = False) -> Dataset:
    """Read the Parquet files of a folder, or one Parquet file.

    Training files come first, then those for validation and for testing; other files are read where no name says a
    split, and else are among the ``problems``. A row's split is what a column ``split`` says, else what the file's name
    begins with, as in ``test-00000-of-00001.parquet``. Labels that are numbers have the names that Hugging Face
    ``datasets`` keeps in the file (ClassLabel). Targets come from vote columns (FER+), else from ``intensity_level``
    (LFW), else from a ``label`` or ``expression`` column.

    Parameters
    ----------
    root : str or Path
    cropped : bool or None
        The pictures are tight face crops; None: what a column ``cropped`` says of each, and without one they are
        when they carry FER+ votes.
    detailed : bool
        Keep the expressions that FER+ raters named (surprise, anger, disgust, fear, contempt) apart instead of
        counting them as "other".

    Raises
    ------
    DatasetError
        If there is no Parquet file, or none of its columns gives a picture and a label.
    MissingExtraError
        If pyarrow is not installed.
    """
    root = Path(root)
    _refuse_votes(root if root.is_dir() else root.parent)
    files = [root] if root.is_file() else _shards(root)
    parts = {path: split_of_file(path.stem, where=str(path)) for path in files}
    unnamed = [path for path in files if not parts[path]] if any(parts.values()) else []
    files = sorted((path for path in files if path not in unnamed), key=lambda path: _place(parts[path]))
    if not files:
        raise DatasetError(f"There is no Parquet file in {root}.")
    found = merge([_read_file(path, parts[path], cropped, detailed) for path in files])
    beside = [(path.name, "is not read: others are named after a split, and it is not") for path in unnamed]
    return replace(found, problems=(*found.problems, *beside))


def holds_parquet(root: Path) -> bool:
    """Tell whether a folder holds Parquet with pictures; a table beside photos, metadata.parquet, is none."""
    return root.is_dir() and bool(_shards(root))


def is_parquet(path: Path) -> bool:
    """Tell a Parquet file, by its name, or a folder that holds Parquet with pictures from class folders."""
    return path.suffix == ".parquet" or holds_parquet(path)


def _shards(root: Path) -> list[Path]:
    return [path for path in sorted(root.glob("*.parquet")) if path.stem.casefold() != "metadata"]


def _place(split: str) -> int:
    return SPLITS.index(split) if split else len(SPLITS)


def _rows(number: int) -> str:
    return f"{counted(number, 'row')} {'has' if number == 1 else 'have'}"


def _refuse_votes(folder: Path) -> None:
    """Refuse votes beside Parquet, which would change nothing although raters gave them.

    Raises
    ------
    DatasetError
        Naming the way to photos that can be graded.
    """
    beside = vote_files(folder)
    if beside:
        raise DatasetError(
            f"{beside[0]} lies beside Parquet, and votes are of photos in folders. Write the pictures as photos first, "
            f"as docs/label.md shows, or move the votes elsewhere."
        )


def _read_file(path: Path, split: str, cropped: bool | None, detailed: bool) -> Dataset:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise missing_extra("evaluate", "pyarrow") from error
    try:
        table = pyarrow.parquet.read_table(path)
        columns: dict[str, list[Any]] = table.to_pydict()
    # Values that Python has no words for, such as text that is no UTF-8, raise ValueError and OverflowError.
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        raise DatasetError(f"{path} is not a Parquet file that can be read ({error}).") from error
    pictures, tight = columns.pop("image", None), columns.pop("cropped", None)
    if pictures is None:
        raise DatasetError(
            f"{path} has no column 'image' (found: {', '.join(columns)}). Name the column with the pictures so."
        )
    _require_pictures(path, pictures)
    _require_kinds(path, columns)
    splits = columns.pop("split", None) or [None] * len(pictures)
    _name_classes(path, columns, table.schema.metadata or {})
    targets = _targets(path, columns, detailed)
    usable = targets.usable
    rows = [row for row in range(len(pictures)) if usable[row] and _bytes(pictures[row])]
    left_out = len(pictures) - len(rows)
    if cropped is not None or not tight:
        tight = [(VOTES[1] in columns) if cropped is None else cropped] * len(pictures)
    # A file of the folder one is in has no folder's name, and a slash alone would look like the root of all.
    name = "/".join(filter(None, (path.parent.name, path.name)))
    return Dataset(
        labels=targets.labels,
        sources=tuple(_bytes(pictures[row]) for row in rows),
        targets=targets.shares[rows],
        ids=tuple(f"{name}#{row}" for row in rows),
        splits=tuple(split_of(splits[row], where=f"{path}, row {row}") or split for row in rows),
        cropped=tuple(bool(tight[row]) for row in rows),
        columns={name: tuple(values[row] for row in rows) for name, values in columns.items()},
        problems=((path.name, f"{_rows(left_out)} no usable label or picture"),) if left_out else (),
        notes=targets.notes,
    )


def _require_pictures(path: Path, pictures: list[Any]) -> None:
    """Refuse a column that holds something in place of pictures.

    Raises
    ------
    DatasetError
        If no cell of it has the content of a picture, and some have something else.
    """
    if any(map(_bytes, pictures)):
        return
    cell = next((cell for cell in pictures if cell is not None), None)
    if isinstance(cell, list):
        raise DatasetError(f"{path}: the column 'image' holds lists. Write one picture a row.")
    named = cell.get("path") if isinstance(cell, dict) else cell
    if isinstance(named, str) and named:
        raise DatasetError(
            f"{path}: the column 'image' holds paths, such as {named[:60]!r}, and no pictures. Save it with the "
            f"pictures in it, or name a folder of photos."
        )
    if cell is not None:
        kind = f"structs of {', '.join(cell)}" if isinstance(cell, dict) else type(cell).__name__
        raise DatasetError(
            f"{path}: the column 'image' holds {kind}. Write the content of each picture's file there, as bytes or a "
            f"struct of bytes and path."
        )


def _require_kinds(path: Path, columns: dict[str, list[Any]]) -> None:
    """Refuse a column that holds something else than its name says.

    Raises
    ------
    DatasetError
        Naming the column, and what is expected there.
    """
    voted = {*VOTES, NOT_A_FACE} if set(VOTES) <= set(columns) else set()
    for name, values in columns.items():
        for row, value in enumerate(values):
            if name in voted:
                fits, wanted = _is_count(value), "numbers of raters"
            elif name == "intensity_level":
                fits, wanted = value is None or value in tuple(INTENSITY), "levels 0, 1 and 2"
            elif name in ("split", *_LABEL_COLUMNS) and not voted:
                numbered = name != "split" and "intensity_level" not in columns
                fits = value is None or type(value) is str or (numbered and type(value) is int)
                wanted = "words"
            else:
                break
            if not fits:
                raise DatasetError(
                    f"{path}, row {row}: the column {name!r} holds {str(value)[:40]!r}, and {wanted} are expected. "
                    f"Write those, or give the column another name."
                )
    named = next((name for name in _LABEL_COLUMNS if name in columns), None)
    if named and not voted and columns[named] and not any(value is not None for value in columns[named]):
        raise DatasetError(f"{path}: the column {named!r} is empty. Fill in the labels.")


def _is_count(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and 0 <= value < float("inf"))


def _name_classes(path: Path, columns: dict[str, list[Any]], metadata: dict[bytes, bytes]) -> None:
    """Write class names in place of the numbers that stand for them.

    Raises
    ------
    DatasetError
        If the labels are numbers and nothing says what they stand for.
    """
    try:
        features = json.loads(metadata.get(b"huggingface", b"{}"))["info"]["features"]
    except (ValueError, KeyError, TypeError):
        features = {}
    for column in set(_LABEL_COLUMNS) & set(columns):
        values = columns[column]
        names = features.get(column, {}).get("names") if isinstance(features.get(column), dict) else None
        if isinstance(names, list) and names:
            columns[column] = [
                (names[value] if 0 <= value < len(names) else None) if isinstance(value, int) else value
                for value in values
            ]
        elif not set(VOTES) & set(columns) and any(isinstance(value, int | float) for value in values):
            raise DatasetError(
                f"{path}: the labels in column {column!r} are numbers, and the file does not say what they stand "
                f"for. Write words, or save it with Hugging Face datasets and a ClassLabel."
            )


def _bytes(picture: Any) -> bytes:
    data = picture.get("bytes") if isinstance(picture, dict) else picture
    return data if isinstance(data, bytes) else b""


def _targets(path: Path, columns: dict[str, list[Any]], detailed: bool) -> Targets:
    if set(VOTES) <= set(columns):
        return _from_votes(columns, detailed)
    if "intensity_level" in columns and "expression" in columns:
        return _from_intensity(columns)
    name = next((name for name in _LABEL_COLUMNS if name in columns), None)
    if name is None and DEGREE not in columns:
        raise DatasetError(
            f"{path} has no column with labels (found: {', '.join(columns)}). "
            f"Expected FER+ vote columns, or one named label, expression, emotion or degree."
        )
    degrees = columns.get(DEGREE)
    named = columns[name] if name else [None] * len(degrees or ())
    said = [
        Said(
            None if is_unlabelled(value) else str(value),
            degrees[row] if degrees else None,
            where=f"{path}, row {row}",
        )
        for row, value in enumerate(named)
    ]
    return targets_of(said)


def _from_votes(columns: dict[str, list[Any]], detailed: bool) -> Targets:
    votes = {name: np.asarray(columns[name], np.float32) for name in VOTES}
    labels = (*ORDER, *DETAILS) if detailed else ORDER
    targets = np.zeros((len(votes["neutral"]), len(labels)), np.float32)
    for name, counts in votes.items():
        targets[:, labels.index(name if name in labels else canonical(name))] += counts
    total = targets.sum(axis=1)
    not_a_face = np.nan_to_num(np.asarray(columns.get(NOT_A_FACE, np.zeros(len(total))), np.float32))
    shares = targets / np.maximum(total, 1)[:, np.newaxis]
    # A face with a vote missing, as a left join leaves it, is left out.
    shares[~(total > not_a_face)] = 0
    return Targets(labels, shares, ())


def _from_intensity(columns: dict[str, list[Any]]) -> Targets:
    targets = np.zeros((len(columns["expression"]), len(ORDER)), np.float32)
    smile = columns.get("smile", [None] * len(targets))
    for row, (level, expression, smiles) in enumerate(
        zip(columns["intensity_level"], columns["expression"], smile, strict=True)
    ):
        label = canonical(expression) if expression else None
        if level is not None:
            targets[row] = [INTENSITY[int(level)][name] for name in ORDER]
        elif label in ("sad", "other", "happy") and smiles != (label != "happy"):
            # One source only, or a name without a level: most raters would agree, not all.
            targets[row, ORDER.index(label)] = 0.8
            targets[row, ORDER.index("neutral")] = 0.2
        # Else the two sources disagree or one is silent: nothing certain enough to teach.
    return Targets(ORDER, targets, ())
