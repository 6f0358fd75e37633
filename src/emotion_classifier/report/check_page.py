"""What a check found, as one HTML file with pictures that opens anywhere and asks for nothing."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from emotion_classifier.data.dataset import Dataset
from emotion_classifier.errors import PhotoError, PhotoTooLargeError
from emotion_classifier.findings.finding import SEVERITIES, Finding
from emotion_classifier.findings.outcome import Outcome
from emotion_classifier.photo import read_photo
from emotion_classifier.report.html_page import (
    asset,
    evidence_in_words,
    load_template,
    paragraphs,
    picture_uri,
    write_page,
)
from emotion_classifier.report.outcomes import outcomes_for_page

MOST_FINDINGS = 5_000
"""Findings a page holds; a browser stays quick with as many."""
MOST_PICTURES = 6_000
"""Photos a page has small pictures of, about 2 kB each; the first findings get theirs."""
_AT_ONCE = 60  # rows the page opens with; its script shows the others on scrolling
_PICTURES_EACH = 12
_NAMES_EACH = 500
_SIDE = 96


def write_check_page(
    findings: Sequence[Finding],
    dataset: Dataset,
    out: Path,
    *,
    title: str,
    pages: Mapping[str, str] | None = None,
    outcomes: Sequence[Outcome] = (),
    most_findings: int = MOST_FINDINGS,
    most_pictures: int = MOST_PICTURES,
) -> None:
    """Write the findings of a check as one HTML file, with small pictures of the photos concerned.

    The file needs nothing beside it and asks for nothing: style, script and pictures are in it, and its content
    security policy forbids everything else. Findings about the whole dataset come first, then those about photos, the
    most severe first; the summary counts every one. Of the photos, only those that a
    finding names are read, one at a time.

    Parameters
    ----------
    findings : sequence of Finding
    dataset : Dataset
        What was checked; its ids are those the findings name.
    out : Path
        HTML file to write, in UTF-8.
    title : str
        Name of the dataset, as its owner knows it.
    pages : mapping of str to str, optional
        Plain text for each code: how it is detected, why it matters, what to do. Paragraphs are parted by an empty
        line.
    outcomes : sequence of Outcome
        How each check ended.
    most_findings, most_pictures : int
        So many are on the page; what is left out is counted there.

    Raises
    ------
    MissingExtraError
        If Jinja2 is not installed.

    Examples
    --------
    >>> from emotion_classifier.data.folder import read_folder  # doctest: +SKIP
    >>> write_check_page([], read_folder("photos"), Path("report.html"), title="photos")  # doctest: +SKIP
    """
    template = load_template("check.html")
    photos = _Photos(dataset, most_pictures)
    whole, rows, left_out = _shown(findings, photos, most_findings)
    values = {
        "title": title,
        "dataset": dataset,
        "classes": _classes(dataset),
        "unused": len({name for name, _ in dataset.problems} - set(dataset.ids)),
        "splits": Counter(split for split in dataset.splits if split),
        "severities": [(name, sum(finding.severity == name for finding in findings)) for name in SEVERITIES],
        "summary": _summary(findings, rows, pages or {}),
        "outcomes": outcomes_for_page(each.to_dict() for each in outcomes),
        "whole": whole,
        "rows": rows,
        "index": [_entry(row) for row in rows],
        "at_once": _AT_ONCE,
        "left_out": left_out,
        "unpictured": photos.unpictured,
    }
    styles = [asset("page.css") + asset("check.css"), "".join(photos.rules)]
    write_page(template, values, out, styles=styles, scripts=[asset("check.js")])


@dataclass
class _Photos:
    """The photos that findings name, each read and made small once, when it is first shown."""

    dataset: Dataset
    most: int
    rules: list[str] = field(default_factory=list)
    unpictured: int = 0
    _row: dict[str, int] = field(init=False)
    _labels: list[int] = field(init=False)
    _known: dict[str, tuple[int | None, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._row = {name: row for row, name in enumerate(self.dataset.ids)}
        self._labels = self.dataset.hard.tolist() if len(self.dataset) else []

    def label(self, name: str) -> int | None:
        """Index of the likeliest label; None for a file that is no row."""
        row = self._row.get(name)
        return None if row is None else self._labels[row]

    def picture(self, name: str) -> tuple[int | None, str]:
        """Give the number of the style rule that shows a photo, or None and why there is none."""
        if name not in self._known:
            self._known[name] = self._read(name)
        return self._known[name]

    def _read(self, name: str) -> tuple[int | None, str]:
        row = self._row.get(name)
        if row is None:
            return None, "no such photo"
        if len(self.rules) >= self.most:
            self.unpictured += 1
            return None, "not pictured"
        try:
            encoded = _small(self.dataset.sources[row])
        except PhotoTooLargeError:
            return None, "too large to read"
        except PhotoError:
            return None, "cannot be read"
        number = len(self.rules)
        uri = picture_uri(encoded)
        self.rules.append(f".p{number}{{background-image:url({uri})}}\n")
        return number, ""


def _small(source: Path | bytes) -> bytes:
    picture = Image.fromarray(read_photo(source))
    picture.thumbnail((_SIDE, _SIDE))
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=62, method=1)  # a fifth of the time for 400 bytes more
    return file.getvalue()


def _shown(
    findings: Sequence[Finding], photos: _Photos, most: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], int]:
    """Describe the findings about the whole, those about photos, and count those left out."""
    ordered = sorted(findings, key=_severity_code_file)
    whole = [finding for finding in ordered if not finding.files][:most]
    single = [finding for finding in ordered if finding.files][: most - len(whole)]
    rows = [_row(finding, photos) for finding in single]
    for key in ("severity", "code", "file", "label"):
        rank = {value: place for place, value in enumerate(sorted({row["order"][key] for row in rows}))}
        for row in rows:
            row["ranks"].append(rank[row["order"][key]])
    cards = [{"finding": finding, "evidence": evidence_in_words(finding.evidence)} for finding in whole]
    return cards, rows, len(findings) - len(whole) - len(rows)


def _severity_code_file(finding: Finding) -> tuple[int, str, tuple[tuple[int, int, str], ...]]:
    return (
        SEVERITIES.index(finding.severity),
        finding.code,
        _natural(finding.files[0]) if finding.files else (),
    )


def _natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Order 2.jpg before 10.jpg."""
    parts = re.findall(r"([0-9]{1,18})|([^0-9]+)", name.casefold())
    return tuple((0, int(digits), "") if digits else (1, 0, text) for digits, text in parts)


