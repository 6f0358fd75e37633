"""One protocol for data checks and audit checks: what a check is, what it finds, and how each one ended."""

from __future__ import annotations

from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import SEVERITIES, Finding, Severity
from emotion_classifier.findings.outcome import Outcome, OutcomeName
from emotion_classifier.findings.registry import checks_of, discover, register
from emotion_classifier.findings.run import Findings, require_codes, run_checks, skip_checks

__all__ = [
    "SEVERITIES",
    "Check",
    "Finding",
    "Findings",
    "Outcome",
    "OutcomeName",
    "Severity",
    "checks_of",
    "discover",
    "register",
    "require_codes",
    "run_checks",
    "skip_checks",
]
