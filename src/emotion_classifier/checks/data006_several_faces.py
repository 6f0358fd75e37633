"""DATA006: photos with more than one face."""

from __future__ import annotations

from collections.abc import Iterator

from emotion_classifier.checks.context import CheckContext
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import Finding
from emotion_classifier.findings.registry import register


@register(CheckContext)
class SeveralFaces(Check[CheckContext]):
    """The label may belong to another face than the one that is read."""

    code = "DATA006"
    title = "Several faces"
    severity = "info"
    detection = "The face detector finds more than one face in the photo."
    why = (
        "One photo has one label, and training takes the most prominent face for it. If the label was meant for "
        "another one, or the faces differ, it is wrong."
    )
    advice = "See whether the label fits the largest face; else crop the photo to the face that is meant."

    def not_applicable(self, context: CheckContext) -> str | None:
        """Say that crops hold one face each."""
        return "every picture is a tight crop" if all(context.dataset.cropped) else None

    def find(self, context: CheckContext) -> Iterator[Finding]:
        """Yield one finding per photo."""
        for row, image in enumerate(context.images):
            if image.faces > 1:
                yield self.finding(
                    f"{image.faces} faces were found.", files=context.files([row]), faces=image.faces
                )
