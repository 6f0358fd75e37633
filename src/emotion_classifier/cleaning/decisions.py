"""What a person decided about photos, in a file that outlives the program."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from emotion_classifier.data.metadata import file_text, plain, write_csv
from emotion_classifier.data.votes import photo_key
from emotion_classifier.errors import DatasetError

Verdict: TypeAlias = Literal["accept", "reject", "drop"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


@dataclass(frozen=True)
class Decision:
    """What becomes of one photo.

    Parameters
    ----------
    file : str
        Its id: the path below the folder.
    decision : {"accept", "reject", "drop"}
        accept: it gets the label `label`; reject: its present label is right; drop: it is left out.
    label : str
        The label it then has; may be empty unless it is "accept".
    code : str
        The finding that was decided on, for the record.
    time : str
        When, in ISO 8601, for the record.
    """

    file: str
    decision: Verdict
    label: str = ""
    code: str = ""
    time: str = ""


COLUMNS: tuple[str, ...] = tuple(column.name for column in fields(Decision))


def read_decisions(path: str | Path) -> tuple[Decision, ...]:
    """Read a CSV file of decisions, in the order they were made.

    Raises
    ------
    DatasetError
        If there is no such file, or a column or a value in it is not understood.
    """
    path = Path(path)
    try:
        reader = csv.DictReader(io.StringIO(file_text(path), newline=""))
        columns = [name or "" for name in reader.fieldnames or ()]
        rows = list(reader)
    except OSError as error:
        raise DatasetError(
            f"The decisions {path} cannot be read ({error.strerror}). Check the path, or make them with "
            f"`emotion-classifier clean DIR --review`."
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path} is not a CSV file in UTF-8 ({error}). Save it as CSV UTF-8.") from error
    unknown = [name for name in columns if name not in COLUMNS]
    if unknown or not {"file", "decision"} <= set(columns):
        raise DatasetError(
            f"{path} has the columns {', '.join(columns) or 'none'}. Decisions have the columns {', '.join(COLUMNS)}, "
            f"of which file and decision must be there and no others may be."
        )
    return tuple(_decision(path, number, row) for number, row in enumerate(rows, start=1))


def write_decisions(path: str | Path, decisions: Iterable[Decision]) -> None:
    """Write decisions as CSV; the file is whole at any time.

    Raises
    ------
    DatasetError
        If it cannot be written.
    """
    rows = [{**asdict(decision), "file": plain(decision.file)} for decision in decisions]
    write_csv(Path(path), rows, first=COLUMNS)


def match(decisions: Iterable[Decision], files: Iterable[str]) -> dict[str, Decision]:
    """Find the decision on each file; the last one where there are several.

    Another Unicode form of a name is understood, as macOS writes it, unless a file has just that name.

    Raises
    ------
    DatasetError
        If a decision is about a file that is not among `files`.
    """
    files = tuple(files)
    known = {photo_key(name): name for name in files} | {plain(name): name for name in files}
    found: dict[str, Decision] = {}
    unknown: list[str] = []
    for decision in decisions:
        name = known.get(plain(decision.file), known.get(photo_key(decision.file)))
        if name is None:
            unknown.append(decision.file)
        else:
            found[name] = decision
    if unknown:
        more = f" and {len(unknown) - 3} more" if len(unknown) > 3 else ""
        raise DatasetError(
            f"The decisions name photos that are not there: {', '.join(map(repr, unknown[:3]))}{more}. "
            f"They are of another folder, or the photos were renamed; correct the file or take those lines out."
        )
    return found


def _decision(path: Path, number: int, row: dict[str | None, str | None]) -> Decision:
    values = {name: (row.get(name) or "") for name in COLUMNS}
    verdict = values["decision"].strip().lower()
    if not values["file"] or verdict not in VERDICTS or None in row:
        raise DatasetError(
            f"{path}, decision {number} (file {values['file']!r}, decision {values['decision']!r}) is not understood. "
            f"A line names a file and one of {', '.join(VERDICTS)}."
        )
    if verdict == "accept" and not values["label"].strip():
        raise DatasetError(
            f"{path}, decision {number} accepts a label for {values['file']!r} and does not say which. "
            f"Fill in the column label."
        )
    return Decision(values["file"], verdict, values["label"].strip(), values["code"], values["time"])
