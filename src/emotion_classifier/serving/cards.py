"""The answer for one photo as HTML: a card for every face, or short ones for a group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape
from itertools import pairwise
from typing import get_args

from emotion_classifier.model.scale import CANONICAL, GRADES, Label
from emotion_classifier.reading import Reading
from emotion_classifier.serving.texts import Texts
from emotion_classifier.text import fixed, percent

# Which of two answers an element belongs to; the switch hides one of them.
AS_LABEL, AS_LEANING = "ec-as-label", "ec-as-leaning"


def answer(say: Texts, readings: Sequence[Reading], cuts: Sequence[float], note: str | None = None) -> str:
    """Make a card for every face, largest first; several are counted first and short; the note at the end."""
    remark = f'<p class="ec-phrase">{escape(note[0].upper() + note[1:])}.</p>' if note else ""
    if not readings:
        return no_face(say) + remark
    if len(readings) == 1:
        return f'<div class="ec-cards">{card(say, readings[0], cuts)}</div>{remark}'
    summary = "".join(
        f'<p class="ec-summary {shown}">{escape(description(say, seen))}</p>'
        for shown, seen in both(readings)
    )
    cards = "".join(_short_card(say, reading, number, cuts) for number, reading in enumerate(readings, 1))
    return f'{summary}<div class="ec-cards ec-several">{cards}</div>{remark}'


def both(readings: Sequence[Reading]) -> tuple[tuple[str, Sequence[Reading]], ...]:
    """Pair the readings, and their forced choices, with the CSS class of the elements that show them."""
    return (AS_LABEL, readings), (AS_LEANING, [reading.as_binary() for reading in readings])


def no_face(say: Texts) -> str:
    """Say that there is no face, and what helps."""
    hints = "".join(f"<li>{say(f'no_face.{hint}')}</li>" for hint in ("close", "towards", "lit"))
    return f"""
<section class="ec-card ec-calm"><h3>{say("no_face.title")}</h3>
  <p>{say("no_face.first")}</p><ul>{hints}</ul></section>"""


def card(say: Texts, reading: Reading, cuts: Sequence[float]) -> str:
    """Make the full card of one face."""
    whole = f'<p class="ec-phrase">{say("card.whole_photo")}</p>' if reading.whole_photo else ""
    return f"""
<article class="ec-card ec-{reading.label} ec-leans-{reading.leaning}">
  <h3>{_titles(say, reading)}</h3>
  {scale(say, reading.degree, reading.grade, cuts)}{_evidence(say, reading)}{whole}
</article>"""


def _short_card(say: Texts, reading: Reading, number: int, cuts: Sequence[float]) -> str:
    """Make a card that shows a face's place, and opens for the rest."""
    face = f'<span class="ec-number" aria-label="{say("card.face", n=number)}">{number}</span>'
    return f"""
<article class="ec-card ec-{reading.label} ec-leans-{reading.leaning}">
  <h3>{face}{_titles(say, reading)}</h3>
  {scale(say, reading.degree, reading.grade, cuts, named=False)}
  <details><summary>{say("card.more", n=number)}</summary>{_evidence(say, reading)}</details>
</article>"""


def _titles(say: Texts, reading: Reading) -> str:
    return (
        f'<span class="{AS_LABEL}">{escape(title(say, reading))}</span>'
        f'<span class="{AS_LEANING}">{escape(title(say, reading.as_binary()))}</span>'
        f'<span class="ec-degree">{signed(reading.degree)}</span>'
    )


def _evidence(say: Texts, reading: Reading) -> str:
    mixed = f'<p class="ec-phrase">{say("card.mixed")}</p>' if reading.grade == "mixed" else ""
    rows = "".join(bar(say, name, reading.probabilities[name]) for name in CANONICAL)
    leaning = say("card.leaning", leaning=say(f"label.{reading.leaning}"), p=share(reading.p_leaning))
    doubt = (
        f'<p class="ec-phrase {AS_LEANING}">{escape(say("card.doubt", reason=reading.reason))}</p>'
        if reading.reason
        else ""
    )
    return (
        f'{mixed}<ul class="ec-bars" aria-label="{say("card.probabilities")}">{rows}</ul>{doubt}{_why(say, reading)}'
        f'<p class="ec-phrase">{leaning}</p>'
    )


