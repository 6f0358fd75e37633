"""DATA007: faces with too few pixels."""

from __future__ import annotations

from emotion_classifier.checks.context import CheckContext
from emotion_classifier.checks.quality import QualityCheck
from emotion_classifier.faces.quality import FaceQuality, QualityLimits
from emotion_classifier.findings.registry import register


@register(CheckContext)
class SmallFace(QualityCheck):
    """Too few pixels between the eyes."""

    code = "DATA007"
    title = "Face too small"
    detection = (
        "Fewer pixels between the eyes than the model's limit, which stands where one face in ten is taken for the "
        "other expression (robustness page). Not asked of pictures that were cut out and scaled beforehand."
    )
    advice = "Use the original in full size, or leave the photo out."

    def not_applicable(self, context: CheckContext) -> str | None:
        """Say that crops were scaled, or that no face was measured."""
        if all(context.dataset.cropped):
            return "every picture was cut out and scaled beforehand"
        return super().not_applicable(context)

    def judge(self, quality: FaceQuality, limits: QualityLimits, *, sized: bool) -> str | None:
        """Compare the distance between the eyes."""
        if not sized or quality.eye_distance >= limits.min_eye_distance:
            return None
        return f"{limits.missing_pixels(quality)}."

    def evidence(self, quality: FaceQuality) -> dict[str, float]:
        """Give the pixels between the eyes."""
        return {"eye_distance": round(quality.eye_distance, 1)}
