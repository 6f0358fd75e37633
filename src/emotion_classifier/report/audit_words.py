"""The words an audit is told in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from emotion_classifier.evaluation.intervals import Estimate
from emotion_classifier.fairness.grouping import TIMES
from emotion_classifier.text import Unit, estimate


def is_estimate(value: Any) -> bool:
    """Whether something of an audit is a figure with an interval."""
    return isinstance(value, Mapping) and "value" in value


def is_crossed(row: Mapping[str, Any]) -> bool:
    """Whether a group, or a gap, is of an intersection of columns."""
    return TIMES in str(row.get("by"))


def by_column(groups: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Gather the groups of each column, in their order."""
    columns: dict[str, list[Mapping[str, Any]]] = {}
    for group in groups:
        columns.setdefault(str(group.get("by", "")), []).append(group)
    return columns


def figures(group: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give the metrics of a group by name."""
    return ((name, value) for name, value in group.items() if is_estimate(value))


def in_words(found: Mapping[str, Any] | None, unit: Unit) -> str:
    """Tell a figure and its 95 % interval.

    Examples
    --------
    >>> in_words({"value": 0.921, "low": 0.88, "high": 0.951, "n": 300}, "%")
    '92.1 % (88.0 to 95.1)'
    """
    return estimate(Estimate.from_dict(found), unit)


def message_of(finding: Mapping[str, Any]) -> str:
    """Give the sentence of a finding as `to_dict` stores it."""
    return str((finding.get("evidence") or {}).get("message", ""))


def all_findings(audit: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Gather the findings on photos and on the counterfactual set, the most severe first."""
    found: list[Mapping[str, Any]] = list(audit.get("findings") or [])
    found += [each for each in (audit.get("counterfactual") or {}).get("findings") or [] if each not in found]
    order = {"error": 0, "warning": 1}
    return sorted(found, key=lambda each: (order.get(each.get("severity", ""), 2), each.get("code", "")))
