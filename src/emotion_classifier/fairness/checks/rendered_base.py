"""What every check of a counterfactual audit is made of."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator

from emotion_classifier.fairness.checks.base import AuditCheck
from emotion_classifier.fairness.counterfactual_result import Counterfactual
from emotion_classifier.fairness.survey import AuditSurvey
from emotion_classifier.findings.finding import Finding
from emotion_classifier.text import fixed


def signed(value: float) -> str:
    """Write a strength or a degree with its sign.

    Examples
    --------
    >>> signed(0.5)
    '+0.50'
    """
    return fixed(value, 2, signed=True)


class RenderedCheck(AuditCheck):
    """One thing that may be wrong on rendered faces; it says nothing of photos."""

    severity = "warning"

    def find(self, survey: AuditSurvey) -> Iterator[Finding]:
        """Yield nothing: photos of people differ in more than one thing."""
        yield from ()

    @abstractmethod
    def find_rendered(self, result: Counterfactual) -> Iterator[Finding]:
        """Yield the findings of this code."""
