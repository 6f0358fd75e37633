"""DATA009: faces too dark, too bright, or without contrast."""

from __future__ import annotations

from emotion_classifier.checks.context import CheckContext
from emotion_classifier.checks.quality import QualityCheck
from emotion_classifier.faces.quality import FaceQuality, QualityLimits
from emotion_classifier.findings.registry import register
from emotion_classifier.text import told_apart


@register(CheckContext)
class BadLight(QualityCheck):
    """Over- or under-exposed."""

    code = "DATA009"
    title = "Face over- or under-exposed"
    detection = (
        "More of the face is blown out to white, or less contrast is left in it, than the model's limits allow. "
        "There is no limit on brightness itself, so dark skin is not taken for bad light."
    )
    advice = "Develop the photo anew from its raw file, or leave it out."

    def judge(self, quality: FaceQuality, limits: QualityLimits, *, sized: bool) -> str | None:
        """Compare white pixels and contrast."""
        if quality.blown_out > limits.max_blown_out:
            white, most = told_apart(quality.blown_out, limits.max_blown_out, "%", digits=0)
            return f"{white} of the face is white; at most {most} may be."
        if quality.contrast < limits.min_contrast:
            spread, least = told_apart(quality.contrast, limits.min_contrast, "%")
            return f"The grey levels spread by {spread} of white; at least {least} is needed."
        return None

    def evidence(self, quality: FaceQuality) -> dict[str, float]:
        """Give brightness, contrast and the share of white."""
        return {
            "brightness": round(quality.brightness, 3),
            "contrast": round(quality.contrast, 3),
            "blown_out": round(quality.blown_out, 3),
        }
