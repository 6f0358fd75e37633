"""FAIR006: many photos that do not say their group."""

from __future__ import annotations

from collections.abc import Iterator

from emotion_classifier.data.columns import NOT_SAID
from emotion_classifier.fairness.survey import AuditSurvey
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import Finding
from emotion_classifier.findings.registry import register
from emotion_classifier.text import whole_percent

_MANY = 0.1


@register(AuditSurvey)
class NotSaid(Check[AuditSurvey]):
    """The group is missing on many photos."""

    code = "FAIR006"
    title = "Many photos do not say their group"
    severity = "warning"
    detection = (
        "More than one photo in ten has no value in a column (empty, unknown, n/a). They are the group (not said), "
        "which has figures of its own and takes no part in gaps."
    )
    why = (
        "Whose value is missing is seldom chance. If it is missing on the hard photos, or on those of one group, the "
        "gaps shown are too small or too large, and nobody can tell which."
    )
    advice = (
        "Fill the column in from what the people photographed say of themselves. Do not have anyone's gender, age or "
        "ethnicity guessed from the picture, by people or by a model. Compare the figures of (not said) with the rest."
    )

    def find(self, context: AuditSurvey) -> Iterator[Finding]:
        """Yield one finding per column."""
        n = len(context.predictions)
        for grouping in context.columns:
            if NOT_SAID not in grouping.groups:
                continue
            missing = len(context.rows(grouping.by, NOT_SAID))
            if missing > _MANY * n:
                message = f"{missing:,} of {n:,} photos ({whole_percent(missing / n)}) have no {grouping.by}."
                yield self.finding(message, by=grouping.by, missing=missing, n=n)
