"""DATA004: the same picture under two labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from emotion_classifier.checks.context import CheckContext
from emotion_classifier.data.dataset import Dataset
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import Finding
from emotion_classifier.findings.registry import register


@register(CheckContext)
class TwoClasses(Check[CheckContext]):
    """Like pictures that are labelled differently."""

    code = "DATA004"
    title = "The same picture in two classes"
    severity = "error"
    detection = "Among exact and near-duplicates (DATA002, DATA003), those whose labels differ."
    why = "At least one of the labels is wrong, and whatever the model answers, one copy counts as an error."
    advice = "Decide, and delete the other copy. `clean --review` asks you; `clean` alone drops all copies."

    def find(self, context: CheckContext) -> Iterator[Finding]:
        """Yield one finding per set of like pictures under several labels."""
        for rows in contradictory(context.twins.sets(), context.dataset):
            labels = context.labels_of(rows)
            named = " and ".join(sorted(set(labels)))
            yield self.finding(
                f"The same picture is labelled {named}.", files=context.files(rows), labels=labels
            )


def contradictory(sets: Iterable[list[int]], dataset: Dataset) -> list[list[int]]:
    """Keep the sets of like pictures whose likeliest labels differ."""
    labels = dataset.hard
    return [rows for rows in sets if len(set(labels[rows].tolist())) > 1]
