"""What the four checks of a face's quality share: the limits of the model that would read it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator

from emotion_classifier.checks.context import CheckContext
from emotion_classifier.faces.quality import FaceQuality, QualityLimits
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import Finding


class QualityCheck(Check[CheckContext]):
    """A face that the model would answer "uncertain" for, whatever its expression."""

    severity = "warning"
    why = (
        "What cannot be seen cannot be learned: such photos teach noise, and the model calls them uncertain. In "
        "a test set they measure the photos rather than the model."
    )

    def not_applicable(self, context: CheckContext) -> str | None:
        """Say that no face was measured."""
        return None if any(image.quality for image in context.images) else "no face to measure"

    def find(self, context: CheckContext) -> Iterator[Finding]:
        """Yield one finding per photo."""
        limits = context.bundle.config.quality
        for row, image in enumerate(context.images):
            if image.quality and image.faces:
                message = self.judge(image.quality, limits, sized=not context.dataset.cropped[row])
                if message:
                    yield self.finding(message, files=context.files([row]), **self.evidence(image.quality))

    @abstractmethod
    def judge(self, quality: FaceQuality, limits: QualityLimits, *, sized: bool) -> str | None:
        """Say what is wrong, or None."""

    @abstractmethod
    def evidence(self, quality: FaceQuality) -> dict[str, float]:
        """Give the measurements."""
