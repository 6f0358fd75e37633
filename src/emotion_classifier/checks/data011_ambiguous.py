"""DATA011: happy or sad by the label, neutral by the look."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from emotion_classifier.checks.base import Check
from emotion_classifier.checks.survey import Survey
from emotion_classifier.findings.finding import Finding
from emotion_classifier.model.scale import CANONICAL
from emotion_classifier.text import whole_percent

_NEUTRAL = CANONICAL.index("neutral")
_MOST = 0.7  # share of raters who would call it neutral, as the model estimates


class Ambiguous(Check):
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

    def find(self, survey: Survey) -> Iterator[Finding]:
        """Yield one finding per photo, the most neutral first."""
        neutral = survey.probabilities[:, _NEUTRAL]
        named = np.array(survey.dataset.labels)[survey.dataset.hard]
        rows = np.flatnonzero(np.isin(named, ("happy", "sad")) & (np.nan_to_num(neutral) >= _MOST))
        for row in rows[np.argsort(-neutral[rows], kind="stable")]:
            yield self.finding(
                survey,
                [int(row)],
                f"Labelled {named[row]}; about {whole_percent(neutral[row])} of people would call it neutral.",
                label=str(named[row]),
                suggested_label="neutral",
                probability_of_neutral=round(float(neutral[row]), 4),
            )
