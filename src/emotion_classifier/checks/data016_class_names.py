"""DATA016: class names that are not understood, or written in several ways."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import PurePosixPath

from emotion_classifier.checks.base import Check, photos
from emotion_classifier.checks.survey import Survey
from emotion_classifier.data.labels import GRADE_SHARES, ORDER, grade_named, is_known
from emotion_classifier.findings.finding import Finding


class ClassNames(Check):
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

    def find(self, survey: Survey) -> Iterator[Finding]:
        """Yield one finding per unknown name and one per class with several names."""
        rows_of: dict[str, list[int]] = defaultdict(list)
        for row, name in enumerate(survey.dataset.names):
            if name:
                rows_of[name].append(row)
        for name, rows in rows_of.items():
            if not is_known(name):
                message = (
                    f"{photos(len(rows))} labelled {name!r}, which is no known expression: taken for other."
                )
                yield self.finding(survey, rows, message + _deeper(survey, rows), name=name)
        for label in dict.fromkeys((*ORDER, *GRADE_SHARES)):
            alike = {name: rows for name, rows in rows_of.items() if grade_named(name) == label}
            if len(alike) > 1 and label != "other":
                message = (
                    f"{label} is written in {len(alike)} ways: {', '.join(repr(name) for name in alike)}."
                )
                most = max(alike, key=lambda name: len(alike[name]))
                rarer = sorted(row for name, rows in alike.items() if name != most for row in rows)
                counts = {name: len(rows) for name, rows in alike.items()}
                yield self.finding(survey, rarer, message, counts=counts)


def _deeper(survey: Survey, rows: list[int]) -> str:
    """Say where class folders lie deeper than they should."""
    for row in rows:
        folders = PurePosixPath(survey.dataset.ids[row]).parts[:-1]
        for depth, folder in enumerate(folders[1:], start=1):
            if is_known(folder):
                return f" There are class folders further down: name {'/'.join(folders[:depth])} below it instead."
    return ""
