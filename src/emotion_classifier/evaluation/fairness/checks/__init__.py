"""Coded findings of an audit, one class and one file per code."""

from __future__ import annotations

from emotion_classifier.evaluation.fairness.checks.accuracy_gap import AccuracyGap
from emotion_classifier.evaluation.fairness.checks.base import AuditCheck
from emotion_classifier.evaluation.fairness.checks.degree_gap import DegreeGap
from emotion_classifier.evaluation.fairness.checks.error_gap import ErrorGap
from emotion_classifier.evaluation.fairness.checks.face_gap import FaceGap
from emotion_classifier.evaluation.fairness.checks.few_people import FewPeople
from emotion_classifier.evaluation.fairness.checks.not_said import NotSaid
from emotion_classifier.evaluation.fairness.checks.rendered_base import RenderedCheck
from emotion_classifier.evaluation.fairness.checks.rendered_faces import RenderedFaces
from emotion_classifier.evaluation.fairness.checks.rendered_gap import RenderedGap
from emotion_classifier.evaluation.fairness.checks.rendered_order import RenderedOrder
from emotion_classifier.evaluation.fairness.checks.rendered_weak import RenderedWeak
from emotion_classifier.evaluation.fairness.checks.tied_to_label import TiedToLabel
from emotion_classifier.evaluation.fairness.checks.too_few import TooFewToSay
from emotion_classifier.evaluation.fairness.checks.uncertain_gap import UncertainGap

__all__ = ["AUDIT_CHECKS", "RENDERED_CHECKS", "AuditCheck", "RenderedCheck"]

# Of the counterfactual audit.
RENDERED_CHECKS: tuple[RenderedCheck, ...] = (
    RenderedGap(),
    RenderedOrder(),
    RenderedWeak(),
    RenderedFaces(),
)

AUDIT_CHECKS: tuple[AuditCheck, ...] = (
    AccuracyGap(),
    FaceGap(),
    UncertainGap(),
    TooFewToSay(),
    DegreeGap(),
    NotSaid(),
    TiedToLabel(),
    ErrorGap(),
    FewPeople(),
    *RENDERED_CHECKS,
)
