"""DATA001: files that are no readable photo."""

from __future__ import annotations

from collections.abc import Iterator

from emotion_classifier.checks.context import CheckContext
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import Finding
from emotion_classifier.findings.registry import register


@register(CheckContext)
class Unreadable(Check[CheckContext]):
    """A file among the photos cannot be read."""

    code = "DATA001"
    title = "Unreadable or truncated file"
    severity = "error"
    detection = (
        "Every file is decoded to the last byte, as it would be for training. Empty and truncated files, files that "
        "are no pictures, files without permission to read, and pictures over the limits of size are listed with "
        "the decoder's reason."
    )
    why = (
        "Training leaves such files out, and an evaluation counts them as wrong, so the numbers are not about the "
        "photos you believe them to be about."
    )
    advice = "Copy or download the file again, correct its permissions, or delete it. `clean` drops it."

    def find(self, context: CheckContext) -> Iterator[Finding]:
        """Yield one finding per file."""
        for row, image in enumerate(context.images):
            if image.reason:
                path = str(context.dataset.sources[row])
                yield self.finding(image.reason.replace(path, "The file"), files=context.files([row]))
