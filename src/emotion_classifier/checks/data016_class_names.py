"""DATA016: class names that are not understood, or written in several ways."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import PurePosixPath

from emotion_classifier.checks.context import CheckContext
from emotion_classifier.data.dataset import Dataset
from emotion_classifier.data.labels import GRADE_SHARES, ORDER, grade_named, is_known, seems_to_mean
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import Finding
from emotion_classifier.findings.registry import register
from emotion_classifier.text import counted


@register(CheckContext)
class ClassNames(Check[CheckContext]):
    """Names of classes that may not mean what their owner thinks."""

    code = "DATA016"
    title = "Unclear class name"
    severity = "warning"
    detection = (
        "A name that is none of happy, neutral, sad, nor a known word for them or for another expression, is counted "
        "as `other`. Names that differ only in case, spelling or synonym are counted as one class."
    )
    why = "A misspelt name moves all its photos into `other`; two spellings of one class are often two people's work."
    advice = "Rename the folder or correct the column `label` in the metadata file."

    def not_applicable(self, context: CheckContext) -> str | None:
        """Say that the labels are votes or numbers."""
        return None if any(context.dataset.names) else "the labels are no names"

    def find(self, context: CheckContext) -> Iterator[Finding]:
        """Yield one finding per unknown name and one per class with several names."""
        rows_of = _rows_by_name(context.dataset)
        meant = misspelt(context.dataset)
        for name, rows in rows_of.items():
            if not is_known(name):
                photos = counted(len(rows), "photo")
                message = f"{photos} labelled {name!r}, which is no known expression: taken for other."
                if name in meant:
                    message += f" Did you mean {meant[name]}?"
                yield self.finding(message + _deeper(context, rows), files=context.files(rows), name=name)
        for label in dict.fromkeys((*ORDER, *GRADE_SHARES)):
            alike = {name: rows for name, rows in rows_of.items() if grade_named(name) == label}
            if len(alike) > 1 and label != "other":
                message = (
                    f"{label} is written in {len(alike)} ways: {', '.join(repr(name) for name in alike)}."
                )
                most = max(alike, key=lambda name: len(alike[name]))
                rarer = sorted(row for name, rows in alike.items() if name != most for row in rows)
                counts = {name: len(rows) for name, rows in alike.items()}
                yield self.finding(message, files=context.files(rarer), counts=counts)


def misspelt(dataset: Dataset) -> dict[str, str]:
    """Find names of classes that are counted as other and look like a misspelt word for happy, neutral or sad.

    Returns
    -------
    dict of str to str
        From the name to the label that it seems to mean.
    """
    meant = {name: seems_to_mean(name) for name in dict.fromkeys(dataset.names) if name}
    return {name: label for name, label in meant.items() if label}


def _rows_by_name(dataset: Dataset) -> dict[str, list[int]]:
    rows_of: dict[str, list[int]] = defaultdict(list)
    for row, name in enumerate(dataset.names):
        if name:
            rows_of[name].append(row)
    return rows_of


def _deeper(context: CheckContext, rows: list[int]) -> str:
    """Say where class folders lie deeper than they should."""
    for row in rows:
        folders = PurePosixPath(context.dataset.ids[row]).parts[:-1]
        for depth, folder in enumerate(folders[1:], start=1):
            if is_known(folder):
                return f" There are class folders further down: name {'/'.join(folders[:depth])} below it instead."
    return ""
