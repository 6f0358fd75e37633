"""How people name the parts of a dataset: train, validation and test, in folders, files and columns alike."""

from __future__ import annotations

from emotion_classifier.data.columns import case_folded, is_missing
from emotion_classifier.errors import DatasetError

SPLITS = ("train", "validation", "test")
_WORDS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev"), "validation"),
    **dict.fromkeys(("test", "testing"), "test"),
}
# Names of a part kept apart that say too little: learned from, or tested on?
_UNCLEAR = frozenset(
    {"eval", "evaluation", "holdout", "hold-out", "hold_out", "heldout", "held-out", "held_out", "unseen"}
)
_UNDERSTOOD = "train or training, validation, valid, val or dev, test or testing"


def split_of(word: object, *, where: str) -> str:
    """Read what a cell says of a row's split; "" where it says nothing.

    Parameters
    ----------
    word : object
    where : str
        Of the cell, for the error.

    Raises
    ------
    DatasetError
        If it is another word: a row that is meant for testing must not be learned from for want of a word.

    Examples
    --------
    >>> split_of(" Testing", where="metadata.csv"), split_of("", where="metadata.csv")
    ('test', '')
    """
    if is_missing(word):
        return ""
    found = _WORDS.get(case_folded(word))
    if found is None:
        raise DatasetError(f"{where}: the split {str(word)!r} is not understood. Write {_UNDERSTOOD}.")
    return found


def split_of_folder(name: str, *, where: str) -> str | None:
    """Read a folder's, or a file's, name as that of a split; None where it names something else.

    Raises
    ------
    DatasetError
        If it names a part kept apart without saying which.
    """
    word = case_folded(name)
    if word in _UNCLEAR:
        raise DatasetError(
            f"{where}: {name!r} does not say whether to test or to validate on it. Name it {_UNDERSTOOD}."
        )
    return _WORDS.get(word)


def split_of_file(stem: str, *, where: str) -> str:
    """Read the split off a file's name, such as ``test-00000-of-00001``; "" where it says none.

    Examples
    --------
    >>> split_of_file("test-00000-of-00001", where="data"), split_of_file("faces", where="data")
    ('test', '')
    """
    first = stem.split("-")[0].split(".")[0].split("_")[0]
    return split_of_folder(first, where=where) or ""
