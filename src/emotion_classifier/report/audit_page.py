"""What a fairness audit says, as one HTML file that anyone can open and read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from emotion_classifier.evaluation.metrics import Metric, get
from emotion_classifier.evaluation.trained_on import TrainedOn, known_in_words
from emotion_classifier.findings.finding import SEVERITIES
from emotion_classifier.report.audit_words import (
    all_findings,
    by_column,
    figures,
    in_words,
    is_crossed,
    message_of,
)
from emotion_classifier.report.html_page import (
    asset,
    evidence_in_words,
    load_template,
    paragraphs,
    write_page,
)
from emotion_classifier.report.outcomes import outcomes_for_page
from emotion_classifier.report.page_plots import Axis, fit_axis, line_chart, whisker
from emotion_classifier.text import bare, p_value, quantity

MOST_VIOLATIONS = 100
MOST_FILES = 50
Groups = Sequence[Mapping[str, Any]]


def write_audit_page(audit: Mapping[str, Any], out: Path, *, pages: Mapping[str, str], title: str) -> None:
    """Write an audit as one HTML file: findings first, then plots and tables, then what was not measured.

    The file needs nothing beside it and asks for nothing; its content security policy forbids everything else.

    Parameters
    ----------
    audit : mapping
        As `audit --json` prints it: ``model``, ``n``, ``overall``, ``groups``, ``gaps``, ``findings``,
        ``outcomes``, ``not_measured``, and ``counterfactual`` for rendered faces of which one thing was changed; any
        may be absent.
    out : Path
        HTML file to write, in UTF-8.
    pages : mapping of str to str
        Plain text for each code: how it is detected, why it matters, what to do. Paragraphs are parted by an empty
        line.
    title : str
        What was audited, as its owner knows it.

    Raises
    ------
    MissingExtraError
        If Jinja2 is not installed.

    Examples
    --------
    >>> write_audit_page({"model": "mine"}, Path("audit.html"), pages={}, title="photos")  # doctest: +SKIP
    """
    template = load_template("audit.html")
    groups: Groups = audit.get("groups") or []
    single = [group for group in groups if not is_crossed(group)]
    crossed = [group for group in groups if is_crossed(group)]
    overall, gaps = audit.get("overall") or {}, [_gap(gap) for gap in _widest_first(audit.get("gaps") or [])]
    found, no_answer = all_findings(audit), audit.get("no_answer") or []
    values = {
        "title": title,
        "model": audit.get("model"),
        "n": audit.get("n"),
        "known": known_in_words(TrainedOn.from_dict(audit.get("trained_on"))) if audit.get("n") else "",
        "findings": [_finding(finding, pages) for finding in found],
        "severities": [(name, sum(each.get("severity") == name for each in found)) for name in SEVERITIES],
        "columns": list(by_column(single).items()),
        "measured": sum(any(figures(group)) for group in groups),
        "groups": len(groups),
        "metrics": _metrics(single, overall),
        "everybody": [] if any(any(figures(group)) for group in groups) else _of_everybody(overall),
        "gaps": [gap for gap in gaps if gap["shown"]],
        "other_gaps": [gap for gap in gaps if not gap["shown"]],
        "unit": audit.get("unit") or "photos",
        "labels": ", ".join(map(str, audit.get("labels") or [])),
        "no_answer": [f"{each.get('file')}: {each.get('reason')}" for each in no_answer[:MOST_FILES]],
        "no_answers": len(no_answer),
        "notes": [str(note) for note in audit.get("notes") or []],
        "left_out": evidence_in_words(audit.get("left_out") or {}),
        "crossed": _metrics([group for group in crossed if any(figures(group))], overall),
        "too_few": [group for group in crossed if not any(figures(group))],
        "counterfactual": _counterfactual(audit.get("counterfactual")),
        "outcomes": outcomes_for_page(audit.get("outcomes") or []),
        "not_measured": [str(sentence) for sentence in audit.get("not_measured") or []],
    }
    write_page(template, values, out, styles=[asset("page.css") + asset("audit.css")])


def _of_everybody(overall: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    """Tell the figures of everybody, where no group has any to set beside them."""
    metrics = ((get(name), found) for name, found in figures(overall))
    return [(metric.title, in_words(found, metric.unit), found.get("n", 0)) for metric, found in metrics]


def _finding(finding: Mapping[str, Any], pages: Mapping[str, str]) -> dict[str, Any]:
    code = str(finding.get("code", ""))
    numbers = {name: value for name, value in (finding.get("evidence") or {}).items() if name != "message"}
    severity = finding.get("severity")
    return {
        "code": code,
        "severity": severity if severity in SEVERITIES else "info",
        "title": finding.get("title", ""),
        "message": message_of(finding),
        "evidence": evidence_in_words(numbers),
        "text": paragraphs(pages.get(code, "")),
        "files": [str(file) for file in (finding.get("files") or [])[:MOST_FILES]],
        "more": max(0, len(finding.get("files") or []) - MOST_FILES),
    }


def _metrics(groups: Groups, overall: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Lay out one plot for each metric and column, all of one metric over the same axis; none where no group has it."""
    names = dict.fromkeys(
        [*dict(figures(overall)), *(name for group in groups for name, _ in figures(group))]
    )
    laid_out = []
    for name in names if groups else ():
        metric, everybody = get(name), overall.get(name)
        axis = fit_axis([everybody, *(group.get(name) for group in groups)], metric.unit)
        plots: list[dict[str, Any]] = [
            {"by": by, "rows": [_row(group, metric, axis, everybody) for group in members]}
            for by, members in by_column(groups).items()
        ]
        plots = [plot for plot in plots if any(row["dot"] for row in plot["rows"])]
        if not plots:
            continue
        laid_out.append(
            {
                "id": "".join(letter if letter.isalnum() else "-" for letter in name),
                "title": metric.title,
                "explained": metric.explained,
                "axis": axis,
                "overall": _dot(axis, everybody),
                "plots": plots,
            }
        )
    return laid_out


