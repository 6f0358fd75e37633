"""FAIR005: degrees or probabilities that mean different things for different groups."""

from __future__ import annotations

from emotion_classifier.fairness.checks.base import TESTED, GapCheck
from emotion_classifier.fairness.survey import AuditSurvey
from emotion_classifier.findings.registry import register


@register(AuditSurvey)
class DegreeGap(GapCheck):
    """The scale is shifted, or the probabilities are less trustworthy, for one group."""

    code = "FAIR005"
    title = "Degrees or probabilities mean different things for different groups"
    metrics = ("degree_error", "degree_absolute_error", "calibration")
    detection = (
        "The degree's mean error (degree less target), its mean distance from the target, or the expected calibration "
        "error of P(happy) differs between groups, and that is shown. The target is the net share of the raters where "
        "labels are graded by raters, else +1, 0 or −1. On the degree, a point is a hundredth of the scale from −1 to "
        "+1. " + TESTED
    )
    why = (
        "Groups compared by their mean degree would seem to differ when only the model does: one group looks sadder "
        "than its raters found it. A probability of 90 % that is right in 80 % of one group is no probability."
    )
    advice = (
        "Do not compare these groups by their degrees until it is mended. Check first that the raters treated the "
        "groups alike, since the model is held to them. Then train with the groups balanced (`train --balance "
        "COLUMN`), which fits the scale anew, and audit again."
    )
