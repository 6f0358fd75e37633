"""The words and the HTML of the page on which photos are graded; no Gradio here, only strings."""

from __future__ import annotations

import shlex
from importlib.resources import files
from typing import TYPE_CHECKING

from emotion_classifier.data.labels import CANNOT_TELL, SCALE
from emotion_classifier.serving import page
from emotion_classifier.serving.keyed_page import (
    Standing,
    banner,
    moves,
    plain_text,
    progress,
    script,
)

if TYPE_CHECKING:
    from emotion_classifier.labelling.session import Labelling

TITLE = "Grade faces"
_CSS = (files(__package__).joinpath(name).read_text(encoding="utf-8") for name in ("review.css", "label.css"))
STYLE = page.STYLE + "".join(_CSS)
_ON_SCALE = {str(number): grade for number, grade in enumerate(SCALE, 1)}
_OFF_SCALE = {
    "m": ("mixed", "happy and sad at once"),
    "o": ("other", "surprise, anger, fear, …"),
    "c": (CANNOT_TELL, "no face, or not to be seen"),
}
SCRIPT = script({**_ON_SCALE, **{key: grade for key, (grade, _) in _OFF_SCALE.items()}})


def question(photo: str, name: str, standing: Standing, *, grade: str | None, said: str) -> str:
    """Show one photo and the grades it may get.

    Neither the model's reading nor the photo's folder is in view: both would tell a rater what to say.

    Parameters
    ----------
    photo : str
        HTML, see `keyed_page.photo`.
    name : str
        The photo's, shown on hovering only.
    standing : Standing
    grade : str or None
        The grade it already has.
    said : str
        A message above it; "" for none.
    """
    return f"""
{progress(standing, TITLE, done="graded")}{banner(said)}
<section class="rv-stage" data-place="{standing.place}">
  <figure class="rv-photo" title="{plain_text(name)}">{photo}</figure>
  <div class="rv-side" aria-live="polite">
    <h2>How does this face look?</h2>
    <p class="rv-why">The expression you see, not what the person may feel.</p>
    <div class="lb-scale"><i></i>{_scale(grade)}</div>
    <div class="rv-choices lb-rest">{_rest(grade)}</div>
    {moves(standing)}
  </div>
</section>"""


def finished(standing: Standing, labelling: Labelling, *, said: str) -> str:
    """Say what comes after the last photo."""
    still = standing.total - standing.decided
    title = f"{still} still without a grade" if still else "All graded"
    folder = shlex.quote(str(labelling.root))
    commands = (
        ("How far raters agree, with each other and with the model:", f"label {folder} --agreement"),
        ("Learn from the votes:", f"train {folder} --out MODEL"),
    )
    told = "".join(
        f'<p class="rv-why">{plain_text(why)}<br><code>emotion-classifier {plain_text(command)}</code></p>'
        for why, command in commands
    )
    return f"""
{progress(standing, TITLE, done="graded")}{banner(said)}
<section class="rv-stage rv-end" data-place="{standing.place}"><div class="rv-side">
  <h2>{title}</h2>
  <p class="rv-why">The votes of {plain_text(labelling.rater)} are in <code>{plain_text(str(labelling.path))}</code>.
  This page can be closed.</p>{told}
  {moves(standing)}
</div></section>"""


def _scale(grade: str | None) -> str:
    return "".join(_button(key, name, grade, "") for key, name in _ON_SCALE.items())


def _rest(grade: str | None) -> str:
    return "".join(_button(key.upper(), name, grade, note) for key, (name, note) in _OFF_SCALE.items())


def _button(key: str, name: str, grade: str | None, note: str) -> str:
    pressed = "true" if name == grade else "false"
    return (
        f'<button type="button" data-action="{name}" aria-pressed="{pressed}"><kbd>{key}</kbd>'
        f"<b>{name.capitalize()}</b>{f'<span>{note}</span>' if note else ''}</button>"
    )
