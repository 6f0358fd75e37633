"""What the four checks of a face's quality share: the limits of the model that would read it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator

from emotion_classifier.checks.base import Check
from emotion_classifier.checks.survey import Survey
from emotion_classifier.faces.quality import FaceQuality, QualityLimits
from emotion_classifier.findings.finding import Finding


class QualityCheck(Check):
    """A face that the model would answer "uncertain" for, whatever its expression."""

    severity = "warning"
    why = (
        "What cannot be seen cannot be learned: such photos teach noise, and the model calls them uncertain. In "
        "a test set they measure the photos rather than the model."
    )

    def find(self, survey: Survey) -> Iterator[Finding]:
        """Yield one finding per photo."""
        limits = survey.bundle.config.quality
        for row, look in enumerate(survey.looks):
            if look.quality and look.faces:
                message = self.judge(look.quality, limits, sized=not survey.dataset.cropped[row])
                if message:
                    yield self.finding(survey, [row], message, **self.evidence(look.quality))

    @abstractmethod
    def judge(self, quality: FaceQuality, limits: QualityLimits, *, sized: bool) -> str | None:
        """Say what is wrong, or None."""

    @abstractmethod
    def evidence(self, quality: FaceQuality) -> dict[str, float]:
        """Give the measurements."""
