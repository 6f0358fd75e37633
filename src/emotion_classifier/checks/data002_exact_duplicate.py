"""DATA002: the same file more than once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from emotion_classifier.checks.context import CheckContext
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import Finding
from emotion_classifier.findings.registry import register


@register(CheckContext)
class ExactDuplicate(Check[CheckContext]):
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

    def find(self, context: CheckContext) -> Iterator[Finding]:
        """Yield one finding per set of equal files."""
        rows_of: dict[bytes, list[int]] = defaultdict(list)
        for row, image in enumerate(context.images):
            if image.digest:
                rows_of[image.digest].append(row)
        for digest, rows in rows_of.items():
            if len(rows) > 1:
                labels = context.labels_of(rows)
                yield self.finding(
                    f"{len(rows)} files are equal.",
                    files=context.files(rows),
                    sha256=digest.hex(),
                    labels=labels,
                )