def _row(
    group: Mapping[str, Any], metric: Metric, axis: Axis, everybody: Mapping[str, Any] | None
) -> dict[str, Any]:
    estimate = group.get(metric.name)
    row = {
        "group": group.get("group", ""),
        "n": group.get("n"),
        "people": group.get("people"),
        "of": estimate.get("n") if estimate else None,
        "needed": group.get("needed"),
        "dot": _dot(axis, estimate),
        "against": "",
    }
    if estimate and everybody and None not in (estimate.get("value"), everybody.get("value")):
        difference = estimate["value"] - everybody["value"]
        side = "more" if difference >= 0 else "less"
        row["against"] = f"{quantity(abs(difference), metric.unit_of_difference)} {side} than everybody"
    return row


def _dot(axis: Axis, estimate: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if estimate is None or estimate.get("value") is None:
        return None
    return {**whisker(axis, estimate), "text": in_words(estimate, axis.unit)}


def _widest_first(gaps: Groups) -> Groups:
    """Sort the gaps by p, those that were not tested last."""
    return sorted(
        gaps,
        key=lambda gap: 2.0 if gap.get("p_corrected") is None else gap["p_corrected"],
    )


def _gap(gap: Mapping[str, Any]) -> dict[str, Any]:
    metric, explained = get(str(gap.get("metric", ""))), gap.get("explained") or 0.0
    unit = metric.unit_of_difference
    return {
        "by": gap.get("by", ""),
        "metric": metric.title,
        "highest": gap.get("highest", ""),
        "lowest": gap.get("lowest", ""),
        "difference": in_words(gap.get("difference"), unit),
        "ratio": in_words(gap.get("ratio"), ""),
        "mixed": metric.is_worth_saying(explained),
        "explained": quantity(explained, unit),
        "n": (gap.get("difference") or {}).get("n"),
        "p": p_value(gap.get("p_value")),
        "p_corrected": p_value(gap.get("p_corrected")),
        "shown": bool(gap.get("shown")),
    }


def _counterfactual(result: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not result:
        return None
    factors: Groups = result.get("factors") or []
    curves: Groups = result.get("curves") or []
    names = dict.fromkeys(
        [*(each.get("factor") for each in factors), *(each.get("factor") for each in curves)]
    )
    violations = list(result.get("violations") or [])
    return {
        "identities": result.get("identities"),
        "images": result.get("images"),
        "factors": [
            {
                "name": str(name),
                "chart": line_chart(str(name), [each for each in curves if each.get("factor") == name]),
                **_levels(
                    level
                    for each in factors
                    if each.get("factor") == name
                    for level in each.get("levels") or []
                ),
            }
            for name in names
        ],
        "violations": [_violation(each) for each in violations[:MOST_VIOLATIONS]],
        "unlisted": max(0, len(violations) - MOST_VIOLATIONS),
        "violated": len(violations),
    }


def _levels(levels: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Lay out the mean degree and the faces found of each level of a factor."""
    known = list(levels)
    axis = fit_axis([level.get("degree") for level in known], "degree")
    rows = [
        {
            "level": level.get("level", ""),
            "n": level.get("n"),
            "dot": _dot(axis, level.get("degree")),
            "found": in_words(level["faces_found"], "%") if level.get("faces_found") else "",
            "spearman": None if level.get("spearman_min") is None else bare(level["spearman_min"], ""),
        }
        for level in known
    ]
    return {"axis": axis, "rows": rows}


def _violation(violation: Any) -> str:
    if isinstance(violation, Mapping):
        return ", ".join(f"{name} {value}" for name, value in evidence_in_words(violation))
    return str(violation)
