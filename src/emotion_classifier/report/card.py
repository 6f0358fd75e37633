"""Put what was measured into the model card of a bundle; `emotion_classifier.training.card` writes the rest."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from emotion_classifier.report.audit_table import audit_in_markdown
from emotion_classifier.report.audit_table import plain as _plain


def with_figures(card: str, *, title: str, figures: Sequence[tuple[str, str, int]], known: str = "") -> str:
    """Put the figures of an evaluation into a card, in place of earlier ones under the same title.

    Parameters
    ----------
    card : str
        Markdown.
    title : str
        What was read, such as "LFW validation".
    figures : sequence of (title of the metric, value with its interval, n)
    known : str
        One sentence: how many of these photos the model learned from.

    Returns
    -------
    str
        Markdown.
    """
    heading = "## Evaluation"
    rows = "\n".join(f"| {metric} | {value} | {n:,} |" for metric, value, n in figures)
    said = f"{_plain(known, longest=400)}\n\n" if known else ""
    block = f"### {title}\n\n{said}| metric | value (95 % interval) | n |\n|---|---|---|\n{rows}\n\n"
    # Cards of before promised this of every photo, and nobody had looked.
    card = card.replace("No photo below was trained on, or used to fit the scale.\n\n", "")
    earlier = re.compile(rf"^### {re.escape(title)}\n.*?(?=^##)", re.DOTALL | re.MULTILINE)
    if earlier.search(card):
        return earlier.sub(lambda _: block, card, count=1)
    if heading not in card:
        block = f"{heading}\n\n{block}"
    return _before(card, block, "## Fairness", "## Limits")


def with_audit(card: str, *, title: str, audit: Mapping[str, Any]) -> str:
    """Put a fairness audit into a card, in place of an earlier one under the same title.

    Parameters
    ----------
    card : str
        Markdown.
    title : str
        What was audited, such as "LFW validation".
    audit : mapping
        As `audit --json` prints it.

    Returns
    -------
    str
        Markdown.
    """
    heading, title = "## Fairness", _plain(title)
    block = f"### Groups of people: {title}\n\n{audit_in_markdown(audit)}\n"
    earlier = re.compile(
        rf"^### Groups of people: {re.escape(title)}\n.*?(?=^##|\Z)", re.DOTALL | re.MULTILINE
    )
    if earlier.search(card):
        return earlier.sub(lambda _: block, card, count=1)
    if not re.search(rf"^{heading}$", card, re.MULTILINE):
        block = f"{heading}\n\n{block}"
    return _before(card, block, "## Limits")


def _before(card: str, block: str, *headings: str) -> str:
    """Put a block before the first of some headings that the card has, or at its end."""
    found = re.search(rf"^(?:{'|'.join(map(re.escape, headings))})$", card, re.MULTILINE)
    place = found.start() if found else len(card)
    return f"{card[:place].rstrip()}\n\n{block}{card[place:]}"
