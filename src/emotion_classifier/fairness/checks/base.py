"""What the checks of an audit share: checks of gaps, and the words of their findings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from emotion_classifier.evaluation import metrics
from emotion_classifier.fairness.result import Gap
from emotion_classifier.fairness.survey import AuditSurvey
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import Finding
from emotion_classifier.text import fixed, interval, quantity

TESTED = (
    "Shown means: groups shuffled by chance among people (photos, where nobody says whose they are) with about as many "
    "photos of each class give so unusual a group in fewer than 5 of 100 audits, after Holm's correction over all "
    "columns, intersections and metrics of the audit; the interval of the difference leaves out what the groups' mix "
    "of classes explains; and the highest and the lowest group are at least `--points-of-concern` points apart (2 "
    "without), with that part and without it. Groups too small to say take no part."
)
FIRST_LOOK = (
    "Look at the photos of the group concerned before anything else: poor light, small faces or doubtful labels "
    "may explain the gap. Then "
)


class GapCheck(Check[AuditSurvey]):
    """A shown gap in some metrics."""

    severity = "warning"
    metrics: ClassVar[tuple[str, ...]]  # by name

    def find(self, context: AuditSurvey) -> Iterator[Finding]:
        """Yield one finding per gap that is shown."""
        for gap in context.gaps:
            if gap.metric in self.metrics and gap.shown:
                yield self.finding(gap_sentence(gap), files=self.files(context, gap), **context.evidence(gap))

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


def gap_sentence(gap: Gap) -> str:
    """Say which group has more than which of what a metric counts, and by how much.

    Examples
    --------
    >>> from emotion_classifier.evaluation.intervals import Estimate
    >>> nothing = Estimate(None, None, None, 0)
    >>> gap = Gap("gender", "accuracy", "male", "female", Estimate(0.05, 0.02, 0.08, 900), nothing, 0.001, 0.01)
    >>> gap_sentence(gap)
    'Forced-choice accuracy, by gender: male is 5.0 points above female (95 % 2.0 to 8.0, n = 900, corrected p = 0.01).'
    """
    metric, found = metrics.get(gap.metric), gap.difference
    unit, mixed = metric.unit_of_difference, ""
    if metric.is_worth_saying(gap.explained):
        mixed = f" Their mix of classes alone would make it {quantity(gap.explained, unit, narrow=True)}."
    return (
        f"{metric.title}, by {gap.by}: {gap.highest} is {quantity(found.value or 0.0, unit, narrow=True)} above "
        f"{gap.lowest} ({interval(found.low, found.high, unit, narrow=True)}, n = {found.n:,}, "
        f"corrected p = {gap.p_corrected:.2g}).{mixed}"
    )
