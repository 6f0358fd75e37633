"""Write the documentation's page of every finding from the texts of its check.

Run it after changing a check: ``.venv/bin/python tools/finding_pages.py``. A test compares the pages with it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emotion_classifier.checks import CHECKS
from emotion_classifier.fairness.checks import AUDIT_CHECKS
from emotion_classifier.findings import Check

FOLDER = Path(__file__).parents[1] / "docs" / "findings"
_WIDTH = 115
_EVERY: tuple[Check[Any], ...] = (*CHECKS, *AUDIT_CHECKS)


def page(check: Check[Any]) -> str:
    """Lay one check's page out as Markdown."""
    parts = (
        f"# {check.code} {check.title}",
        f"Severity: {check.severity}.",
        "## How it is detected",
        check.detection,
        "## Why it matters",
        check.why,
        "## What to do",
        check.advice,
    )
    return "\n\n".join("\n".join(textwrap.wrap(part, _WIDTH)) for part in parts) + "\n"


def index() -> str:
    """List all pages."""
    lines = [
        "# Findings",
        "",
        "What `emotion-classifier check` may say, and what to do about it ([](../check.md)).",
        "",
        *_table(CHECKS),
        "",
        "What `emotion-classifier audit` may say ([](../audit.md)).",
        "",
        *_table(AUDIT_CHECKS),
        "",
        "```{toctree}",
        ":hidden:",
        *(one.code.lower() for one in _EVERY),
        "```",
    ]
    return "\n".join(lines) + "\n"


def _table(checks: Sequence[Check[Any]]) -> list[str]:
    rows = (f"| [{one.code}]({one.code.lower()}.md) | {one.title} | {one.severity} |" for one in checks)
    return ["| code | what | severity |", "|---|---|---|", *rows]


def pages() -> dict[str, str]:
    """Every page by its file name."""
    return {f"{one.code.lower()}.md": page(one) for one in _EVERY} | {"index.md": index()}


def main() -> None:
    """Write all pages."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
