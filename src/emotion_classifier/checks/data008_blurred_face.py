"""DATA008: faces out of focus."""

from __future__ import annotations

from emotion_classifier.checks.context import CheckContext
from emotion_classifier.checks.quality import QualityCheck
from emotion_classifier.faces.quality import FaceQuality, QualityLimits
from emotion_classifier.findings.registry import register
from emotion_classifier.text import told_apart


@register(CheckContext)
class BlurredFace(QualityCheck):
    """Too little detail."""

    code = "DATA008"
    title = "Face blurred"
    detection = (
        "Next to nothing of the change of grey over a quarter of the eye distance happens from one pixel to the next: "
        "the picture is out of focus, moved, or was enlarged from few pixels."
    )
    advice = "Use a sharper photo or the original in full size, or leave it out."

    def judge(self, quality: FaceQuality, limits: QualityLimits, *, sized: bool) -> str | None:
        """Compare the sharpness."""
        if quality.sharpness >= limits.min_sharpness:
            return None
        sharpness, least = told_apart(quality.sharpness, limits.min_sharpness, "")
        return f"Sharpness {sharpness}; at least {least} is needed."

    def evidence(self, quality: FaceQuality) -> dict[str, float]:
        """Give the sharpness."""
        return {"sharpness": round(quality.sharpness, 3)}
