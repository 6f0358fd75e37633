"""Findings about photos, and what a cleaned folder says became of each."""

from __future__ import annotations

import csv
from pathlib import Path

from emotion_classifier.findings.finding import Finding

STRANGE = 'a "quoted"\n<b>нью 笑.jpg'


def found(code: str, *files: str, **evidence: object) -> Finding:
    return Finding(code, f"Title of {code}", "warning", files, f"Message of {code}.", evidence)


WRONG = {"label": "sad", "suggested_label": "happy", "probability_of_suggestion": 0.9}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def ledger(out: Path) -> dict[str, dict[str, str]]:
    return {row["file"]: row for row in rows(out / "ledger.csv")}


def snapshot(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