def _why(say: Texts, reading: Reading) -> str:
    """Say why a face is called so although more raters would call it neutral."""
    said, neutral = (reading.probabilities.get(name) for name in (reading.label, "neutral"))
    if reading.label not in ("happy", "sad") or said is None or neutral is None or said >= neutral:
        return ""
    why = say("card.rare", label=say(f"label.{reading.label}"))
    return f'<p class="ec-phrase {AS_LABEL}">{why}</p>'


def title(say: Texts, reading: Reading) -> str:
    """Say in plain text what a face looks like."""
    if reading.label == "uncertain":
        return (
            say("card.uncertain_because", reason=reading.reason) if reading.reason else say("card.uncertain")
        )
    return (
        say("card.other")
        if reading.label == "other"
        else say("card.looks", label=say(f"label.{reading.label}"))
    )


def scale(say: Texts, degree: float | None, grade: str, cuts: Sequence[float], *, named: bool = True) -> str:
    """Draw −1…+1 with the grades below, each in its own zone between the cut points; without their names on request."""
    edges = [-1.0, *cuts, 1.0]
    ticks = "".join(f'<i style="left:{place(cut)}"></i>' for cut in cuts)
    zones = "".join(
        f'<li data-grade="{name}" style="flex:{high - low:.3f}" '
        f'class="{"ec-slight " if name.startswith("slightly") else ""}{"ec-now" if name == grade else ""}">'
        f"<span>{grade_name(say, name)}</span></li>"
        for name, (low, high) in zip(GRADES, pairwise(edges), strict=True)
    )
    if degree is None:
        meter = f'role="img" aria-label="{say("scale.empty")}"'
        marker = ""
    else:
        meter = (
            f'role="meter" aria-label="{say("scale.label")}" aria-valuemin="-1" aria-valuemax="1" '
            f'aria-valuenow="{fixed(degree, 2, minus="-")}" '
            f'aria-valuetext="{signed(degree)}, {grade_name(say, grade)}"'
        )
        marker = f'<b style="left:{place(degree)}"></b>'
    names = f'<ol aria-hidden="true">{zones}</ol>' if named else ""
    return f"""
<div class="ec-scale"><span aria-hidden="true">−1</span><div class="ec-track" {meter}>{ticks}{marker}</div>
<span aria-hidden="true">+1</span>{names}</div>"""


def bar(say: Texts, name: str, probability: float | None) -> str:
    """Draw one probability; a dash where the model does not know it."""
    label = say(f"label.{name}")
    if probability is None:
        return (
            f'<li class="ec-bar-{name}"><span>{label}</span><i aria-hidden="true"></i>'
            f'<span title="{say("card.unknown")}">–</span></li>'
        )
    return (
        f'<li class="ec-bar-{name}"><span>{label}</span><i aria-hidden="true">'
        f'<b style="width:{probability:.1%}"></b></i><span>{share(probability)}</span></li>'
    )


def description(say: Texts, readings: Sequence[Reading]) -> str:
    """Say in words what is on the picture, for those who do not see it and above many cards."""
    if not readings:
        return say("describe.nothing")
    counts = Counter(reading.label for reading in readings)
    if readings[0].whole_photo:
        return say("describe.whole", verb=say(f"describe.{readings[0].label}_one"))
    parts = [
        f"{n} {say(f'describe.{label}_one' if n == 1 else f'describe.{label}_many')}"
        for label, n in ((label, counts[label]) for label in get_args(Label))
        if n
    ]
    return f"{say.count('gallery.faces', len(readings))}: {', '.join(parts)}"


def grade_name(say: Texts, grade: str) -> str:
    """Name a grade in the language of the page."""
    return say(f"grade.{grade.replace(' ', '_')}")


def place(degree: float) -> str:
    """Say where on the track a degree stands."""
    return f"{(degree + 1) / 2:.1%}"


def signed(degree: float) -> str:
    """Write a degree as people read it."""
    return fixed(degree, 2, signed=True)


def share(probability: float) -> str:
    """Write a probability in whole per cent, and never as certain."""
    if 0 < probability < 0.01:
        return "&lt;1 %"
    if 0.99 < probability < 1:
        return "&gt;99 %"
    return f"{percent(probability, 0)} %"
