"""DATA015: too few photos for the precision that is wanted."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from emotion_classifier.checks.context import CheckContext
from emotion_classifier.data.groups import margin_of_error, photos_needed
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import Finding
from emotion_classifier.findings.registry import register


@register(CheckContext)
class TooFew(Check[CheckContext]):
    """An interval would be wider than wanted."""

    code = "DATA015"
    title = "Too few photos"
    severity = "info"
    detection = (
        "At an accuracy of 90 % the 95 % interval over all independent photos (near-duplicates and one person's photos "
        "count once) would be wider than plus or minus the points asked for (`--points`, 3 without), or happy or sad "
        "has a single independent photo."
    )
    why = "A difference between two models that is smaller than the interval cannot be told from chance."
    advice = (
        "Collect as many as stated here, or use every photo for testing once by cross-validation (`evaluate RECIPE "
        "--folds 5`) and report the interval."
    )

    def not_applicable(self, context: CheckContext) -> str | None:
        """Say that no photo can be read."""
        return None if len(context.readable) else "no readable photo"

    def find(self, context: CheckContext) -> Iterator[Finding]:
        """Yield one finding for the whole, and one for each class that is all but empty."""
        dataset = context.dataset
        readable, people = context.readable, context.people[context.readable]
        n = len(np.unique(people))
        needed, half = photos_needed(context.points), margin_of_error(n)
        if n < needed:
            yield self.finding(
                f"{n:,} independent photos measure an accuracy of 90 % to ±{half:.1f} points; "
                f"±{context.points:g} takes {needed:,}.",
                independent_photos=n,
                half_width_points=round(half, 2),
                needed=needed,
            )
        for index, label in enumerate(dataset.labels):
            groups = len(np.unique(people[dataset.hard[readable] == index]))
            if groups == 1 and label in ("happy", "sad"):
                message = f"One independent photo is labelled {label}: nothing can be learnt or measured."
                yield self.finding(message, label=label, independent_photos=groups)
