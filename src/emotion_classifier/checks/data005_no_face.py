"""DATA005: photos without a face."""

from __future__ import annotations

from collections.abc import Iterator

from emotion_classifier.checks.base import Check
from emotion_classifier.checks.survey import Survey
from emotion_classifier.findings.finding import Finding


class NoFace(Check):
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

    def find(self, survey: Survey) -> Iterator[Finding]:
        """Yield one finding per photo."""
        for row, look in enumerate(survey.looks):
            if not look.reason and not look.faces:
                cropped = survey.dataset.cropped[row]
                where = "The crop does not look like a face." if cropped else "No face was found."
                yield self.finding(survey, [row], where, label=self.labels(survey, [row])[0])
