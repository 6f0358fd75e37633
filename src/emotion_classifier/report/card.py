"""Put what was measured into the model card of a bundle; `emotion_classifier.training.card` writes the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from emotion_classifier.evaluation.evaluate import FORCED_CHOICE_SAYS
from emotion_classifier.evaluation.intervals import Estimate
from emotion_classifier.evaluation.metrics import Metric
from emotion_classifier.model.card import parse_card
from emotion_classifier.report.audit_table import audit_in_markdown
from emotion_classifier.report.audit_table import plain as _plain
from emotion_classifier.text import estimate


def with_figures(
    card: str, *, title: str, figures: Iterable[tuple[Metric, Estimate]], model: str, known: str = ""
) -> str:
    """Put the figures of an evaluation into a card, in place of earlier ones under the same title.

    They stand in a table for people, and in the front matter as ``model-index``.

    Parameters
    ----------
    card : str
        Markdown.
    title : str
        What was read, such as "LFW validation".
    figures : iterable of (Metric, Estimate)
    model : str
        Id of the bundle.
    known : str
        One sentence: how many of these photos the model learned from.

    Returns
    -------
    str
        Markdown.

    Raises
    ------
    CardError
        If the front matter of the card cannot be read.
    """
    figures = tuple(figures)
    rows = "\n".join(
        f"| {metric.title} | {estimate(found, metric.unit)} | {found.n:,} |" for metric, found in figures
    )
    said = f"{_plain(known, longest=400)}\n\n" if known else ""
    table = f"{said}| metric | value (95 % interval) | n |\n|---|---|---|\n{rows}\n\n{FORCED_CHOICE_SAYS}\n"
    # Earlier versions of this package promised this of every photo, unchecked.
    card = card.replace("No photo below was trained on, or used to fit the scale.\n\n", "")
    card = _indexed(card, title, figures, model)
    return _put(card, f"### {title}", table, section="## Evaluation", before=("## Fairness", "## Limits"))


def _indexed(card: str, title: str, figures: Sequence[tuple[Metric, Estimate]], model: str) -> str:
    """Put figures into the front matter, in place of earlier ones of the same title."""
    from huggingface_hub import EvalResult

    parsed = parse_card(card, "the card")
    kept = [each for each in parsed.data.eval_results or [] if each.dataset_name != title]
    new = [
        EvalResult(
            task_type="image-classification",
            dataset_type=re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:96] or "photos",
            dataset_name=title,
            metric_type=metric.name,
            metric_value=round(found.value, 4),
            metric_name=f"{metric.title}: {estimate(found, metric.unit)}, n = {found.n:,}",
        )
        for metric, found in figures
        if found.value is not None
    ]
    parsed.data.eval_results = [*kept, *new]
    parsed.data.model_name = parsed.data.model_name or model
    return str(parsed)


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
    heading = f"### Groups of people: {_plain(title)}"
    return _put(card, heading, audit_in_markdown(audit), section="## Fairness", before=("## Limits",))


def _put(card: str, heading: str, text: str, *, section: str, before: Sequence[str]) -> str:
    """Put a text under its heading, in place of an earlier one, else at the end of its section.

    Parameters
    ----------
    card : str
    heading, section : str
        Lines of Markdown, with their signs.
    text : str
        Ends with a line break.
    before : sequence of str
        Headings of the sections that come after; without them, the section ends with the card.
    """
    block = f"{heading}\n\n{text}\n"
    earlier = re.compile(rf"^{re.escape(heading)}\n.*?(?=^##|\Z)", re.DOTALL | re.MULTILINE)
    if earlier.search(card):
        return earlier.sub(lambda _: block, card, count=1)
    if not re.search(rf"^{section}$", card, re.MULTILINE):
        block = f"{section}\n\n{block}"
    following = re.search(rf"^(?:{'|'.join(map(re.escape, before))})$", card, re.MULTILINE)
    place = following.start() if following else len(card)
    return f"{card[:place].rstrip()}\n\n{block}{card[place:]}"
