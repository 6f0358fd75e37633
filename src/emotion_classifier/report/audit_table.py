"""An audit as Markdown tables, for the card of a bundle."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from emotion_classifier.evaluation.metrics import Metric, get
from emotion_classifier.evaluation.trained_on import TrainedOn, known_in_words
from emotion_classifier.report.audit_words import (
    all_findings,
    by_column,
    figures,
    in_words,
    is_crossed,
    message_of,
)
from emotion_classifier.text import p_value

SHOWN = ("label_accuracy", "neutral_called_sad", "accuracy", "balanced_accuracy", "abstention")
_LONGEST = 80
_MOST_ROWS = 60


def audit_in_markdown(audit: Mapping[str, Any]) -> str:
    """Tell an audit: findings, a table of groups for each column, gaps, and what was not measured.

    Parameters
    ----------
    audit : mapping
        As `audit --json` prints it; any of its parts may be absent.

    Returns
    -------
    str
        Markdown without headings.
    """
    parts = [_known(audit), _findings(audit)] if audit.get("n") else [_findings(audit)]
    groups: Sequence[Mapping[str, Any]] = audit.get("groups") or []
    overall = audit.get("overall") or {}
    present = {name for group in (overall, *groups) for name, _ in figures(group)}
    shown = [get(name) for name in SHOWN if name in present]
    parts += [_groups(by, members, shown) for by, members in by_column(groups).items()]
    if audit.get("gaps"):
        parts.append(_gaps(audit["gaps"]))
    if audit.get("counterfactual"):
        parts.append(_rendered(audit["counterfactual"]))
    not_measured = [*(audit.get("not_measured") or []), "Groups of people that no table names."]
    listed = "\n".join(f"- {plain(sentence, longest=400)}" for sentence in not_measured)
    return "\n".join([*parts, f"Not measured:\n\n{listed}\n"])


def plain(value: Any, *, longest: int = _LONGEST) -> str:
    r"""Write what a user wrote so that Markdown shows it as it is, in one line.

    Examples
    --------
    >>> print(plain("<b>a|b</b>"))
    &lt;b&gt;a\|b&lt;/b&gt;
    """
    text = " ".join(str(value).split())
    text = text if len(text) <= longest else f"{text[: longest - 1]}…"
    text = re.sub(r"([\\`*_\[\]|~#])", r"\\\1", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _known(audit: Mapping[str, Any]) -> str:
    return plain(known_in_words(TrainedOn.from_dict(audit.get("trained_on"))), longest=400) + "\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _findings(audit: Mapping[str, Any]) -> str:
    found = [
        f"- **{plain(each.get('code', ''))}** {plain(each.get('title', ''))}: {plain(message_of(each), longest=400)}"
        for each in all_findings(audit)
    ]
    if not found:
        return "Nothing was found; a small gap, or one in a small group, cannot be seen with few photos.\n"
    return "\n".join(found) + "\n"


def _groups(by: str, members: Sequence[Mapping[str, Any]], shown: Sequence[Metric]) -> str:
    large = [group for group in members if any(figures(group))]
    small = [group for group in members if not any(figures(group))]
    rows = [
        [
            plain(group.get("group", "")),
            _count(group.get("n")),
            *(
                in_words(group[metric.name], metric.unit) if group.get(metric.name) else "too few to say"
                for metric in shown
            ),
        ]
        for group in large[:_MOST_ROWS]
    ]
    parts = []
    if rows:
        heads = [plain(by), "n", *(f"{metric.title} (95 % interval)" for metric in shown)]
        parts.append(_table(heads, rows))
    if len(large) > _MOST_ROWS:
        parts.append(f"And {len(large) - _MOST_ROWS:,} more groups by {plain(by)}.\n")
    if small:
        listed = ", ".join(
            f"{plain(group.get('group', ''))} (n = {_count(group.get('n'))})" for group in small[:20]
        )
        more = f" and {len(small) - 20:,} more" if len(small) > 20 else ""
        parts.append(f"Too few to say, by {plain(by)}: {listed}{more}.\n")
    return "\n".join(parts)


def _gaps(gaps: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for gap in (each for each in gaps if each.get("shown") or not is_crossed(each)):
        metric = get(str(gap.get("metric", "")))
        rows.append(
            [
                f"{metric.title} by {plain(gap.get('by', ''))}",
                f"{plain(gap.get('highest', ''))} over {plain(gap.get('lowest', ''))}",
                in_words(gap.get("difference"), metric.unit_of_difference),
                in_words(gap.get("ratio"), ""),
                p_value(gap.get("p_corrected")),
                "shown" if gap.get("shown") else "not shown",
            ]
        )
    return _table(
        ["gap", "between", "difference (95 %)", "ratio (95 %)", "p, corrected", "more than chance"], rows
    )


def _rendered(result: Mapping[str, Any]) -> str:
    rows = [
        [
            plain(factor.get("factor", "")),
            plain(level.get("level", "")),
            _count(level.get("n")),
            in_words(level.get("degree"), "degree"),
        ]
        for factor in result.get("factors") or []
        for level in factor.get("levels") or []
    ]
    said = (
        f"{_count(result.get('images'))} rendered images of {_count(result.get('identities'))} invented people, one "
        "thing changed at a time; they are not people.\n"
    )
    return (
        f"{said}\n{_table(['changed', 'level', 'n', 'mean degree (95 % interval)'], rows)}" if rows else said
    )


def _count(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else "not known"
