"""DATA012: one class much rarer than another."""

from __future__ import annotations

from collections.abc import Iterator

from emotion_classifier.checks.context import CheckContext
from emotion_classifier.data.labels import is_known
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import Finding
from emotion_classifier.findings.registry import register

_RATIO = 3.0


@register(CheckContext)
class Imbalance(Check[CheckContext]):
    """The classes differ in size."""

    code = "DATA012"
    title = "Class imbalance"
    severity = "warning"
    detection = (
        "The largest class has at least three times as many photos as the smallest. Photos under unknown names "
        "(DATA016) do not count."
    )
    why = (
        "A model that always answers the larger class looks good by its accuracy, and training leans towards it. The "
        "rare class has few photos to be measured on."
    )
    advice = "Add photos of the rare class, and read balanced accuracy and each recall, not accuracy alone."

    def not_applicable(self, context: CheckContext) -> str | None:
        """Say that there is nothing to compare."""
        return None if len(_counts(context)) > 1 else "fewer than two classes"

    def find(self, context: CheckContext) -> Iterator[Finding]:
        """Yield at most one finding."""
        counts = _counts(context)
        most, least = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
        ratio = counts[most] / counts[least]
        if ratio >= _RATIO:
            message = f"{counts[most]:,} {most} to {counts[least]:,} {least} photos, {ratio:.1f} to 1."
            yield self.finding(message, counts=counts, ratio=round(ratio, 2))


def _counts(context: CheckContext) -> dict[str, int]:
    """Count the readable photos of each class under names that are known."""
    named = context.dataset.names
    rows = [row for row in context.readable if not named or not named[row] or is_known(named[row])]
    return {label: count for label, count in context.dataset.take(rows).counts.items() if count}
