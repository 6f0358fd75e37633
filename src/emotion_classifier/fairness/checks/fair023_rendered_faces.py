"""FAIR023: rendered faces not found."""

from __future__ import annotations

from collections.abc import Iterator

from emotion_classifier.fairness.counterfactual_result import Counterfactual
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import Finding
from emotion_classifier.findings.registry import register
from emotion_classifier.text import interval, quantity

LOWEST = 0.99


@register(Counterfactual)
class RenderedFaces(Check[Counterfactual]):
    """The detector misses faces of one level."""

    code = "FAIR023"
    title = "Rendered faces of one kind are not found"
    severity = "warning"
    detection = (
        f"A face is found in fewer than {LOWEST:.0%} of the rendered pictures of some level of a factor. All pictures "
        "hold one face of the same size. One finding for each such level."
    )
    why = "A face that is not found is never read. If it happens to one skin tone, age or shape only, so does the harm."
    advice = (
        "If the level is a light or a pose, take better photos. If it is a skin tone, an age or a shape, the detector "
        "fails these people: try the full-range detector and brighter, larger faces, and say so where you use it."
    )

    def find(self, context: Counterfactual) -> Iterator[Finding]:
        """Yield one finding per level."""
        for factor in context.factors:
            for level in factor.levels:
                share = level.faces_found
                if (share.value or 0) >= LOWEST:
                    continue
                message = (
                    f"By {factor.factor}: {level.level}, {quantity(share.value or 0, '%')} "
                    f"({interval(share.low or 0, share.high or 0, '%')}, n = {share.n:,})."
                )
                yield self.finding(message, factor=factor.factor, level=level.level, **share.to_dict())
