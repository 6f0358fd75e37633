"""An audit as tables on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from emotion_classifier.evaluation.metrics import get
from emotion_classifier.fairness.checks.fair004_too_few import TooFewToSay
from emotion_classifier.fairness.result import Audit, Gap, GroupFigures
from emotion_classifier.report.narrow import Cells, Narrow
from emotion_classifier.report.outcomes import SEVERITY_COLOURS
from emotion_classifier.text import bare, cell, counted

_LISTED = 10
_TOO_FEW = TooFewToSay.code


def render(audit: Audit) -> Group:
    """Lay an audit out for a terminal: groups by column and intersection, gaps, findings, what was not measured."""
    parts: list[RenderableType] = []
    if all(group.needed for group in audit.groups):
        parts += [_groups((), audit), Text()]
    for by in dict.fromkeys(group.by for group in audit.groups):
        groups = [group for group in audit.groups if group.by == by]
        table = Text(f"By {by}:") if all(group.needed for group in groups) else _groups(groups, audit)
        parts += [table, *_too_few(groups, audit), Text()]
    if audit.gaps:
        parts += [_gaps(audit.gaps), Text()]
    if findings := _findings(audit):
        parts += [*findings, Text()]
    parts += _missed(audit)
    parts += [Text(sentence) for sentence in (*audit.notes, *audit.not_measured)]
    return Group(*parts)


def _groups(groups: Sequence[GroupFigures], audit: Audit) -> Narrow:
    """Intervals stand below their figures; the last row is everybody, the only one where there are no groups."""
    everybody = GroupFigures("", "everybody", audit.n, 0, audit.overall)
    shown = (*(each for each in groups if each.needed is None), everybody)
    columns = {
        "group": Cells([group.group for group in shown]),
        "n": Cells([_counted(group, audit.unit) for group in shown], number=True),
    }
    # Metrics without a short heading stand in --json and on the page.
    for metric in filter(lambda metric: metric.heading, map(get, audit.overall)):
        found = [group.metrics.get(metric.name) for group in shown]
        cells = [cell(each, metric.unit) if each else "too few" for each in found]
        columns[metric.heading] = Cells(cells, number=True)
    of = f"By {groups[0].by}" if groups else "Everybody"
    title = f"{of}: percent, degree error on −1 to +1; 95 % intervals below"
    return Narrow(title, columns, keys=2)


def _counted(group: GroupFigures, unit: str) -> str:
    people = f"\n{group.people:,} people" if unit == "people" and group.people else ""
    return f"{group.n:,}{people}"


def _too_few(groups: Sequence[GroupFigures], audit: Audit) -> list[Text]:
    """Say it once, with the code of the finding, which `_findings` leaves out."""
    small = [group for group in groups if group.needed is not None]
    if not small:
        return []
    named = ", ".join(f"{group.group} ({_size(group, audit.unit)})" for group in small[:_LISTED])
    more = f" and {len(small) - _LISTED:,} more (--json lists all)" if len(small) > _LISTED else ""
    found = f" ({_TOO_FEW})" if any(finding.code == _TOO_FEW for finding in audit.findings) else ""
    return [Text(f"Too few to say{found}, {small[0].needed:,} {audit.unit} are needed: {named}{more}.")]


def _size(group: GroupFigures, unit: str) -> str:
    if unit != "people":
        return f"{group.n:,}" if group.people == group.n else f"{group.people:,} different of {group.n:,}"
    return f"{counted(group.people, 'person', 'people')}, {counted(group.n, 'photo')}"


def _gaps(gaps: Sequence[Gap]) -> Narrow:
    """Shown first, then the least likely to be chance."""
    ordered = sorted(gaps, key=lambda gap: (not gap.shown, gap.p_corrected, gap.p_value))
    title = f"Gaps, the surest {min(_LISTED, len(gaps))} of {len(gaps):,} tested (p corrected by Holm's procedure)"
    columns = {name: Cells() for name in ("by", "metric", "highest", "lowest")}
    columns |= {name: Cells(number=True) for name in ("difference", "by\nclasses", "p", "shown")}
    for gap in ordered[:_LISTED]:
        metric = get(gap.metric)
        cells = (
            gap.by,
            metric.title,
            gap.highest,
            gap.lowest,
            cell(gap.difference, metric.unit),
            bare(gap.explained, metric.unit, narrow=True),
            f"{gap.p_corrected:.2g}",
            "yes" if gap.shown else "no",
        )
        for column, text in zip(columns.values(), cells, strict=True):
            column.texts.append(text)
    return Narrow(title, columns, keys=2)


def _findings(audit: Audit) -> list[Text]:
    if not audit.findings:
        return [Text("No findings.")]
    lines = []
    for finding in (each for each in audit.findings if each.code != _TOO_FEW):
        line = Text(f"{finding.code} ", style="bold")
        line.append(finding.severity, style=SEVERITY_COLOURS[finding.severity])
        line.append(f": {finding.message}", style="not bold")
        lines.append(line)
    return lines


def _missed(audit: Audit) -> list[Text]:
    if not audit.no_answer:
        return [Text("Every photo was read, and a face found in it.")]
    shown = [Text(f"Counted as wrong, since there is no answer ({len(audit.no_answer):,}):")]
    shown += [Text(f"  {file}: {reason}") for file, reason in audit.no_answer[:_LISTED]]
    if len(audit.no_answer) > _LISTED:
        shown.append(Text(f"  … and {len(audit.no_answer) - _LISTED:,} more (--json lists all)"))
    return shown
