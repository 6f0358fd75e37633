"""The votes of raters beside the photos: ``votes-NAME.csv``, one file a rater, one row a photo."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from fnmatch import fnmatchcase
from pathlib import Path

from emotion_classifier.data.labels import CANNOT_TELL, GRADE_SHARES, grade_named, is_known
from emotion_classifier.data.metadata import file_text, plain, same_name, write_csv
from emotion_classifier.errors import DatasetError

VOTE_GRADES: tuple[str, ...] = (*GRADE_SHARES, CANNOT_TELL)
_FILES = ("votes.csv", "votes-*.csv")
_NAME = re.compile(r"\w[\w .@+-]{0,39}")


@dataclass(frozen=True)
class Vote:
    r"""What one rater said of one photo.

    Parameters
    ----------
    file_name : str
        The photo's path below the folder; what is not Unicode in it is written as ``\udcXX``.
    rater : str
    grade : str
        One of `VOTE_GRADES`.
    time : str
        When, in ISO 8601, for the record.
    """

    file_name: str
    rater: str
    grade: str
    time: str = ""


COLUMNS: tuple[str, ...] = tuple(column.name for column in fields(Vote))


def photo_key(name: str) -> str:
    """Name a photo as votes do, whatever Unicode form its name has."""
    return plain(same_name(name))


def votes_file(root: Path, rater: str) -> Path:
    """Name the file of a rater's votes.

    Raises
    ------
    DatasetError
        If the name cannot be part of a file's name.
    """
    if not _NAME.fullmatch(rater):
        raise DatasetError(
            f"The rater {rater!r} cannot be part of a file's name. Use letters, digits, blanks, '.', '-' and '_', "
            f"at most 40: --rater NAME."
        )
    return root / f"votes-{rater}.csv"


def read_votes(root: Path) -> dict[str, dict[str, str]]:
    """Read all votes of a folder: ``votes-NAME.csv`` of each rater, or ``votes.csv`` of several.

    Where a rater graded a photo more than once, the latest vote counts.

    Returns
    -------
    dict
        From the photo (see `photo_key`) to {rater: grade}.

    Raises
    ------
    DatasetError
        If a file or a grade in it is not understood.
    """
    every = [vote for path in vote_files(root) for vote in read_vote_file(path)]
    found: dict[str, dict[str, str]] = {}
    for vote in sorted(every, key=lambda vote: vote.time):
        found.setdefault(vote.file_name, {})[vote.rater] = vote.grade
    return found


def read_vote_file(path: Path) -> tuple[Vote, ...]:
    """Read one file of votes, in the order they were given.

    Raises
    ------
    DatasetError
        If it is no such file, or a grade in it is not understood.
    """
    try:
        reader = csv.DictReader(io.StringIO(file_text(path), newline=""))
        rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path} cannot be read as CSV ({error}). Save it again as CSV UTF-8.") from error
    header = tuple(reader.fieldnames or ())
    if not {"file_name", "rater", "grade"} <= set(header):
        raise DatasetError(
            f"{path} has the columns {', '.join(header) or 'none'}. Votes have file_name, rater, grade and time "
            f"(which may be missing). Correct them, or give the file another name if it holds something else."
        )
    return tuple(_vote(path, number, row) for number, row in enumerate(rows, start=2))


def write_votes(path: Path, votes: Iterable[Vote]) -> None:
    """Write a file of votes; it is whole at any time.

    Raises
    ------
    DatasetError
        If it cannot be written.
    """
    rows: Sequence[dict[str, str]] = [asdict(vote) for vote in votes]
    write_csv(path, rows, first=COLUMNS)


def carry_votes(root: Path, out: Path, names: Mapping[str, str]) -> None:
    """Write the votes of a folder into another one, for the photos that `names` names and as it names them.

    Raises
    ------
    DatasetError
        If a file is not understood or cannot be written.
    """
    known = {photo_key(before): photo_key(after) for before, after in names.items()}
    for path in vote_files(root):
        kept = [
            replace(vote, file_name=known[vote.file_name])
            for vote in read_vote_file(path)
            if vote.file_name in known
        ]
        if kept:
            write_votes(out / path.name, kept)


def vote_files(root: Path) -> list[Path]:
    """List the files of votes in a folder."""
    names = {path: path.name.casefold() for path in sorted(root.glob("*")) if path.is_file()}
    return [path for pattern in _FILES for path, name in names.items() if fnmatchcase(name, pattern)]


def _vote(path: Path, number: int, row: dict[str, str | None]) -> Vote:
    name, rater, said = (str(row.get(column) or "").strip() for column in ("file_name", "rater", "grade"))
    if not name or not rater or not said or not is_known(said):
        raise DatasetError(
            f"{path}, line {number} (file_name {name!r}, rater {rater!r}, grade {said!r}) is not understood. A grade "
            f"is one of {', '.join(VOTE_GRADES)}."
        )
    return Vote(
        photo_key(name.removeprefix("./")), rater, grade_named(said), str(row.get("time") or "").strip()
    )
