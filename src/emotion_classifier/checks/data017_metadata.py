"""DATA017: metadata rows without photos, and photos without metadata rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from emotion_classifier.checks.base import Check, photos
from emotion_classifier.checks.survey import Survey
from emotion_classifier.data.labels import is_known, likeliest
from emotion_classifier.data.targets import NO_TARGET
from emotion_classifier.findings.finding import Finding


class Metadata(Check):
    """Photos and their table do not fit together."""

    code = "DATA017"
    title = "Metadata and photos differ"
    severity = "warning"
    detection = (
        "Rows of metadata.csv or metadata.jsonl (or of a Parquet file) that name no usable photo; and, where other "
        "photos have such a row with further columns, photos without one. Also photos in the folder of another "
        "class than their row says, and photos in no class folder."
    )
    why = "What is missing on one side is left out of groups, splits and audits, mostly unnoticed."
    advice = "Correct the file names in the metadata file, or delete the rows."

    def find(self, survey: Survey) -> Iterator[Finding]:
        """Yield one finding per row without a photo, and one for all photos without a row."""
        for name, reason in survey.dataset.problems:
            if reason == NO_TARGET:
                continue
            yield Finding(self.code, self.title, self.severity, (name,), f"{reason[:1].upper()}{reason[1:]}.")
        columns = survey.dataset.columns.values()
        if columns:
            bare = [
                row for row in range(len(survey.dataset)) if all(column[row] is None for column in columns)
            ]
            if bare and len(bare) < len(survey.dataset):
                message = f"{photos(len(bare))} without a row in the metadata."
                yield self.finding(survey, bare, message, photos=len(bare))
        yield from self._contradictions(survey)

    def _contradictions(self, survey: Survey) -> Iterator[Finding]:
        dataset = survey.dataset
        if not dataset.names:
            return
        rows = []
        for row, name in enumerate(dataset.ids):
            folders = [folder for folder in PurePosixPath(name).parts[:-1] if is_known(folder)]
            if folders and likeliest(folders[0]) != likeliest(dataset.names[row]):
                rows.append(row)
        if rows:
            message = f"{photos(len(rows))} in the folder of another class than the metadata says; the metadata wins."
            yield self.finding(survey, rows, message, labels=self.labels(survey, rows))
