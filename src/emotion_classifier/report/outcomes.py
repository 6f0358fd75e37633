"""How every check of a data check or an audit ended, in words and for a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from emotion_classifier.findings.outcome import Outcome
from emotion_classifier.text import counted

SEVERITY_COLOURS = {"error": "red", "warning": "yellow", "info": "blue"}
"""On a terminal."""


def outcomes_in_words(outcomes: Sequence[Outcome]) -> str:
    """Tell in one line how the checks without findings ended.

    Examples
    --------
    >>> passed, ignored = Outcome("DATA001", "", "passed"), Outcome("DATA012", "", "ignored")
    >>> outcomes_in_words([passed, Outcome("DATA014", "", "not applicable", reason="no splits"), ignored])
    '1 check passed, 1 did not apply (DATA014: no splits), 1 ignored (DATA012).'
    """
    passed = sum(each.outcome == "passed" for each in outcomes)
    parts = [f"{counted(passed, 'check')} passed"]
    reasons: dict[str, list[str]] = {}
    for each in outcomes:
        if each.outcome == "not applicable":
            reasons.setdefault(each.reason or "", []).append(each.code)
    if reasons:
        told = "; ".join(f"{', '.join(codes)}: {reason}" for reason, codes in reasons.items())
        parts.append(f"{sum(map(len, reasons.values()))} did not apply ({told})")
    ignored = [each.code for each in outcomes if each.outcome == "ignored"]
    if ignored:
        parts.append(f"{len(ignored)} ignored ({', '.join(ignored)})")
    return f"{', '.join(parts)}."


def outcomes_for_page(outcomes: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Lay out the outcomes that `Outcome.to_dict` gives, for the section of a page."""
    laid_out = []
    for each in outcomes:
        said = str(each.get("outcome", ""))
        if said == "findings":
            said = counted(int(each.get("findings") or 0), "finding")
        elif each.get("reason"):
            said = f"did not apply: {each['reason']}"
        laid_out.append(
            {"code": str(each.get("code", "")), "title": str(each.get("title", "")), "said": said}
        )
    return laid_out
