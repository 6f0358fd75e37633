"""FAIR020: the same expression scores differently."""

from __future__ import annotations

from collections.abc import Iterator

from emotion_classifier.fairness.checks.base import signed
from emotion_classifier.fairness.counterfactual_result import Counterfactual
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import Finding
from emotion_classifier.findings.registry import register
from emotion_classifier.text import fixed

LARGEST = 0.10  # of the degree


@register(Counterfactual)
class RenderedGap(Check[Counterfactual]):
    """The mean degree at equal strength of expression depends on the face, the pose or the light."""

    code = "FAIR020"
    title = "The same expression scores differently"
    severity = "warning"
    detection = (
        "Rendered faces with the same expression and one thing changed are read, and their mean degrees compared at "
        f"each strength of the expression. Two levels lie more than {LARGEST:.2f} apart at some strength, and the 95 % "
        "interval of that difference, from resampling heads, does not reach 0. One finding for each factor, with its "
        "largest difference."
    )
    why = (
        "Nothing but that one thing differs between the pictures, so the difference is the model's: it takes a "
        "person's skin, shape or age, or the picture's light or pose, for a part of the expression. People of one "
        "kind have to smile more to be read as happy."
    )
    advice = (
        "Look at the curves: levels that differ at every strength call for another cut of the scale; levels that "
        "differ in the middle mean that a faint expression is missed. Train with more photos of the level "
        "that is read too weakly, so that shape and skin say nothing about the label; then audit again. Rendered "
        "faces are plain: confirm the gap on photos (`audit DIR --by COLUMN`) before you rest a decision on it."
    )

    def find(self, context: Counterfactual) -> Iterator[Finding]:
        """Yield one finding per factor whose largest difference is too large."""
        for factor in context.factors:
            shown = [
                each
                for each in factor.differences
                if (each.estimate.value or 0) > LARGEST and (each.estimate.low or 0) > 0
            ]
            if not shown:
                continue
            worst = max(shown, key=lambda each: each.estimate.value or 0)
            value, low, high = (
                fixed(end or 0.0, 2)
                for end in (worst.estimate.value, worst.estimate.low, worst.estimate.high)
            )
            message = (
                f"By {factor.factor}: at a strength of {signed(worst.expression or 0)}, {worst.highest} reads {value} "
                f"above {worst.lowest} (95 % {low} to {high}, n = {worst.estimate.n:,})."
            )
            yield self.finding(
                message,
                factor=factor.factor,
                **worst.to_dict(),
                strengths=[each.expression for each in shown],
            )
