"""Findings about labels as questions to a person: this label, or that one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from emotion_classifier.data.dataset import Dataset
from emotion_classifier.data.labels import DETAILS, GRADE_SHARES, ORDER, canonical, grade_named
from emotion_classifier.data.metadata import file_text
from emotion_classifier.errors import DatasetError
from emotion_classifier.findings.finding import SEVERITIES, Finding

TWO_LABELS = "DATA004"
WRONG_LABEL = "DATA010"
AMBIGUOUS = "DATA011"
REVIEWED: tuple[str, ...] = (TWO_LABELS, WRONG_LABEL, AMBIGUOUS)
_PROBABILITIES = ("probability_of_suggestion", "probability_of_neutral")


@dataclass(frozen=True)
class Suggestion:
    """A label that may be wrong.

    Parameters
    ----------
    file : str
        Id of the photo.
    label : str
        Its present label, as its owner named it.
    suggested : str
        The other label, named likewise; "" where none is suggested.
    probability : float or None
        Of the suggested label, by the model.
    finding : Finding
    others : tuple of str
        Ids of further copies of the photo, each with its label (a picture that is in two classes).
    """

    file: str
    label: str
    suggested: str
    probability: float | None
    finding: Finding
    others: tuple[tuple[str, str], ...] = field(default=())


def read_findings(path: str | Path) -> tuple[Finding, ...]:
    """Read what ``check --json`` printed.

    Raises
    ------
    DatasetError
        If the file cannot be read or is not JSON Lines of findings.
    """
    path = Path(path)
    try:
        lines = file_text(path).split("\n")
    except OSError as error:
        raise DatasetError(
            f"The findings {path} cannot be read ({error.strerror}). "
            f"Write them with `emotion-classifier check DIR --json > {path.name}`."
        ) from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path} is not JSON Lines in UTF-8 or UTF-16 ({error}).") from error
    return tuple(_finding(path, number, line) for number, line in enumerate(lines, start=1) if line.strip())


def _finding(path: Path, number: int, line: str) -> Finding:
    try:
        values = json.loads(line)
        files, evidence = values["files"], values.get("evidence") or {}
        if not isinstance(files, list) or not isinstance(evidence, dict):
            raise TypeError("files is a list and evidence an object")
        severity = values.get("severity", "warning")
        if severity not in SEVERITIES:
            raise ValueError(f"severity is one of {', '.join(SEVERITIES)}")
        rest = {key: value for key, value in evidence.items() if key != "message"}
        return Finding(
            str(values["code"]),
            str(values.get("title", "")),
            severity,
            tuple(str(name) for name in files),
            str(evidence.get("message", "")),
            rest,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetError(
            f"{path}, line {number} is not a finding ({error}). "
            f"Each line is an object with code, files and evidence, as `emotion-classifier check DIR --json` prints."
        ) from error


class Classes:
    """The names a dataset's owner gave to the classes.

    Parameters
    ----------
    names : iterable of str
        The name at each row.

    Examples
    --------
    >>> classes = Classes(["Smiling", "Smiling", "happy", "Sad"])
    >>> classes.named("happy"), classes.named("sad"), classes.named("neutral"), classes.named("hapy")
    ('happy', 'Sad', 'neutral', None)
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = [name for name, _ in Counter(names).most_common()]

    def named(self, label: str) -> str | None:
        """Name a class as the owner does, given that name or one of the project's; None if it is neither."""
        if label in self._names:
            return label
        wanted = grade_named(label)
        if wanted == "other" and label not in ("other", *DETAILS):
            return None
        return next((name for name in self._names if grade_named(name) == wanted != "other"), label)


def present_labels(dataset: Dataset) -> dict[str, str]:
    """Name every photo's label, by id, as its owner would: the one that its votes or degree say, where they do."""
    classes = Classes(dataset.names)
    found = {}
    for row, (name, index) in enumerate(zip(dataset.names, dataset.hard, strict=True)):
        label = dataset.labels[index]
        shares = GRADE_SHARES.get(grade_named(name), GRADE_SHARES["other"])
        # A photo called mixed counts as happy, and stays mixed.
        agrees = shares[ORDER.index(canonical(label))] == max(shares)
        found[dataset.ids[row]] = name if agrees else classes.named(label) or label
    return found


def suggestions(dataset: Dataset, findings: Iterable[Finding]) -> list[Suggestion]:
    """Turn findings about labels into questions, one per photo.

    Pictures in two classes come first, then labels that are likely wrong, then ambiguous ones.
    """
    label_of = present_labels(dataset)
    classes = Classes(dataset.names)
    asked: set[str] = set()
    found = []
    for finding in sorted(findings, key=lambda finding: finding.code):
        if finding.code not in REVIEWED:
            continue
        copies = tuple((name, label_of[name]) for name in finding.files if name in label_of)
        # Of the copies of one picture the first is asked about.
        for name, label in copies[:1] if finding.code == TWO_LABELS else copies:
            if name in asked:
                continue
            asked.update([name] if finding.code != TWO_LABELS else [copy for copy, _ in copies])
            others = tuple(copy for copy in copies if copy[0] != name)
            found.append(_suggestion(name, label, finding, others, classes))
    return found


def suggested_label(finding: Finding, classes: Classes) -> str | None:
    """Name the label that a finding suggests, as the dataset's owner would; None where it suggests none."""
    label = finding.evidence.get("suggested_label")
    return classes.named(label) if isinstance(label, str) and label else None


def _suggestion(
    name: str, label: str, finding: Finding, others: tuple[tuple[str, str], ...], classes: Classes
) -> Suggestion:
    if finding.code == TWO_LABELS:
        suggested = next((theirs for _, theirs in others if theirs != label), "")
        return Suggestion(name, label, suggested, None, finding, others)
    values = (finding.evidence.get(key) for key in _PROBABILITIES)
    probability = next((float(value) for value in values if isinstance(value, int | float)), None)
    return Suggestion(name, label, suggested_label(finding, classes) or "", probability, finding)
