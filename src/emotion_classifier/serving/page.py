"""The page of the web app before any photo is given; no Gradio here, only strings."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from typing import Any

from PIL import Image

from emotion_classifier.photo import PhotoLimits
from emotion_classifier.photo.preview import preview
from emotion_classifier.report.html_page import asset
from emotion_classifier.serving import cards, gallery, model_card, video_tab_page
from emotion_classifier.serving.pages_open import KEPT_HOURS
from emotion_classifier.serving.texts import Texts

_HERE = files(__package__)
STYLE = (
    _HERE.joinpath("page.css").read_text(encoding="utf-8")
    + _HERE.joinpath("video_tab.css").read_text(encoding="utf-8")
    + asset("video_course.css")
)
SCRIPTS = ("gallery.js", "camera.js", "video_tab.js")
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
_EXAMPLE_SIDE = 192  # pixels
_ORDERS = ("happiest", "saddest", "by_name", "as_given")
_HELP = ("files", "videos", "answer", "gallery", "keys", "kept")
# What the script says by itself.
_SAID = (
    *(
        "give.nothing_pasted",
        "give.pasted",
        "give.taken",
        "left_out.gone",
        "left_out.large",
        "left_out.large_zip",
        "progress.uploading",
        "progress.reading",
    ),
    *("progress.stopped", "progress.offline", "gallery.left_out_one", "gallery.left_out_many"),
    *("gallery.photos_one", "gallery.photos_many", "gallery.faces_one", "gallery.faces_many"),
    "where.looking",
    *("camera.waiting", "camera.refused", "camera.none", "camera.no_face"),
)


def script() -> str:
    """Return what runs when the page is loaded; `element` is the place of `body`."""
    return "\n".join(_HERE.joinpath(name).read_text(encoding="utf-8") for name in SCRIPTS)


def body(
    say: Texts,
    bundle: Any,
    photos: Sequence[tuple[str, bytes]],
    *,
    reach: str,
    limits: PhotoLimits,
) -> str:
    """Make the page.

    Parameters
    ----------
    say : Texts
    bundle : Bundle
        The model that answers.
    photos : sequence of (name, content of the file)
        Examples.
    reach : {"local", "network", "shared"}
        Who can open the page: this computer, the network it is in, or anybody with the link.
    limits : PhotoLimits
        Of what is sent.
    """
    cuts = bundle.config.scale.grade_cuts
    most = {"maxBytes": limits.max_bytes, "maxZipBytes": gallery.MAX_ZIP_BYTES}
    said = {key: say.texts[key] for key in (*_SAID, *video_tab_page.SAID)} | most | video_tab_page.LIMITS
    return f"""
<div class="ec-app" data-view="start" lang="{say.language}" data-texts="{escape(json.dumps(said))}">
{header(say, reach)}
{video_tab_page.tabs(say)}
<div class="ec-panel" role="tabpanel" id="ec-photos" aria-labelledby="ec-tab-photos">
<div class="ec-start">{_give(say)}{welcome(say, cuts)}</div>
{_examples(say, photos)}
{_switch(say)}
<div class="ec-progress" hidden><p role="status" data-part="said"></p><progress data-part="bar"></progress>
  <button type="button" data-do="stop">{say("progress.stop")}</button></div>
<p class="ec-trouble" role="alert" data-part="trouble" hidden></p>
<details class="ec-left-out" data-part="left-out" hidden><summary></summary><ul tabindex="0"></ul></details>
{_gallery(say)}
<section class="ec-detail" aria-label="{say("gallery.picture")}"><div class="ec-row">
  <button type="button" data-do="back" data-many>← {say("gallery.back")}</button>
  <button type="button" data-do="previous" data-many aria-label="{say("gallery.previous")}">‹</button>
  <button type="button" data-do="next" data-many aria-label="{say("gallery.next")}">›</button>
  <button type="button" data-do="save-picture">↓ {say("gallery.picture")}</button>
  <button type="button" data-do="save-table">↓ {say("gallery.csv")}</button>
  <button type="button" data-do="clear">{say("gallery.clear")}</button></div>
  <div data-part="detail"></div></section>
{_camera(say, cuts)}
</div>
{video_tab_page.panel(say)}
{_foot(say, bundle)}
</div>"""


def header(say: Texts, reach: str) -> str:
    """Name of the app and the notice that is always in view."""
    notes = "".join(f"<li>{say(f'page.{name}')}</li>" for name in ("expression", "judging", reach))
    return f"""
<header class="ec-header">{MARK}
  <div><h1>{say("page.title")}</h1><p>{say("page.tagline")}</p></div>
