"""DATA012: one class much rarer than another."""

from __future__ import annotations

from collections.abc import Iterator

from emotion_classifier.checks.base import Check
from emotion_classifier.checks.survey import Survey
from emotion_classifier.data.labels import is_known
from emotion_classifier.findings.finding import Finding

_RATIO = 3.0


class Imbalance(Check):
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

    def find(self, survey: Survey) -> Iterator[Finding]:
        """Yield at most one finding."""
        named = survey.dataset.names
        rows = [row for row in survey.readable if not named or not named[row] or is_known(named[row])]
        counts = {label: count for label, count in survey.dataset.take(rows).counts.items() if count}
        if len(counts) < 2:
            return
        most, least = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
        ratio = counts[most] / counts[least]
        if ratio >= _RATIO:
            message = f"{counts[most]:,} {most} to {counts[least]:,} {least} photos, {ratio:.1f} to 1."
            yield self.finding(survey, [], message, counts=counts, ratio=round(ratio, 2))
