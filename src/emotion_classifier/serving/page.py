"""The words and the HTML of the web app; no Gradio here, only strings."""

from __future__ import annotations

import base64
import io
from collections import Counter
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from itertools import pairwise

from PIL import Image

from emotion_classifier.model.scale import CANONICAL, GRADES, Label
from emotion_classifier.reading import Reading
from emotion_classifier.text import fixed, percent

TITLE = "Emotion Classifier"
PLACEHOLDER = "# Drop a photo here\n or click to choose one"
STYLE = files(__package__).joinpath("page.css").read_text(encoding="utf-8")

MARK = (
    '<svg class="ec-mark" viewBox="0 0 48 48" aria-hidden="true"><circle cx="24" cy="24" r="22"/>'
    '<path class="ec-down" d="M13 32c3-5 8-5 11-1.500"/><path class="ec-up" d="M24 30.500c3 4 8 3.500 11-2"/>'
    '<circle class="ec-eye" cx="17" cy="19" r="2.400"/>'
    '<circle class="ec-eye" cx="31" cy="19" r="2.400"/></svg>'
)
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48">'
    '<circle cx="24" cy="24" r="23" fill="#1d1f24"/>'
    '<g fill="none" stroke-width="5" stroke-linecap="round"><path stroke="#6b9dff" d="M12 33c3-6 9-6 12-1"/>'
    '<path stroke="#ffb83d" d="M24 32c3 5 9 4 12-3"/></g>'
    '<g fill="#fff"><circle cx="16" cy="18" r="3.500"/><circle cx="32" cy="18" r="3.500"/></g></svg>'
)
HEAD = f'<link rel="icon" href="data:image/svg+xml;base64,{base64.b64encode(_ICON.encode()).decode()}">'
_VERBS: dict[Label, tuple[str, str]] = {
    "happy": ("looks happy", "look happy"),
    "neutral": ("looks neutral", "look neutral"),
    "sad": ("looks sad", "look sad"),
    "other": ("shows another expression", "show another expression"),
    "uncertain": ("is uncertain", "are uncertain"),
}
_WHOLE_PHOTO = "This model reads the whole photo; it does not look for faces."
# Which of two answers an element belongs to; the switch hides one of them.
_AS_LABEL, _AS_LEANING = "ec-as-label", "ec-as-leaning"
_EXPLAINED = "ec-explained"
_PLACES = {
    "local": "<b>Stays on this computer.</b> No photo is stored or sent anywhere.",
    "network": "<b>Read on the computer that runs this page.</b> No photo is stored or sent on.",
    "shared": "<b>Shared link.</b> Photos pass through gradio.live to the computer that runs this page; "
    "it stores none.",
}


def header(reach: str) -> str:
    """Name of the app and the notice that is always in view.

    Parameters
    ----------
    reach : {"local", "network", "shared"}
        Who can open the page: this computer, the network it is in, or anybody with the link.
    """
    return f"""
<header class="ec-header">{MARK}
  <div><h1>{TITLE}</h1><p>How does a face in a photo look: happy, sad, or somewhere between?</p></div>
</header>
<ul class="ec-notice" aria-label="Please note">
  <li><b>An expression, not a feeling.</b> A face can smile without being happy.</li>
  <li><b>Not for judging people</b> at work, in school or in hiring.</li>
  <li>{_PLACES[reach]}</li>
</ul>"""


def welcome(cuts: Sequence[float]) -> str:
    """Fill the place of the answer until there is one."""
    return f"""
<section class="ec-card ec-welcome"><h2>What you will see</h2>
  <p>Every face found gets a place between sad and happy.</p>
  {_scale(None, "", cuts)}
  <p>Below it stand the probabilities behind that place. Where a face cannot be read well, the answer is
  <b>uncertain</b>, with the reason.</p></section>"""


