"""FAIR007: groups that cannot be told from classes."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from emotion_classifier.fairness.survey import AuditSurvey
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import Finding
from emotion_classifier.findings.registry import register

_TIED = 0.5


@register(AuditSurvey)
class TiedToLabel(Check[AuditSurvey]):
    """Labels fall into groups so unevenly that the two cannot be told apart."""

    code = "FAIR007"
    title = "A group is tied to the label"
    severity = "warning"
    detection = (
        "Cramér's V between the values of a column and the classes, corrected for its bias (Bergsma 2013), is 0.5 or "
        "more, or all photos of a group that is large enough have the same label. Photos that do not say their group "
        "are left out."
    )
    why = (
        "If nearly all sad photos are of men, what looks like the error for men is the error for sad photos, and "
        "what looks like skill may be telling men from women. No statistic separates the two."
    )
    advice = (
        "Add photos of the missing combinations of group and label, or audit within the classes that every group has "
        "(`--labels happy,neutral`). Do not train on such data without balancing it: the group becomes a shortcut."
    )

    def not_applicable(self, context: AuditSurvey) -> str | None:
        """Say that there is one class."""
        return None if len(np.unique(context.predictions.y_true)) > 1 else "all photos have the same label"

    def find(self, context: AuditSurvey) -> Iterator[Finding]:
        """Yield one finding per column."""
        truth = context.predictions.y_true
        labels = context.predictions.labels
        for grouping in context.columns:
            counts = np.zeros((len(grouping.groups), len(labels)), np.int64)
            np.add.at(counts, (grouping.codes, truth), 1)
            counts = counts[grouping.said]
            groups = [group for group, said in zip(grouping.groups, grouping.said, strict=True) if said]
            large = {e.group for e in context.groups if e.by == grouping.by and e.needed is None}
            alone = [
                group
                for group, row in zip(groups, counts, strict=True)
                if group in large and (row > 0).sum() == 1 < (counts.sum(axis=0) > 0).sum()
            ]
            strength = cramers_v(counts)
            if strength < _TIED and not alone:
                continue
            only = f" One label alone: {', '.join(alone)}." if alone else ""
            table = {
                group: dict(zip(labels, row.tolist(), strict=True))
                for group, row in zip(groups, counts, strict=True)
            }
            yield self.finding(
                f"Label and {grouping.by} go together (Cramér's V {strength:.2f}, n = {counts.sum():,}).{only}",
                by=grouping.by,
                cramers_v=round(strength, 4),
                one_label=alone,
                counts=table,
            )


def cramers_v(counts: npt.NDArray[np.int64]) -> float:
    """Association of rows and columns of a table of counts, 0 to 1, corrected for its bias.

    References
    ----------
    Bergsma (2013), A bias-correction for Cramér's V and Tschuprow's T.

    Examples
    --------
    >>> round(cramers_v(np.array([[50, 0], [0, 50]])), 2), cramers_v(np.array([[25, 25], [25, 25]]))
    (1.0, 0.0)
    """
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    (rows, columns), n = counts.shape, int(counts.sum())
    if min(rows, columns) < 2:
        return 0.0
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / n
    square = float(((counts - expected) ** 2 / expected).sum()) / n
    square = max(0.0, square - (rows - 1) * (columns - 1) / (n - 1))
    rows_left, columns_left = rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)
    freedom = min(rows_left, columns_left) - 1
    # As many groups as photos: each lies in one class, which says nothing.
    return min(1.0, math.sqrt(square / freedom)) if freedom > 1e-9 else 0.0
