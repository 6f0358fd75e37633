"""DATA018: faces turned away."""

from __future__ import annotations

from emotion_classifier.checks.context import CheckContext
from emotion_classifier.checks.quality import QualityCheck
from emotion_classifier.faces.quality import FaceQuality, QualityLimits
from emotion_classifier.findings.registry import register
from emotion_classifier.text import told_apart


@register(CheckContext)
class TurnedFace(QualityCheck):
    """Half of the face cannot be seen."""

    code = "DATA018"
    title = "Face turned away"
    detection = (
        "The nose lies so far to one side between the eyes that the head is turned beyond the model's limit."
    )
    advice = "Use a photo from further in front, or leave it out."

    def judge(self, quality: FaceQuality, limits: QualityLimits, *, sized: bool) -> str | None:
        """Compare the turn of the head."""
        if quality.turn <= limits.max_turn:
            return None
        turn, most = told_apart(quality.turn, limits.max_turn, "", digits=0)
        return f"The head is turned by about {turn} degrees; at most {most} can be read."

    def evidence(self, quality: FaceQuality) -> dict[str, float]:
        """Give the turn in degrees."""
        return {"turn": round(quality.turn, 1)}
