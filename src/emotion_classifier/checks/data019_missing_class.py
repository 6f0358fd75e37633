"""DATA019: happy or sad photos are missing altogether."""

from __future__ import annotations

from collections.abc import Iterator

from emotion_classifier.checks.base import Check
from emotion_classifier.checks.survey import Survey
from emotion_classifier.findings.finding import Finding


class MissingClass(Check):
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

    def find(self, survey: Survey) -> Iterator[Finding]:
        """Yield one finding per missing class."""
        counts = survey.dataset.take(survey.readable).counts
        found = ", ".join(f"{count:,} {label}" for label, count in counts.items() if count) or "none"
        for label in ("happy", "sad"):
            if not counts.get(label):
                message = f"No readable photo is labelled {label} (found: {found})."
                yield self.finding(survey, [], message, label=label, counts=counts)
