"""DATA019: happy or sad photos are missing altogether."""

from __future__ import annotations

from collections.abc import Iterator

from emotion_classifier.checks.context import CheckContext
from emotion_classifier.data.labels import missing_classes
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import Finding
from emotion_classifier.findings.registry import register


@register(CheckContext)
class MissingClass(Check[CheckContext]):
    """One of the two classes has no readable photo."""

    code = "DATA019"
    title = "A class is missing"
    severity = "error"
    detection = "No readable photo is labelled happy, or none is labelled sad."
    why = (
        "Nothing can be learnt from one class: `train` refuses such data, and an accuracy on it says nothing."
    )
    advice = (
        "Add photos of the class, or see whether its folder is named otherwise: unknown names are counted as `other` "
        "(DATA016)."
    )

    def find(self, context: CheckContext) -> Iterator[Finding]:
        """Yield one finding per missing class."""
        counts = context.dataset.take(context.readable).counts
        for label, message in missing_classes(counts).items():
            yield self.finding(message, label=label, counts=counts)