def examples(photos: Sequence[tuple[str, bytes]]) -> str:
    """Buttons with small pictures; a click carries the position of the photo.

    Parameters
    ----------
    photos : sequence of (name, content of the file)
    """
    buttons = "".join(
        f'<button type="button" data-index="{index}" aria-label="Example: {escape(name)}">'
        f'<img alt="" src="{_thumbnail(content)}"></button>'
        for index, (name, content) in enumerate(photos)
    )
    return f'<div class="ec-examples"><span>Or try one of these</span>{buttons}</div>' if photos else ""


def switch() -> str:
    """Let people choose the forced choice and the explanation; the page holds all answers and shows those chosen."""
    return """
<label class="ec-switch"><input type="checkbox" id="ec-binary"> Only happy or sad
<small>every face is called the one it is nearer to</small></label>
<label class="ec-switch"><input type="checkbox" id="ec-explain"> Show where it comes from
<small>the parts of the face that speak for the answer</small></label>"""


def picture(
    image: Image.Image, binary: Image.Image, readings: Sequence[Reading], explained: Image.Image
) -> str:
    """Show the photo with its boxes, with those of the forced choice, and explained; it is never a file."""
    return "".join(
        f'<img class="ec-picture {shown}" alt="{escape(_description(seen))}" src="{data_uri(drawn, 88)}">'
        for shown, drawn, seen in (
            (_AS_LABEL, image, readings),
            (_AS_LEANING, binary, [reading.as_binary() for reading in readings]),
            (_EXPLAINED, explained, readings),
        )
    )


def answer(
    readings: Sequence[Reading],
    cuts: Sequence[float],
    note: str | None = None,
    sentences: Sequence[str] = (),
) -> str:
    """Make a card for every face, largest first; with several faces, a summary before them; the note at the end.

    `sentences` say of each face where its reading comes from; none: nobody looked.
    """
    remark = f'<p class="ec-phrase">{escape(note[0].upper() + note[1:])}.</p>' if note else ""
    if not readings:
        return no_face() + remark
    several = len(readings) > 1
    cards = "".join(
        _card(reading, number if several else None, cuts, *sentences[number - 1 : number])
        for number, reading in enumerate(readings, 1)
    )
    summary = "".join(
        f'<p class="ec-summary {shown}">{escape(_description(seen))}</p>'
        for shown, seen in (
            (_AS_LABEL, readings),
            (_AS_LEANING, [reading.as_binary() for reading in readings]),
        )
        if several
    )
    return f'{summary}<div class="ec-cards{" ec-several" if several else ""}">{cards}</div>{remark}'


def no_face() -> str:
    """Say that there is no face, and what helps."""
    return """
<section class="ec-card ec-calm"><h2>No face found</h2>
  <p>That can happen. A photo works best when the face</p>
  <ul><li>is close: at least a tenth of the height of the photo,</li><li>looks roughly at the camera,</li>
  <li>is lit from the front and not covered.</li></ul></section>"""


def unreadable(reason: str) -> str:
    """Say why a file is no usable photo.

    Parameters
    ----------
    reason : str
        The message of the error, which names the file.
    """
    return f"""
<section class="ec-card ec-calm"><h2>This could not be read</h2><p>{escape(reason)}</p></section>"""


def _card(reading: Reading, number: int | None, cuts: Sequence[float], sentence: str = "") -> str:
    face = f'<span class="ec-number" aria-label="Face {number}">{number}</span>' if number else ""
    mixed = '<p class="ec-phrase">Mixed: it shows both happy and sad.</p>' if reading.grade == "mixed" else ""
    bars = "".join(_bar(name, reading.probabilities[name]) for name in CANONICAL)
    whole = f'<p class="ec-phrase">{_WHOLE_PHOTO}</p>' if reading.whole_photo else ""
    where = f'<p class="{_EXPLAINED}">{escape(sentence)}</p>' if sentence else ""
    return f"""
<article class="ec-card ec-{reading.label}">
  <h2>{face}<span class="{_AS_LABEL}">{escape(_title(reading))}</span>
  <span class="{_AS_LEANING}">{_title(reading.as_binary())}</span>
  <span class="ec-degree">{_signed(reading.degree)}</span></h2>
  {where}{_scale(reading.degree, reading.grade, cuts)}{mixed}
  <ul class="ec-bars" aria-label="Probabilities">{bars}</ul>{_why(reading)}
  <p class="ec-phrase">If it had to be happy or sad: <b>{reading.leaning}</b> ({_percent(reading.p_leaning)}).</p>
  {whole}
</article>"""


