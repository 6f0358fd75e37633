"""Parts of the pages on which one photo after another is answered by keyboard; no Gradio here."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Protocol

from PIL import Image

from emotion_classifier.errors import DatasetError, PhotoError
from emotion_classifier.serving import offline, page
from emotion_classifier.serving.app import free_socket, mount

if TYPE_CHECKING:
    from fastapi import FastAPI

_SHOWN_SIDE = 1400
_MOVES = {"u": "undo", "arrowleft": "previous", "arrowright": "next"}

# Runs once, when the page is loaded; the HTML inside is replaced with every answer, and says which question it shows.
_SCRIPT = """
const KEYS = __KEYS__;
const press = action => {
  const button = element.querySelector(`button[data-action="${action}"]`);
  const place = element.querySelector('[data-place]');
  if (button && place && !button.disabled) trigger('click', {action, place: Number(place.dataset.place)});
};
element.addEventListener('click', event => {
  const button = event.target.closest('button[data-action]');
  if (button) press(button.dataset.action);
});
document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest('input, textarea, select, [contenteditable]')) return;
  // On a keyboard without Latin letters, the key in the place of the letter; digits by their place on any.
  const latin = event.key.length > 1 || event.key.charCodeAt(0) < 128;
  const digit = event.code.match(/^(?:Digit|Numpad)([0-9])$/);
  const named = digit ? digit[1] : latin ? event.key : event.code.replace('Key', '');
  const action = KEYS[named.toLowerCase()];
  if (!action) return;
  event.preventDefault();
  press(action);
});
"""


def script(keys: Mapping[str, str]) -> str:
    """Make the script that answers with these keys; U undoes, and arrows go back or skip."""
    return _SCRIPT.replace("__KEYS__", json.dumps({**keys, **_MOVES}))


class Questions(Protocol):
    """What is asked one after another: a review, or a rater's session."""

    def __len__(self) -> int:
        """How many there are."""

    def following(self, place: int) -> int:
        """Find the next open one."""

    def undo(self) -> int | None:
        """Take the last answer back."""


def step(
    asked: Questions, action: Any, place: Any, *, answers: Container[str], give: Callable[[int], None]
) -> tuple[int, str]:
    """Do what a key or button asks for.

    Parameters
    ----------
    asked : Questions
    action : str
        One of `answers`, "undo", "previous" or "next"; anything else does nothing.
    place : int
        The question on which it was pressed; a key pressed too early cannot fall on another.
    answers : container of str
    give : callable
        Answers the question at a place.

    Returns
    -------
    (place, message)
        What to show next.
    """
    if not isinstance(place, int) or not 0 <= place <= len(asked):
        return asked.following(0), ""
    said = ""
    try:
        if action in answers and place < len(asked):
            give(place)
            place = asked.following(place + 1)
        elif action == "undo":
            back = asked.undo()
            place, said = (place, "There is nothing to undo.") if back is None else (back, "Taken back.")
        elif action in ("previous", "next"):
            place = min(max(place + (1 if action == "next" else -1), 0), len(asked))
    except DatasetError as error:
        said = str(error)
    return place, said


@dataclass(frozen=True)
class Standing:
    """Which question this is (from 0), how many there are, and how many are answered."""

    place: int
    total: int
    decided: int


def progress(standing: Standing, title: str, *, done: str = "decided") -> str:
    """Say which question this is, and how many are answered."""
    total, decided = standing.total, standing.decided
    where = f"Photo {standing.place + 1} of {total}" if standing.place < total else f"{total} photos"
    return f"""
<header class="rv-head">{page.MARK}<h1>{title}</h1>
  <p><b>{where}</b><span>{decided} {done}</span></p>
  <div class="rv-bar" role="progressbar" aria-label="{done.capitalize()}" aria-valuemin="0" aria-valuemax="{total}"
    aria-valuenow="{decided}"><i style="width:{decided / total:.1%}"></i></div></header>"""


def banner(said: str) -> str:
    """Show a message, if there is one."""
    return f'<p class="rv-said" role="status">{plain_text(said)}</p>' if said else ""


def photo(read: Callable[[], Image.Image]) -> str:
    """Show a photo, smaller where it is large, or say why it cannot be read.

    Parameters
    ----------
    read : callable
        Reads the photo; may raise `PhotoError`.
    """
    try:
        image = read()
    except PhotoError as error:
        return f'<p class="rv-broken">{plain_text(str(error))}</p>'
    image.thumbnail((_SHOWN_SIDE, _SHOWN_SIDE))
    return f'<img alt="The photo in question" src="{page.data_uri(image, 90)}">'


def moves(standing: Standing) -> str:
    """Make the buttons that go back, skip and undo."""
    moves = (
        ("previous", "←", "Back", standing.place > 0),
        ("next", "→", "Skip", standing.place < standing.total),
        ("undo", "U", "Undo", True),
    )
    return '<div class="rv-moves">{}</div>'.format(
        "".join(
            f'<button type="button" data-action="{action}"{"" if possible else " disabled"}>'
            f"<kbd>{key}</kbd>{name}</button>"
            for action, key, name, possible in moves
        )
    )


def plain_text(words: str) -> str:
    """Make words safe to stand in HTML, also those of a file name that is not Unicode."""
    return escape(words.encode("utf-8", "backslashreplace").decode())


def build_page(
    title: str, style: str, script: str, *, act: Callable[[Any, Any], str], resume: Callable[[], str]
) -> FastAPI:
    """Make the app of such a page, to be run by `app.run` or by any ASGI server.

    Parameters
    ----------
    title : str
    style : str
        CSS of the page.
    script : str
        See `script`.
    act : callable
        From (action, place), as the script sends them, to the HTML that comes next.
    resume : callable
        Returns the HTML to begin with.

    Raises
    ------
    MissingExtraError
        If Gradio is not installed.
    """
    offline.go_offline()
    from emotion_classifier.serving.keyed_interface import keyed_blocks

    return mount(keyed_blocks(title, script, act=act, resume=resume), title=title, style=style)


def page_socket(port: int | None = None) -> socket.socket:
    """Make sure that such a page can be served, before the photos are read that it asks about.

    Parameters
    ----------
    port : int or None
        None: 7860, or the next free one.

    Returns
    -------
    socket.socket
        Listens, to this computer only; for `app.run`.

    Raises
    ------
    MissingExtraError
        If Gradio is not installed.
    OSError
        If the port is taken, or none is free.
    """
    offline.go_offline()
    return free_socket("127.0.0.1", port)