</header>
<ul class="ec-notice" aria-label="{say("page.note")}">{notes}</ul>"""


def welcome(say: Texts, cuts: Sequence[float]) -> str:
    """Fill the place of the answer until there is one."""
    return f"""
<section class="ec-card ec-welcome"><h2>{say("welcome.title")}</h2>
  <p>{say("welcome.first")}</p>
  {cards.scale(say, None, "", cuts)}
  <p>{say("welcome.second")}</p></section>"""


def _give(say: Texts) -> str:
    return f"""
<section class="ec-give" aria-label="{say("give.title")}">
  <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 16V4m-5 5 5-5 5 5M4 16v4h16v-4"/></svg>
  <h2>{say("give.title")}</h2><p>{say("give.hint")}</p>
  <div class="ec-row"><button type="button" class="ec-first" data-do="choose-photos">{say("give.photos")}</button>
  <button type="button" data-do="choose-folder">{say("give.folder")}</button>
  <button type="button" data-do="open-camera">{say("give.camera")}</button>
  <button type="button" data-do="paste">{say("give.paste")}</button></div>
  <input type="file" data-part="photos" multiple hidden tabindex="-1" aria-label="{say("give.photos")}">
  <input type="file" data-part="folder" webkitdirectory hidden tabindex="-1" aria-label="{say("give.folder")}">
</section>"""


def _examples(say: Texts, photos: Sequence[tuple[str, bytes]]) -> str:
    """Make buttons with small pictures; a click carries the position of the photo."""
    buttons = "".join(
        f'<button type="button" data-do="example" data-index="{index}" '
        f'aria-label="{escape(say("give.example", name=name))}">'
        f'<img alt="" src="{data_uri(preview(content, _EXAMPLE_SIDE)[0], 80)}"></button>'
        for index, (name, content) in enumerate(photos)
    )
    return f'<div class="ec-examples"><span>{say("give.examples")}</span>{buttons}</div>' if photos else ""


def _switch(say: Texts) -> str:
    """Let people choose the forced choice; all is there in both forms, and the page shows one of them."""
    return f"""
<label class="ec-switch"><input type="checkbox" id="ec-binary"> {say("give.binary")}
<small>{say("give.binary_hint")}</small></label>"""


def _gallery(say: Texts) -> str:
    orders = "".join(f'<option value="{order}">{say(f"gallery.{order}")}</option>' for order in _ORDERS)
    return f"""
<section class="ec-gallery" aria-label="{say("gallery.title")}"><h2 tabindex="-1" data-part="count"></h2>
  <div class="ec-row">
  <label>{say("gallery.sort")} <select data-part="order">{orders}</select></label>
  <button type="button" data-do="save-table">↓ {say("gallery.csv")}</button>
  <button type="button" data-do="save-pictures">↓ {say("gallery.pictures")}</button>
  <button type="button" data-do="clear">{say("gallery.clear")}</button></div>
  <ul class="ec-tiles" data-part="tiles"></ul></section>"""


def _camera(say: Texts, cuts: Sequence[float]) -> str:
    return f"""
<section class="ec-camera" aria-label="{say("camera.title")}"><div class="ec-pair"><div class="ec-left">
  <video data-part="video" autoplay playsinline muted></video></div>
  <div class="ec-right"><article class="ec-card"><h2><span data-part="camera-title">{say("camera.waiting")}</span>
  <span class="ec-degree" data-part="camera-degree"></span></h2>{cards.scale(say, 0.0, "neutral", cuts)}
  <p class="ec-phrase">{say("camera.steady")}</p></article>
  <div class="ec-row"><button type="button" class="ec-first" data-do="take">{say("camera.take")}</button>
  <button type="button" data-do="close-camera">{say("camera.close")}</button></div></div></div></section>"""


def _foot(say: Texts, bundle: Any) -> str:
    answers = {"side": gallery.SHOWN_SIDE, "hours": KEPT_HOURS}
    topics = "".join(
        f"<dt>{say(f'help.{topic}_title')}</dt><dd>{say(f'help.{topic}', **answers)}</dd>" for topic in _HELP
    )
    return f"""
<div class="ec-foot"><p>{model_card.summary(bundle, say)}</p>
<details data-part="card"><summary>{say("model.card")}</summary><div class="ec-prose" tabindex="0"></div></details>
<details><summary>{say("help.title")}</summary><dl class="ec-prose" tabindex="0">{topics}</dl></details></div>"""


def data_uri(image: Image.Image, quality: int) -> str:
    """Put a picture into the page itself, as JPEG of a quality from 1 to 95."""
    return f"data:image/jpeg;base64,{base64.b64encode(gallery.jpeg(image, quality)).decode()}"