def _why(reading: Reading) -> str:
    """Say why a face is called so although more raters would call it neutral."""
    said, neutral = (reading.probabilities.get(name) for name in (reading.label, "neutral"))
    if reading.label not in ("happy", "sad") or said is None or neutral is None or said >= neutral:
        return ""
    return (
        f'<p class="ec-phrase {_AS_LABEL}">More people would say neutral, but few neutral faces look as '
        f"{reading.label} as this one.</p>"
    )


def _title(reading: Reading) -> str:
    if reading.label == "uncertain":
        return f"Uncertain: {reading.reason}" if reading.reason else "Uncertain"
    return "Another expression" if reading.label == "other" else f"Looks {reading.label}"


def _scale(degree: float | None, grade: str, cuts: Sequence[float]) -> str:
    """Draw −1…+1 with the grades below, each in its own zone between the cut points."""
    edges = [-1.0, *cuts, 1.0]
    ticks = "".join(f'<i style="left:{_place(cut)}"></i>' for cut in cuts)
    zones = "".join(
        f'<li style="flex:{high - low:.3f}"{" class=ec-now" if name == grade else ""}>{name}</li>'
        for name, (low, high) in zip(GRADES, pairwise(edges), strict=True)
    )
    if degree is None:
        meter = 'role="img" aria-label="A scale from −1, sad, to +1, happy"'
        marker = ""
    else:
        now = fixed(degree, 2, minus="-")
        meter = (
            'role="meter" aria-label="From sad to happy" aria-valuemin="-1" aria-valuemax="1" '
            f'aria-valuenow="{now}" aria-valuetext="{_signed(degree)}, {grade}"'
        )
        marker = f'<b style="left:{_place(degree)}"></b>'
    return f"""
<div class="ec-scale"><span aria-hidden="true">−1</span><div class="ec-track" {meter}>{ticks}{marker}</div>
<span aria-hidden="true">+1</span><ol aria-hidden="true">{zones}</ol></div>"""


def _bar(name: str, probability: float | None) -> str:
    if probability is None:
        return (
            f'<li class="ec-bar-{name}"><span>{name}</span><i aria-hidden="true"></i>'
            f'<span title="This model does not know it">–</span></li>'
        )
    return (
        f'<li class="ec-bar-{name}"><span>{name}</span><i aria-hidden="true">'
        f'<b style="width:{probability:.1%}"></b></i><span>{_percent(probability)}</span></li>'
    )


def _description(readings: Sequence[Reading]) -> str:
    """Say in words what is on the picture, for those who do not see it and above many cards."""
    if not readings:
        return "The photo; no face was found in it"
    counts = Counter(reading.label for reading in readings)
    parts = [
        f"{counts[label]} {several if counts[label] > 1 else one}"
        for label, (one, several) in _VERBS.items()
        if counts[label]
    ]
    if readings[0].whole_photo:
        return f"The whole photo {_VERBS[readings[0].label][0]}"
    return f"{len(readings)} face{'s' if len(readings) > 1 else ''}: {', '.join(parts)}"


def _place(degree: float) -> str:
    return f"{(degree + 1) / 2:.1%}"


def _signed(degree: float) -> str:
    return fixed(degree, 2, signed=True)


def _percent(probability: float) -> str:
    if 0 < probability < 0.01:
        return "&lt;1 %"
    if 0.99 < probability < 1:
        return "&gt;99 %"
    return f"{percent(probability, 0)} %"


def _thumbnail(content: bytes) -> str:
    with Image.open(io.BytesIO(content)) as image:
        image.draft("RGB", (192, 192))
        small = image.convert("RGB")
    small.thumbnail((192, 192))
    return data_uri(small, 80)


def data_uri(image: Image.Image, quality: int) -> str:
    """Put a picture into the page itself, as JPEG of a quality from 1 to 95."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"
