"""FAIR001: right less often for some."""

from __future__ import annotations

from emotion_classifier.evaluation import metrics
from emotion_classifier.evaluation.statistics import Share
from emotion_classifier.fairness.checks.base import FIRST_LOOK, TESTED, GapCheck
from emotion_classifier.fairness.result import Gap
from emotion_classifier.fairness.survey import AuditSurvey
from emotion_classifier.findings.registry import register


@register(AuditSurvey)
class AccuracyGap(GapCheck):
    """Accuracy or balanced accuracy differs between groups."""

    code = "FAIR001"
    title = "The model is right less often for one group"
    metrics = ("label_accuracy", "label_recall_sad", "happy_against_sad", "accuracy", "balanced_accuracy")
    detection = (
        "A gap in the accuracy of the label, in the sad photos called so, or in the accuracy or balanced accuracy of "
        "the forced choice between the groups of a column, or of an intersection, is shown. "
        "No face and an unreadable photo count as wrong. The photos of the lowest group that count against the figure "
        "are listed. " + TESTED
    )
    why = (
        "People of one group are misread more often than others, which a figure over everybody hides: a small group "
        "hardly moves it."
    )
    advice = (
        FIRST_LOOK
        + "collect more photos of that group and train with the groups balanced (`train --balance COLUMN`), and audit "
        "again on photos that played no part in it. A threshold of its own for each group is no way out: it needs "
        "everyone's group at prediction time, treats people differently because of it, and hides the cause."
    )

    def files(self, context: AuditSurvey, gap: Gap) -> tuple[str, ...]:
        """Photos of the lowest group that count against this metric."""
        counted = metrics.get(gap.metric).function(context.predictions)
        wrong = counted.of & ~counted.hits if isinstance(counted, Share) else ~context.predictions.correct
        return context.files(gap.by, gap.lowest, wrong)