def _row(finding: Finding, photos: _Photos) -> dict[str, Any]:
    names = photos.dataset.labels
    labels = sorted({label for label in map(photos.label, finding.files) if label is not None})
    severity, code, file = _severity_code_file(finding)
    items = []
    for name in finding.files[:_PICTURES_EACH]:
        picture, why = photos.picture(name)
        label = photos.label(name)
        # Beside the name only where it tells files of one finding apart.
        shown = names[label] if label is not None and len(labels) > 1 else None
        items.append({"name": name, "picture": picture, "why": why, "label": shown})
    return {
        "finding": finding,
        "evidence": evidence_in_words(finding.evidence),
        "items": items,
        "more": finding.files[_PICTURES_EACH:_NAMES_EACH],
        "unnamed": max(0, len(finding.files) - _NAMES_EACH),
        "labels": [names[label] for label in labels],
        "order": {"severity": severity, "code": code, "file": file, "label": tuple(labels)},
        "ranks": [],
    }


def _entry(row: dict[str, Any]) -> dict[str, Any]:
    """Gather what the page's script sorts and filters a row by."""
    finding: Finding = row["finding"]
    return {
        "ranks": row["ranks"],
        "severity": finding.severity,
        "code": finding.code,
        "labels": row["labels"],
        "files": finding.files[:_NAMES_EACH],
    }


def _summary(
    findings: Sequence[Finding], rows: Sequence[dict[str, Any]], pages: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Describe each code that was found, the most severe first."""
    kinds: dict[tuple[int, str], list[Finding]] = {}
    for finding in findings:
        kinds.setdefault((SEVERITIES.index(finding.severity), finding.code), []).append(finding)
    first: dict[str, int] = {}
    for number, row in enumerate(rows):
        first.setdefault(row["finding"].code + row["finding"].severity, number)
    explained: set[str] = set()
    summary = []
    for (_, code), found in sorted(kinds.items()):
        summary.append(
            {
                "code": code,
                "finding": found[0],
                "count": len(found),
                "first": first.get(code + found[0].severity),
                "whole": not any(finding.files for finding in found),
                "anchor": code not in explained,
                "text": [] if code in explained else paragraphs(pages.get(code, "")),
            }
        )
        explained.add(code)
    return summary


def _classes(dataset: Dataset) -> list[tuple[str, int, float]]:
    counts = dataset.counts if len(dataset) else {}
    return [(label, count, 100 * count / max(counts.values())) for label, count in counts.items()]
