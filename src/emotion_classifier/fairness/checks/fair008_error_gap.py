"""FAIR008: one kind of error falls on some more often."""

from __future__ import annotations

import numpy as np

from emotion_classifier.fairness.checks.base import FIRST_LOOK, TESTED, GapCheck
from emotion_classifier.fairness.measures import label_marks, read_as
from emotion_classifier.fairness.result import Gap
from emotion_classifier.fairness.survey import AuditSurvey
from emotion_classifier.findings.registry import register


@register(AuditSurvey)
class ErrorGap(GapCheck):
    """Read as sad, or as happy, wrongly and more often in one group."""

    code = "FAIR008"
    title = "One group is wrongly read as sad, or as happy, more often"
    metrics = {
        "neutral_called_sad": "Neutral photos called sad",
        "false_sad": "Happy photos read as sad",
        "false_happy": "Sad photos read as happy",
        "false_sad_any": "Photos of any other label read as sad",
        "false_happy_any": "Photos of any other label read as happy",
    }
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
        rows = context.rows(gap.by, gap.highest)
        if gap.metric == "neutral_called_sad":
            hits, of = label_marks(context.answers)[gap.metric]
            return tuple(context.ids[row] for row in rows[np.flatnonzero((hits & of)[rows])])
        _, label, *any_label = gap.metric.split("_")
        names = context.answers.names
        other = names != label if any_label else names == {"sad": "happy", "happy": "sad"}[label]
        return tuple(
            context.ids[row] for row in rows[np.flatnonzero((read_as(context.answers, label) & other)[rows])]
        )
