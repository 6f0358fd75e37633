"""Coded findings of an audit, one class and one file per code."""

from __future__ import annotations

from typing import Any

from emotion_classifier.fairness.counterfactual_result import Counterfactual
from emotion_classifier.fairness.survey import AuditSurvey
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.registry import checks_of, discover

__all__ = ["AUDIT_CHECKS", "PHOTO_CHECKS", "RENDERED_CHECKS"]

discover(__name__)
PHOTO_CHECKS: tuple[Check[AuditSurvey], ...] = checks_of(AuditSurvey)
# Of the counterfactual audit.
RENDERED_CHECKS: tuple[Check[Counterfactual], ...] = checks_of(Counterfactual)
AUDIT_CHECKS: tuple[Check[Any], ...] = (*PHOTO_CHECKS, *RENDERED_CHECKS)
