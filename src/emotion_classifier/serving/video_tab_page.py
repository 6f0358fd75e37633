"""The video tab of the web app, and what it shows of a video that was read; no Gradio here, only strings."""

from __future__ import annotations

from html import escape
from importlib.util import find_spec
from typing import TYPE_CHECKING

from emotion_classifier.errors import missing_extra
from emotion_classifier.report.html_page import picture_uri
from emotion_classifier.serving import cards
from emotion_classifier.serving.texts import Texts
from emotion_classifier.serving.video_tab import MAX_BYTES, MAX_SECONDS, Clip
from emotion_classifier.text import clock_time, fixed, whole_percent

if TYPE_CHECKING:
    from emotion_classifier.video.timeline import TrackCurve

# What the script says by itself.
SAID = (
    *("video.sending", "video.stopped", "video.broken", "video.large", "video.recorded", "video.recording"),
    "video.no_recorder",
)
LIMITS = {"maxVideoBytes": MAX_BYTES, "maxVideoSeconds": MAX_SECONDS}


def tabs(say: Texts) -> str:
    """Make the two tabs."""
    return f"""
<div class="ec-tabs" role="tablist" aria-label="{say("tabs.title")}">
  <button type="button" role="tab" id="ec-tab-photos" aria-controls="ec-photos" aria-selected="true"
    data-do="tab">{say("tabs.photos")}</button>
  <button type="button" role="tab" id="ec-tab-video" aria-controls="ec-video" aria-selected="false" tabindex="-1"
    data-do="tab">{say("tabs.video")}</button></div>"""


def panel(say: Texts) -> str:
    """Fill the tab before any video is given, or say what it needs."""
    # Only whether it is there: its import takes time that the first look at the page should not wait for.
    content = _give(say) if find_spec("av") else _missing()
    return f"""
<div class="ec-panel" role="tabpanel" id="ec-video" aria-labelledby="ec-tab-video" hidden>{content}</div>"""


def _missing() -> str:
    return f'<p class="ec-trouble">{escape(str(missing_extra("video", "av")))}</p>'


def _give(say: Texts) -> str:
    limits = say("video.hint", minutes=int(MAX_SECONDS // 60), size=MAX_BYTES // 10**6)
    return f"""
<section class="ec-give" aria-label="{say("video.title")}">
  <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M3 6h12v12H3zM15 10l6-3v10l-6-3"/></svg>
  <h2>{say("video.title")}</h2><p>{limits}</p>
  <div class="ec-row"><button type="button" class="ec-first" data-do="choose-video">{say("video.choose")}</button>
  <button type="button" data-do="record">{say("video.record")}</button></div>
  <input type="file" accept="video/*" data-part="video-file" hidden tabindex="-1"
    aria-label="{say("video.choose")}"></section>
<section class="ec-record" data-part="record" aria-label="{say("video.record")}" hidden>
  <video data-part="preview" autoplay playsinline muted></video>
  <div class="ec-row"><button type="button" class="ec-first" data-do="stop-recording">
    {say("video.stop_recording")}</button>
  <button type="button" data-do="discard">{say("video.discard")}</button>
  <span role="timer" data-part="recorded"></span></div></section>
<div class="ec-progress" data-part="video-progress" hidden><p role="status" data-part="video-said"></p>
  <progress data-part="video-bar" aria-label="{say("video.progress")}"></progress>
  <button type="button" data-do="stop-video">{say("video.cancel")}</button></div>
<p class="ec-trouble" role="alert" data-part="video-trouble" hidden></p>
<div class="ec-clip" data-part="clip" hidden></div>"""


def result(say: Texts, clip: Clip) -> str:
    """Show what came of a video: the faces drawn, counted and over time, and what can be saved."""
    from emotion_classifier.report.video_page import draw_courses

    found = clip.timeline
    curves = list(draw_courses(found, lambda curve: _described(say, curve)))
    notes = "".join(f"<p>{escape(note)}</p>" for note in clip.notes)
    length = clock_time(found.end - found.start + found.step, tenths=True)
    faces = say.count("video.faces", found.tracks)
    top = f"""
<h2 tabindex="-1" class="ec-title">{escape(clip.name)}</h2>
<p class="ec-summary">{say("video.found", faces=faces, length=length)}{_without(say, clip)}</p>
{f'<div class="ec-trouble">{notes}</div>' if notes else ""}"""
    if not curves:
        no_face = f'<section class="ec-card"><h3>{say("video.no_face")}</h3><p>{say("video.works_best")}</p></section>'
        return f"{top}{no_face}{_row(say, clip, drawn=False)}"
    left_out = found.tracks - len(curves)
    more = f'<p class="ec-phrase">{say.count("video.left_out", left_out)}</p>' if left_out else ""
    rows = "".join(_line_of_table(say, curve) for curve, _ in curves)
    heads = "".join(
        f'<th scope="col">{say(f"video.{name}")}</th>' for name in ("face", "seen", "labels", "mean")
    )
    courses = "".join(
        f'<div class="ec-card"><h4>{say("card.face", n=curve.track)} {_span(say, curve)}</h4>{course}</div>'
        for curve, course in curves
    )
    return f"""{top}
<video controls playsinline muted preload="metadata" aria-label="{say("video.boxes")}"
  src="video/{clip.token}/{clip.boxes.name}"></video>
{_row(say, clip, drawn=True)}
<section class="ec-card"><h3>{say("video.table")}</h3>
<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{more}</section>
<h3>{say("video.over_time")}</h3>
<p class="ec-phrase">{say("video.how")}</p>
<div class="ec-cards">{courses}</div>"""


def _row(say: Texts, clip: Clip, *, drawn: bool) -> str:
    names = {"save_boxes": clip.boxes, "save_table": clip.table, "save_page": clip.page}
    links = "".join(
        f'<a href="video/{clip.token}/{path.name}?save" download="{path.name}">↓ {say(f"video.{name}")}</a>'
        for name, path in names.items()
        if drawn or name == "save_table"
    )
    clear = f'<button type="button" data-do="clear-video">{say("gallery.clear")}</button>'
    return f'<div class="ec-row">{links}{clear}</div>'


def _without(say: Texts, clip: Clip) -> str:
    n = clip.timeline.without
    return f", {say.count('video.without', n)}" if n and clip.timeline.tracks else ""


def _line_of_table(say: Texts, curve: TrackCurve) -> str:
    whole = sum(curve.seconds.values()) or 1.0
    shares = "".join(
        f'<li class="ec-dot-{label}">{say(f"label.{label}")} {whole_percent(share)}</li>'
        for label, share in sorted(curve.shares.items(), key=lambda each: -each[1])
    )
    return f"""
<tr><th scope="row"><img src="{picture_uri(curve.portrait)}" width="48" height="48" alt=""> {curve.track}</th>
<td>{say("video.seconds", n=fixed(whole, 1))}</td><td><ul>{shares}</ul></td>
<td>{cards.signed(curve.degree)}</td></tr>"""


def _span(say: Texts, curve: TrackCurve) -> str:
    start, end = (clock_time(time, tenths=True) for time in (curve.first, curve.last))
    return f"<small>{say('video.span', start=start, end=end)}</small>"


def _described(say: Texts, curve: TrackCurve) -> str:
    return say(
        "video.described",
        n=curve.track,
        start=clock_time(curve.first, tenths=True),
        end=clock_time(curve.last, tenths=True),
        mean=cards.signed(curve.degree),
    )
