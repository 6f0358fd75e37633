"""FAIR002: faces found less often for some."""

from __future__ import annotations

from emotion_classifier.fairness.checks.base import TESTED, GapCheck
from emotion_classifier.fairness.result import Gap
from emotion_classifier.fairness.survey import AuditSurvey
from emotion_classifier.findings.registry import register


@register(AuditSurvey)
class FaceGap(GapCheck):
    """The detector misses one group more often."""

    code = "FAIR002"
    title = "Faces are found less often in one group"
    metrics = ("faces_found",)
    detection = (
        "The share of photos in which a face is found differs between groups, and that is shown. The photos "
        "without a face are listed. " + TESTED
    )
    why = (
        "A face that is not found is never read at all. Detectors are known to miss dark skin in poor light, small "
        "children, covered heads and turned faces more often."
    )
    advice = (
        "Look at the photos listed. Where their light, size or pose differs from the other groups', the photos are the "
        "cause; where they do not, the detector is, and no training of the model mends that: use photos with larger "
        "and better lit faces, and say whom the model was not able to see."
    )

    def files(self, context: AuditSurvey, gap: Gap) -> tuple[str, ...]:
        """Photos of the lowest group without a face."""
        return context.files(gap.by, gap.lowest, ~context.predictions.predicted)
