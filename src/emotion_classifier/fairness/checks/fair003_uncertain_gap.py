"""FAIR003: left without an answer more often."""

from __future__ import annotations

from emotion_classifier.fairness.checks.base import FIRST_LOOK, TESTED, GapCheck
from emotion_classifier.fairness.survey import AuditSurvey
from emotion_classifier.findings.registry import register


@register(AuditSurvey)
class UncertainGap(GapCheck):
    """One group is called uncertain more often."""

    code = "FAIR003"
    title = "One group is called uncertain more often"
    metrics = ("abstention",)
    detection = (
        "The share of faces labelled happy or sad whose reading is uncertain differs between groups, and that is "
        "shown. " + TESTED
    )
    why = (
        "Who uses the answers alone serves that group less. A model may also buy equal accuracy among its answers by "
        "answering for one group less often."
    )
    advice = (
        FIRST_LOOK
        + "train with more photos of that group, balanced (`train --balance COLUMN`), rather than lower the "
        "threshold: below it the answers are wrong more often."
    )
