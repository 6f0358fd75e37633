"""DATA002: the same file more than once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from emotion_classifier.checks.base import Check
from emotion_classifier.checks.survey import Survey
from emotion_classifier.findings.finding import Finding


class ExactDuplicate(Check):
    """Files with the same content."""

    code = "DATA002"
    title = "Exact duplicate"
    severity = "warning"
    detection = "The SHA-256 of every file is compared; these files are equal to the last byte."
    why = (
        "A photo that occurs twice counts twice, and on both sides of a split it is a test photo the model has "
        "seen. Intervals come out too narrow, since they count photos as independent."
    )
    advice = "Keep one of them. `clean` keeps the first; `split` keeps all of them on one side."

    def find(self, survey: Survey) -> Iterator[Finding]:
        """Yield one finding per set of equal files."""
        rows_of: dict[bytes, list[int]] = defaultdict(list)
        for row, look in enumerate(survey.looks):
            if look.digest:
                rows_of[look.digest].append(row)
        for digest, rows in rows_of.items():
            if len(rows) > 1:
                labels = self.labels(survey, rows)
                yield self.finding(
                    survey, rows, f"{len(rows)} files are equal.", sha256=digest.hex(), labels=labels
                )
