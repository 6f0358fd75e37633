"""FAIR008: one kind of error falls on some more often."""

from __future__ import annotations

from emotion_classifier.evaluation import metrics
from emotion_classifier.evaluation.statistics import Share
from emotion_classifier.fairness.checks.base import FIRST_LOOK, TESTED, GapCheck
from emotion_classifier.fairness.result import Gap
from emotion_classifier.fairness.survey import AuditSurvey
from emotion_classifier.findings.registry import register


@register(AuditSurvey)
class ErrorGap(GapCheck):
    """Read as sad, or as happy, wrongly and more often in one group."""

    code = "FAIR008"
    title = "One group is wrongly read as sad, or as happy, more often"
    metrics = ("neutral_called_sad", "false_sad", "false_happy", "false_sad_any", "false_happy_any")
    detection = (
        "The share of neutral photos called sad, of happy ones read as sad, or of sad ones read as happy, differs "
        "between groups, and that is shown; with further classes, also of all photos with another label (equalized "
        "odds: Hardt, Price and Srebro 2016). The photos misread in this way in the highest group are listed. "
        + TESTED
    )
    why = (
        "Accuracy may be equal while the errors are not: one group's neutral faces pass for sad, the other's for "
        "happy. That repeats a stereotype, and whatever follows from the reading follows it too."
    )
    advice = (
        FIRST_LOOK + "train with more photos of that group and class, balanced (`train --balance COLUMN`). "
        "Check the labels too: raters are known to see the same face differently in different groups."
    )

    def files(self, context: AuditSurvey, gap: Gap) -> tuple[str, ...]:
        """Photos of the highest group that are misread in this way."""
        counted = metrics.get(gap.metric).function(context.predictions)
        if not isinstance(counted, Share):
            return ()
        return context.files(gap.by, gap.highest, counted.hits & counted.of)
