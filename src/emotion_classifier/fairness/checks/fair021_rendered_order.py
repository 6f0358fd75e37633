"""FAIR021: a stronger smile read as a weaker one."""

from __future__ import annotations

from collections.abc import Iterator

from emotion_classifier.fairness.checks.base import signed
from emotion_classifier.fairness.counterfactual_result import Counterfactual
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import Finding
from emotion_classifier.findings.registry import register


@register(Counterfactual)
class RenderedOrder(Check[Counterfactual]):
    """The degree falls while the expression gets happier."""

    code = "FAIR021"
    title = "A stronger smile is read as a weaker one"
    severity = "warning"
    detection = (
        "Between two neighbouring strengths of expression on the same rendered face the degree falls by more than "
        "0.05, although the smile grew or the frown eased. The faces are listed, the largest falls first."
    )
    why = "A degree that moves against the expression cannot be used to compare two readings of the same person."
    advice = (
        "A few small falls are noise of the model. Many, or falls on faces of one kind only, mean that training showed "
        "too few grades of expression, or too few of that kind: add faint smiles and frowns, with soft labels if you "
        "have votes, and train again."
    )

    def find(self, context: Counterfactual) -> Iterator[Finding]:
        """Yield one finding over all identities."""
        falls = sorted(context.violations, key=lambda each: -each.fall)
        if not falls:
            return
        people = len({each.identity for each in falls})
        worst = falls[0]
        message = (
            f"On {people} of {len(context.spearman):,} faces; most on {worst.identity}: from a strength of "
            f"{signed(worst.weaker)} to {signed(worst.stronger)} the degree falls by {worst.fall:.2f}."
        )
        yield self.finding(message, identities=people, worst=[each.to_dict() for each in falls[:10]])
