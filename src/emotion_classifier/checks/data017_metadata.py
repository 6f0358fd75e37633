"""DATA017: metadata rows without photos, and photos without metadata rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from emotion_classifier.checks.context import CheckContext
from emotion_classifier.data.labels import is_known, likeliest
from emotion_classifier.data.targets import NO_TARGET
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import Finding
from emotion_classifier.findings.registry import register
from emotion_classifier.text import counted


@register(CheckContext)
class Metadata(Check[CheckContext]):
    """Photos and their table do not fit together."""

    code = "DATA017"
    title = "Metadata and photos differ"
    severity = "warning"
    detection = (
        "Rows of metadata.csv or metadata.jsonl (or of a Parquet file) that name no usable photo; and, where other "
        "photos have such a row with further columns, photos without one. Also photos in the folder of another "
        "class than their row says, photos in no class folder, and two rows for one photo that disagree."
    )
    why = "What is missing on one side is left out of groups, splits and audits, mostly unnoticed."
    advice = (
        "Correct the file names in the metadata file, or delete the rows. Of rows that disagree keep one."
    )

    def find(self, context: CheckContext) -> Iterator[Finding]:
        """Yield one finding per row without a photo, and one for all photos without a row."""
        for name, reason in context.dataset.problems:
            if reason == NO_TARGET:
                continue
            yield Finding(self.code, self.title, self.severity, (name,), f"{reason[:1].upper()}{reason[1:]}.")
        columns = context.dataset.columns.values()
        if columns:
            bare = [
                row for row in range(len(context.dataset)) if all(column[row] is None for column in columns)
            ]
            if bare and len(bare) < len(context.dataset):
                message = (
                    f"{counted(len(bare), 'photo')} with nothing in the further columns of the metadata."
                )
                yield self.finding(message, files=context.files(bare), photos=len(bare))
        yield from self._contradictions(context)

    def _contradictions(self, context: CheckContext) -> Iterator[Finding]:
        dataset = context.dataset
        rows = []
        # Rows of Parquet have no name, and their folder is that of the file.
        for row, name in enumerate(dataset.names):
            folders = [folder for folder in PurePosixPath(dataset.ids[row]).parts[:-1] if is_known(folder)]
            if name and folders and likeliest(folders[0]) != likeliest(name):
                rows.append(row)
        if rows:
            photos = counted(len(rows), "photo")
            message = f"{photos} in the folder of another class than the metadata says; the metadata wins."
            yield self.finding(message, files=context.files(rows), labels=context.labels_of(rows))
