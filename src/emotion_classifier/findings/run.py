"""Run checks on what they look at, and say how each one ended."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from emotion_classifier.errors import UnknownCodeError
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import SEVERITIES, Finding
from emotion_classifier.findings.outcome import Outcome

Context = TypeVar("Context")


@dataclass(frozen=True)
class Findings:
    """What checks found, errors first, and how each check ended."""

    findings: tuple[Finding, ...]
    outcomes: tuple[Outcome, ...]


def run_checks(
    checks: Iterable[Check[Context]], context: Context, *, ignore: Collection[str] = ()
) -> Findings:
    """Run checks.

    Parameters
    ----------
    checks : iterable of Check
    context : object
        What these checks look at.
    ignore : collection of str
        Codes of checks that are not run.
    """
    findings: list[Finding] = []
    outcomes = []
    for check in checks:
        if check.code in ignore:
            outcomes.append(Outcome(check.code, check.title, "ignored"))
        elif reason := check.not_applicable(context):
            outcomes.append(Outcome(check.code, check.title, "not applicable", reason=reason))
        else:
            found = list(check.find(context))
            findings += found
            outcomes.append(
                Outcome(check.code, check.title, "findings" if found else "passed", findings=len(found))
            )
    findings.sort(key=lambda finding: SEVERITIES.index(finding.severity))
    return Findings(tuple(findings), tuple(outcomes))


def skip_checks(
    checks: Iterable[Check[Any]], reason: str, *, ignore: Collection[str] = ()
) -> tuple[Outcome, ...]:
    """Say of checks that have nothing to look at why they did not apply."""
    return tuple(
        Outcome(check.code, check.title, "ignored")
        if check.code in ignore
        else Outcome(check.code, check.title, "not applicable", reason=reason)
        for check in checks
    )


def require_codes(codes: Iterable[str], checks: Sequence[Check[Any]]) -> None:
    """Refuse codes that no check has.

    Raises
    ------
    UnknownCodeError
        Naming those there are.
    """
    known = [check.code for check in checks]
    for code in codes:
        if code not in known:
            raise UnknownCodeError(f"There is no finding {code!r}. Codes are {', '.join(known)}.")
