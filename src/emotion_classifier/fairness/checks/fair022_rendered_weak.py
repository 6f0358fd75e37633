"""FAIR022: the reading hardly follows the expression."""

from __future__ import annotations

from collections.abc import Iterator

from emotion_classifier.fairness.checks.base import signed
from emotion_classifier.fairness.counterfactual_result import Counterfactual
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import Finding
from emotion_classifier.findings.registry import register

LOWEST = 0.9


@register(Counterfactual)
class RenderedWeak(Check[Counterfactual]):
    """The rank correlation between expression and degree is low on some face."""

    code = "FAIR022"
    title = "The reading hardly follows the expression on some faces"
    severity = "warning"
    detection = (
        "Spearman's rank correlation between the rendered strength of the expression and the degree lies below "
        f"{LOWEST} on at least one face, from full frown to full smile all else equal. The weakest are listed."
    )
    why = (
        "On such a face a reading says little about the expression. The mean over a group hides it: each person is "
        "read by themselves."
    )
    advice = (
        "See what the weakest faces have in common (their names give ancestry parameter, sex, age, skin tone, pose and "
        "light). One kind of face: train with more photos of it. A pose or light: keep to better photos, or have "
        "such readings called uncertain."
    )

    def find(self, context: Counterfactual) -> Iterator[Finding]:
        """Yield one finding over all identities."""
        weak = [(name, value) for name, value in context.weakest if value < LOWEST]
        if not weak:
            return
        name, value = weak[0]
        message = f"On {len(weak)} of {len(context.spearman):,} faces; lowest on {name}: {signed(value)}."
        yield self.finding(
            message,
            identities=len(weak),
            worst=[{"identity": name, "spearman": round(value, 4)} for name, value in weak[:10]],
        )
