"""What the checks of an audit share: checks of gaps, and the words of their findings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from emotion_classifier.fairness.measures import ON_DEGREE
from emotion_classifier.fairness.result import Gap
from emotion_classifier.fairness.survey import AuditSurvey
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import Finding
from emotion_classifier.text import fixed, percent

TESTED = (
    "Shown means: groups shuffled by chance among people (photos, where nobody says whose they are) with about as many "
    "photos of each class give so unusual a group in fewer than 5 of 100 audits, after Holm's correction over all "
    "columns, intersections and metrics of the audit; the interval of the difference leaves out what the groups' mix "
    "of classes explains; and beyond that the highest and the lowest group are at least "
    "`--points-of-concern` points apart (2 without). Groups too small to say take no part."
)
_WORTH_SAYING = 0.5  # points
FIRST_LOOK = (
    "Look at the photos of the group concerned before anything else: poor light, small faces or doubtful labels "
    "may explain the gap. Then "
)


class GapCheck(Check[AuditSurvey]):
    """A shown gap in some metrics."""

    severity = "warning"
    metrics: ClassVar[dict[str, str]]  # by name, what the metric is in words

    def find(self, context: AuditSurvey) -> Iterator[Finding]:
        """Yield one finding per gap that is shown."""
        for gap in context.gaps:
            if gap.metric in self.metrics and gap.shown:
                message = gap_sentence(gap, self.metrics[gap.metric])
                yield self.finding(message, files=self.files(context, gap), **context.evidence(gap))

    def not_applicable(self, context: AuditSurvey) -> str | None:
        """Say that there is nothing to compare."""
        if any(gap.metric in self.metrics for gap in context.gaps):
            return None
        return "no two groups are large enough to compare"

    def files(self, context: AuditSurvey, gap: Gap) -> tuple[str, ...]:
        """Photos to look at."""
        return ()


def signed(value: float) -> str:
    """Write a strength of expression or a degree with its sign.

    Examples
    --------
    >>> signed(0.5)
    '+0.50'
    """
    return fixed(value, 2, signed=True)


def gap_sentence(gap: Gap, what: str) -> str:
    """Say which group has more of what than which, by how much.

    Examples
    --------
    >>> from emotion_classifier.evaluation.intervals import Estimate
    >>> nothing = Estimate(None, None, None, 0)
    >>> gap = Gap("gender", "accuracy", "male", "female", Estimate(0.05, 0.02, 0.08, 900), nothing, 0.001, 0.01)
    >>> gap_sentence(gap, "Accuracy")
    'Accuracy, by gender: male is 5.0 points above female (95 % 2.0 to 8.0, n = 900, corrected p = 0.01).'
    """
    on_degree = gap.metric in ON_DEGREE
    written, digits, unit = (fixed, 2, "") if on_degree else (percent, 1, " points")
    value, low, high = (
        written(end or 0.0, digits) for end in (gap.difference.value, gap.difference.low, gap.difference.high)
    )
    mixed = ""
    if abs(gap.explained) * (50 if on_degree else 100) >= _WORTH_SAYING:
        explained = written(gap.explained, digits)
        mixed = f" Their mix of classes alone would make it {explained}{unit}."
    return (
        f"{what}, by {gap.by}: {gap.highest} is {value}{unit} above {gap.lowest} "
        f"(95 % {low} to {high}, n = {gap.difference.n:,}, corrected p = {gap.p_corrected:.2g}).{mixed}"
    )
