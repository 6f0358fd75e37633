"""DATA005: photos without a face."""

from __future__ import annotations

from collections.abc import Iterator

from emotion_classifier.checks.context import CheckContext
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import Finding
from emotion_classifier.findings.registry import register


@register(CheckContext)
class NoFace(Check[CheckContext]):
    """The detector finds no face."""

    code = "DATA005"
    title = "No face found"
    severity = "warning"
    detection = (
        "The face detector that is part of this project finds nothing, upright or turned. In a picture given as a "
        "tight crop, nothing in it looks like a face."
    )
    why = "Training leaves such photos out, and an evaluation counts them as wrong."
    advice = (
        "If there is a face, it may be too small, hidden or in profile: a closer crop often helps. If there is none, "
        "delete the photo. `clean --drop DATA005` drops it."
    )

    def not_applicable(self, context: CheckContext) -> str | None:
        """Say that no photo can be read."""
        return None if len(context.readable) else "no readable photo"

    def find(self, context: CheckContext) -> Iterator[Finding]:
        """Yield one finding per photo."""
        for row, image in enumerate(context.images):
            if not image.reason and not image.faces:
                cropped = context.dataset.cropped[row]
                where = "The crop does not look like a face." if cropped else "No face was found."
                yield self.finding(where, files=context.files([row]), label=context.labels_of([row])[0])
