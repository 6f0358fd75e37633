"""The words and the HTML of the page on which labels are reviewed; no Gradio here, only strings."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from PIL import Image

from emotion_classifier.cleaning.decisions import Verdict
from emotion_classifier.cleaning.suggestions import TWO_LABELS, Suggestion
from emotion_classifier.photo import read_photo
from emotion_classifier.serving import page
from emotion_classifier.serving.keyed_page import (
    Standing,
    banner,
    moves,
    photo,
    plain_text,
    progress,
    script,
)
from emotion_classifier.text import percent, whole_percent

TITLE = "Review labels"
STYLE = page.STYLE + files(__package__).joinpath("review.css").read_text(encoding="utf-8")
_SHOWN_EVIDENCE = 8

SCRIPT = script({"a": "accept", "r": "reject", "d": "drop"})


def question(
    asked: Suggestion, source: Any, standing: Standing, *, verdict: Verdict | None, said: str
) -> str:
    """Show one photo and what it may be called.

    Parameters
    ----------
    asked : Suggestion
    source : Path or bytes
        The photo.
    standing : Standing
    verdict : {"accept", "reject", "drop"} or None
        The answer it already has.
    said : str
        A message above it; "" for none.
    """
    picture = photo(lambda: Image.fromarray(read_photo(source)))
    return f"""
{progress(standing, TITLE)}{banner(said)}
<section class="rv-stage" data-place="{standing.place}">
  <figure class="rv-photo">{picture}<figcaption>{plain_text(asked.file)}</figcaption></figure>
  <div class="rv-side" aria-live="polite">
    <h2>Which label is right?</h2>
    <p class="rv-why">{plain_text(_sentence(asked))}</p>
    <div class="rv-choices">{_choices(asked, verdict)}</div>
    {moves(standing)}
    {_evidence(asked)}
  </div>
</section>"""


def finished(standing: Standing, *, decisions: str, said: str) -> str:
    """Say what comes after the last question."""
    open_ones = standing.total - standing.decided
    title = f"{open_ones} still open" if open_ones else "All decided"
    command = f"emotion-classifier clean DIR --out CLEANED --decisions {shlex.quote(decisions)}"
    return f"""
{progress(standing, TITLE)}{banner(said)}
<section class="rv-stage rv-end" data-place="{standing.place}"><div class="rv-side">
  <h2>{title}</h2>
  <p class="rv-why">The decisions are in <code>{plain_text(decisions)}</code>. This page can be closed. To apply them
  to a copy of the photos, run this with the same DIR and --findings:</p>
  <p class="rv-why"><code>{plain_text(command)}</code></p>
  {moves(standing)}
</div></section>"""


def _sentence(asked: Suggestion) -> str:
    if asked.finding.code == TWO_LABELS:
        copies = ", ".join(f"{name} as {label}" for name, label in asked.others)
        return f"The same picture is also there as {copies}. One copy will stay, with the label you choose."
    return asked.finding.message or asked.finding.title


def _choices(asked: Suggestion, verdict: Verdict | None) -> str:
    if asked.finding.code == TWO_LABELS:
        why = "accept: the label of a copy is right"
    else:
        chance = "" if asked.probability is None else f", {whole_percent(asked.probability)} by the model"
        why = f"accept: suggested{chance}"
    rows: list[tuple[Verdict, str, str, str]] = [
        ("accept", "A", f"Change to {asked.suggested}" if asked.suggested else "No suggestion", why),
        ("reject", "R", f"Keep {asked.label}", "reject: the present label is right"),
        ("drop", "D", "Drop the photo", "no clear expression, or no photo of a face"),
    ]
    return "".join(
        f'<button type="button" data-action="{action}" aria-pressed="{"true" if verdict == action else "false"}"'
        f"{'' if action != 'accept' or asked.suggested else ' disabled'}>"
        f"<kbd>{key}</kbd><b>{plain_text(title)}</b><span>{plain_text(note)}</span></button>"
        for action, key, title, note in rows
    )


def _evidence(asked: Suggestion) -> str:
    left_out = ("label", "suggested_label", "labels", "message")
    shown = [(key, value) for key, value in asked.finding.evidence.items() if key not in left_out]
    rows = "".join(
        f"<dt>{plain_text(key.replace('_', ' '))}</dt><dd>{plain_text(_value(key, value))}</dd>"
        for key, value in shown[:_SHOWN_EVIDENCE]
    )
    title = " ".join(dict.fromkeys((asked.finding.code, asked.finding.title)))
    return f'<dl class="rv-evidence"><dt>finding</dt><dd>{plain_text(title)}</dd>{rows}</dl>'


def _value(key: str, value: Any) -> str:
    if isinstance(value, float):
        return f"{percent(value)} %" if key.startswith("probability") else f"{value:.3g}"
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | dict):
        value = ", ".join(map(str, value))
    text = str(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
