"""FAIR004: groups of whom nothing can be said."""

from __future__ import annotations

from collections.abc import Iterator

from emotion_classifier.fairness.survey import AuditSurvey
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import Finding
from emotion_classifier.findings.registry import register

_NAMED = 8


@register(AuditSurvey)
class TooFewToSay(Check[AuditSurvey]):
    """A group is too small for figures."""

    code = "FAIR004"
    title = "Too few of a group to say"
    severity = "info"
    detection = (
        "A group has fewer people (photos, where nobody says whose they are) than an accuracy of 90 % takes to be "
        "known to plus or minus `--points` points (10 without, which takes 35; never fewer than 10). It has no "
        "figures and takes no part in gaps. A single metric is left out of a group in the same way where too few of "
        "its photos have the class."
    )
    why = (
        "A figure on a handful of people is chance, and one alarming or reassuring number is believed anyway. Nothing "
        "said of a group is not the same as nothing wrong: those who are few in the photos are often those who are "
        "misread."
    )
    advice = (
        "Collect as many as stated, from different people. Or put the values into fewer kinds, if they can stand "
        "together. Until then say of that group: not measured."
    )

    def find(self, context: AuditSurvey) -> Iterator[Finding]:
        """Yield one finding per column or intersection."""
        for grouping in context.groupings:
            small = [each for each in context.groups if each.by == grouping.by and each.needed is not None]
            if not small:
                continue
            named = ", ".join(f"{each.group} ({each.people:,})" for each in small[:_NAMED])
            more = f" and {len(small) - _NAMED:,} more" if len(small) > _NAMED else ""
            yield self.finding(
                f"By {grouping.by}, nothing can be said of {named}{more}: it takes {small[0].needed:,} "
                f"{context.unit_name}.",
                by=grouping.by,
                needed=small[0].needed,
                groups={each.group: {"n": each.n, "people": each.people} for each in small},
            )
