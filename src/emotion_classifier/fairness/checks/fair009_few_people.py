"""FAIR009: one person who stands for a whole group."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from emotion_classifier.fairness.survey import AuditSurvey
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import Finding
from emotion_classifier.findings.registry import register
from emotion_classifier.text import whole_percent

_MUCH = 0.2


@register(AuditSurvey)
class FewPeople(Check[AuditSurvey]):
    """One person's photos weigh heavily in a group."""

    code = "FAIR009"
    title = "One person weighs heavily in a group"
    severity = "info"
    detection = (
        "A single person (`--group-column`) has more than a fifth of the photos of a group that has figures. Not "
        "looked for where nobody says whose photos they are."
    )
    why = (
        "The group's figures are then much of the figures of one face. The intervals know of it, since people are "
        "drawn and not photos, but a reader of the figure alone does not."
    )
    advice = "Add photos of more people, or keep a few photos of that person only."

    def not_applicable(self, context: AuditSurvey) -> str | None:
        """Say that people are not told apart."""
        if context.unit_name == "people":
            return None
        return f"no column {context.options.group_column} says who is in the photos"

    def find(self, context: AuditSurvey) -> Iterator[Finding]:
        """Yield one finding per group of a column."""
        columns = {each.by for each in context.columns}
        for each in context.groups:
            if each.by not in columns or each.needed is not None:
                continue
            rows = context.rows(each.by, each.group)
            most = int(np.unique(context.unit[rows], return_counts=True)[1].max())
            if most > _MUCH * each.n:
                yield self.finding(
                    f"By {each.by}, {most:,} of the {each.n:,} photos ({whole_percent(most / each.n)}) of {each.group} "
                    f"are of one person.",
                    by=each.by,
                    group=each.group,
                    photos=most,
                    n=each.n,
                    people=each.people,
                )
