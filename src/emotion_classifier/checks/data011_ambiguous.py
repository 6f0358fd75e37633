"""DATA011: happy or sad by the label, neutral by the look."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from emotion_classifier.checks.context import CheckContext
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import Finding
from emotion_classifier.findings.registry import register
from emotion_classifier.model.scale import CANONICAL
from emotion_classifier.text import whole_percent

_NEUTRAL = CANONICAL.index("neutral")
_MOST = 0.7  # share of raters who would call it neutral, as the model estimates


@register(CheckContext)
class Ambiguous(Check[CheckContext]):
    """Most people would call the face neutral."""

    code = "DATA011"
    title = "Ambiguous: looks neutral"
    severity = "info"
    detection = (
        "The label is happy or sad, and the model estimates that at least seven in ten people would call the face "
        "neutral. Quiet sadness is often among them."
    )
    why = (
        "Such photos set the accuracy that anything can reach, and people disagree about them: a label by one person "
        "is one opinion."
    )
    advice = "Have a second person label them unseen, or add a class `neutral`. `clean --review` shows them."

    def not_applicable(self, context: CheckContext) -> str | None:
        """Say that the model knows no neutral."""
        return None if "neutral" in context.bundle.labels else "the model does not know neutral"

    def find(self, context: CheckContext) -> Iterator[Finding]:
        """Yield one finding per photo, the most neutral first."""
        neutral = context.probabilities[:, _NEUTRAL]
        named = np.array(context.dataset.labels)[context.dataset.hard]
        rows = np.flatnonzero(np.isin(named, ("happy", "sad")) & (np.nan_to_num(neutral) >= _MOST))
        for row in rows[np.argsort(-neutral[rows], kind="stable")]:
            yield self.finding(
                f"Labelled {named[row]}; the model estimates that about {whole_percent(neutral[row])} of people would "
                f"call it neutral.",
                files=context.files([int(row)]),
                label=str(named[row]),
                suggested_label="neutral",
                probability_of_neutral=round(float(neutral[row]), 4),
            )
