"""Coded findings of an audit, one class and one file per code."""

from __future__ import annotations

from emotion_classifier.fairness.checks.base import AuditCheck
from emotion_classifier.fairness.checks.fair001_accuracy_gap import AccuracyGap
from emotion_classifier.fairness.checks.fair002_face_gap import FaceGap
from emotion_classifier.fairness.checks.fair003_uncertain_gap import UncertainGap
from emotion_classifier.fairness.checks.fair004_too_few import TooFewToSay
from emotion_classifier.fairness.checks.fair005_degree_gap import DegreeGap
from emotion_classifier.fairness.checks.fair006_not_said import NotSaid
from emotion_classifier.fairness.checks.fair007_tied_to_label import TiedToLabel
from emotion_classifier.fairness.checks.fair008_error_gap import ErrorGap
from emotion_classifier.fairness.checks.fair009_few_people import FewPeople
from emotion_classifier.fairness.checks.fair020_rendered_gap import RenderedGap
from emotion_classifier.fairness.checks.fair021_rendered_order import RenderedOrder
from emotion_classifier.fairness.checks.fair022_rendered_weak import RenderedWeak
from emotion_classifier.fairness.checks.fair023_rendered_faces import RenderedFaces
from emotion_classifier.fairness.checks.rendered_base import RenderedCheck

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
