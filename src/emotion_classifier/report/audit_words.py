"""The words an audit is told in: what each metric says, and its figures with their intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from emotion_classifier.text import fixed, percent

METRICS: dict[str, tuple[str, str]] = {
    "label_accuracy": (
        "Label right",
        "How often the label people see is that of the photo; uncertain and no face count as wrong.",
    ),
    "label_recall_sad": ("Sad faces called sad", "Of the photos labelled sad: those whose label is sad."),
    "neutral_called_sad": (
        "Neutral faces called sad",
        "Of the photos labelled neutral: those whose label is sad.",
    ),
    "happy_against_sad": (
        "Happy against sad",
        "How often the leaning is right, of the photos labelled happy or sad.",
    ),
    "accuracy": (
        "Accuracy",
        "How often the forced choice is the label; a photo without a face counts as wrong.",
    ),
    "balanced_accuracy": (
        "Balanced accuracy",
        "The mean of the recalls of the classes: a group with more happy photos gains nothing by it.",
    ),
    "false_happy": ("Sad faces read as happy", "Of the photos labelled sad: an error in one direction."),
    "false_sad": ("Happy faces read as sad", "Of the photos labelled happy: an error in one direction."),
    "false_happy_any": (
        "Read as happy though labelled otherwise",
        "Of all photos with another label than happy.",
    ),
    "false_sad_any": ("Read as sad though labelled otherwise", "Of all photos with another label than sad."),
    "abstention": ("Called uncertain", "Of the photos with a face: those for which no label is given."),
    "faces_found": (
        "Faces found",
        "The share of photos in which a face is found: without one nothing is read.",
    ),
    "calibration": (
        "Calibration error",
        "How far the stated probability of happy is from what happens; 0 is best.",
    ),
    "degree_error": (
        "Degree too high or too low",
        "Mean of the degree read less the degree of the label, from −1 (sad) to 1 (happy); 0 is best.",
    ),
    "degree_absolute_error": (
        "Distance of the degree",
        "Mean distance between the degree read and that of the label.",
    ),
}
"""Titles and one-line explanations; a metric that is not here is called by its own name."""
_NOT_SHARES = ("calibration", "degree", "ece", "log_loss", "auc", "spearman")
SIGNIFICANT = 0.05
CROSSED = " × "
"""Between the columns of an intersection, and between its values."""


def title_of(metric: str) -> str:
    """Name a metric for a reader.

    Examples
    --------
    >>> title_of("false_happy"), title_of("equal_odds")
    ('Sad faces read as happy', 'Equal odds')
    """
    return METRICS.get(metric, (metric.replace("_", " ").capitalize(), ""))[0]


def is_share(metric: str) -> bool:
    """Whether a metric is a share of photos, to be told in per cent."""
    return not any(part in metric.casefold() for part in _NOT_SHARES)


def is_estimate(value: Any) -> bool:
    """Whether something of an audit is a figure with an interval."""
    return isinstance(value, Mapping) and "value" in value


def figures(group: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give the metrics of a group by name."""
    return ((name, value) for name, value in group.items() if is_estimate(value))


def in_words(estimate: Mapping[str, Any] | None, *, share: bool, unit: str = " %") -> str:
    """Tell a figure and its 95 % interval.

    Examples
    --------
    >>> in_words({"value": 0.921, "low": 0.88, "high": 0.951, "n": 300}, share=True)
    '92.1 % (88.0 to 95.1)'
    >>> in_words({"value": -0.02, "low": None, "high": None, "n": 3}, share=False)
    '−0.020 (no interval)'
    """
    value = None if estimate is None else estimate.get("value")
    if estimate is None or value is None:
        return "not defined"
    low, high = estimate.get("low"), estimate.get("high")
    told = number(value, share=share) + (unit if share else "")
    if low is None or high is None:
        return f"{told} (no interval)"
    return f"{told} ({number(low, share=share)} to {number(high, share=share)})"


def number(value: float, *, share: bool) -> str:
    """Write a share times a hundred, or another figure to three places, with a true minus sign."""
    return percent(value) if share else fixed(value, 3)


def p_in_words(p: float | None) -> str:
    """Tell a p-value; never 0, which no test gives."""
    if p is None:
        return "not tested"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def is_shown(gap: Mapping[str, Any]) -> bool:
    """Whether a gap is more than chance: as the audit says, else by the corrected test and by the interval."""
    if gap.get("shown") is not None:
        return bool(gap["shown"])
    p, difference = gap.get("p_corrected"), gap.get("difference") or {}
    low, high = difference.get("low"), difference.get("high")
    return (
        p is not None and p < SIGNIFICANT and low is not None and high is not None and (low > 0 or high < 0)
    )


def unit_of(audit: Mapping[str, Any]) -> str:
    """Name what counts as independent: people where a group has fewer of them than photos, else photos."""
    if audit.get("unit"):
        return str(audit["unit"])
    groups = audit.get("groups") or []
    return (
        "people" if any((group.get("people") or 0) < (group.get("n") or 0) for group in groups) else "photos"
    )


def message_of(finding: Mapping[str, Any]) -> str:
    """Give the sentence of a finding as `to_dict` stores it."""
    return str((finding.get("evidence") or {}).get("message", ""))


def all_findings(audit: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Gather the findings on photos and on the counterfactual set, the most severe first."""
    found: list[Mapping[str, Any]] = list(audit.get("findings") or [])
    found += [each for each in (audit.get("counterfactual") or {}).get("findings") or [] if each not in found]
    order = {"error": 0, "warning": 1}
    return sorted(found, key=lambda each: (order.get(each.get("severity", ""), 2), each.get("code", "")))
