"""DATA006: photos with more than one face."""

from __future__ import annotations

from collections.abc import Iterator

from emotion_classifier.checks.base import Check
from emotion_classifier.checks.survey import Survey
from emotion_classifier.findings.finding import Finding


class SeveralFaces(Check):
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

    def find(self, survey: Survey) -> Iterator[Finding]:
        """Yield one finding per photo."""
        for row, look in enumerate(survey.looks):
            if look.faces > 1:
                yield self.finding(survey, [row], f"{look.faces} faces were found.", faces=look.faces)
