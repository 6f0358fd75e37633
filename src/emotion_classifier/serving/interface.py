"""The web app's Gradio blocks: where things stand and what a new photo sets off.

Import this module only after `offline.go_offline()`: Gradio reads its environment when it is imported.
"""

from __future__ import annotations

import io
import logging
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

import gradio as gr

from emotion_classifier.errors import EmotionClassifierError
from emotion_classifier.explain.explanation import Explanation
from emotion_classifier.photo import read_photo
from emotion_classifier.reading import draw_readings
from emotion_classifier.serving import page
from emotion_classifier.serving.offline import take_upload

_SHOWN_SIDE = 1600
"""Longest side, in pixels, of the picture that is sent back to the page."""
_EXPLAINED = 4
"""Faces of a photo that are explained, the largest: each takes as long as several readings."""
_CHOOSE = """
element.addEventListener('click', event => {
  const button = event.target.closest('button');
  if (button) trigger('click', {index: Number(button.dataset.index)});
});
"""
_FONTS = ("ui-sans-serif", "system-ui", "sans-serif")
_logger = logging.getLogger(__name__)


class Classifier(Protocol):
    """What the app needs of an `EmotionClassifier`."""

    bundle: Any

    def explain(self, photo: Any, *, most: int | None = None) -> Explanation:
        """Read every face of one photo, and say where the readings of the largest come from."""


def theme() -> gr.themes.Base:
    """Gradio's plainest theme with system fonts and the colours of `page.css`."""
    return gr.themes.Base(font=_FONTS, font_mono=("ui-monospace", "monospace"), radius_size="lg").set(
        body_background_fill="#faf8f4",
        body_background_fill_dark="#15171c",
        body_text_color="#1d1f24",
        body_text_color_dark="#eceef2",
        block_background_fill="#ffffff",
        block_background_fill_dark="#1e2128",
        block_border_color="#e4dfd5",
        block_border_color_dark="#343944",
        button_secondary_background_fill="#1d1f24",
        button_secondary_background_fill_dark="#eceef2",
        button_secondary_background_fill_hover="#3a3d46",
        button_secondary_background_fill_hover_dark="#ffffff",
        button_secondary_text_color="#ffffff",
        button_secondary_text_color_dark="#15171c",
    )


def build_blocks(classifier: Classifier, *, reach: str = "local") -> gr.Blocks:
    """Lay out the page and connect it to a classifier.

    Parameters
    ----------
    classifier : EmotionClassifier
    reach : {"local", "network", "shared"}
        Who can open the page; the notice says so.

    Returns
    -------
    gradio.Blocks
        To be mounted by `app.build_app`, which adds what keeps it offline.
    """
    cuts = classifier.bundle.config.scale.grade_cuts
    samples = _examples()
    with gr.Blocks(
        title=page.TITLE, analytics_enabled=False, delete_cache=(30, 60), fill_width=True
    ) as blocks:
        gr.HTML(page.header(reach))
        with gr.Row(elem_id="ec-stage"):
            with gr.Column(elem_id="ec-left"):
                photo = gr.Image(
                    label="Photo",
                    show_label=False,
                    image_mode=None,
                    sources=["upload", "clipboard", "webcam"],
                    placeholder=page.PLACEHOLDER,
                    buttons=[],
                    height=380,
                    elem_id="ec-photo",
                )
                picture = gr.HTML(visible=False, elem_id="ec-shown")
                again = gr.Button("Read another photo", visible=False, elem_id="ec-again")
                chooser = gr.HTML(page.examples(samples), js_on_load=_CHOOSE, elem_id="ec-chooser")
            with gr.Column(elem_id="ec-right"):
                gr.HTML(page.switch(), elem_id="ec-choice")
                answer = gr.HTML(page.welcome(cuts), html_template='<div aria-live="polite">${value}</div>')
        photo.async_move_resource_to_block_cache = _only_uploads

        def shown(content: bytes, name: str) -> list[Any]:
            picture_html, answer_html = respond(classifier, content, name)
            return _after(picture_html, answer_html)

        def read_upload(upload: dict[str, Any] | None) -> list[Any]:
            if upload is None:
                return [gr.skip()] * 4
            try:
                content = take_upload(upload["path"])
            except OSError:
                return _after("", page.unreadable("The upload was interrupted. Choose the photo again."))
            return shown(content, upload.get("orig_name") or "")

        def read_example(event: gr.EventData) -> list[Any]:
            name, content = samples[event.index]
            return shown(content, name)

        def start_again() -> list[Any]:
            return _after("", page.welcome(cuts))

        outputs = [photo, picture, again, answer]
        quiet: Any = {"api_visibility": "private", "show_progress": "minimal", "show_progress_on": [answer]}
        # preprocess=False: the file as it came, not Gradio's copy of it. always_last: pasting sends an empty input
        # before the photo, and a photo that comes while that one is answered must not be dropped.
        photo.input(
            read_upload,
            photo,
            outputs,
            preprocess=False,
            concurrency_limit=2,
            trigger_mode="always_last",
            **quiet,
        )
        chooser.click(read_example, None, outputs, **quiet)
        again.click(start_again, None, outputs, **quiet)
    return blocks


def _after(picture_html: str, answer_html: str) -> list[Any]:
    """Show the picture in the place of the upload, or the upload where there is no picture."""
    read = bool(picture_html)
    return [
        gr.update(value=None, visible=not read),
        gr.update(value=picture_html, visible=read),
        gr.update(visible=read),
        answer_html,
    ]


def respond(classifier: Classifier, content: bytes, name: str) -> tuple[str, str]:
    """Read one photo and put the answer into HTML.

    Parameters
    ----------
    classifier : EmotionClassifier
    content : bytes
        The file as uploaded.
    name : str
        Its name as the user knows it.

    Returns
    -------
    tuple of str
        The picture with boxes ("" where there is none) and the cards or the calm answer.
    """
    try:
        upload = io.BytesIO(content)
        upload.name = name or "The photo"  # so that an error calls the file what the user calls it
        photo = read_photo(upload)
        explained = classifier.explain(photo, most=_EXPLAINED)
    except EmotionClassifierError as error:
        return "", page.unreadable(str(error))
    except Exception:
        # The page gets a calm sentence; the cause goes where the person who runs the app sees it.
        _logger.exception("A photo could not be answered")
        return "", page.unreadable("Something went wrong; the terminal that runs the app says what.")
    reading = explained.photo
    drawing, binary = (
        draw_readings(photo, answered.readings, longest_side=_SHOWN_SIDE)
        for answered in (reading, reading.as_binary())
    )
    cuts = classifier.bundle.config.scale.grade_cuts
    heat = explained.drawing(longest_side=_SHOWN_SIDE)
    sentences = [face.sentence for face in explained.faces]
    return (
        page.picture(drawing, binary, reading.readings, heat),
        page.answer(reading.readings, cuts, reading.note, sentences),
    )


def _examples() -> list[tuple[str, bytes]]:
    folder = Path(str(files("emotion_classifier.serving").joinpath("examples")))
    return [(path.stem.replace("_", " "), path.read_bytes()) for path in sorted(folder.glob("*.jpg"))]


async def _only_uploads(path: str) -> str:
    """Stand in for Gradio's own step, which would download a web address sent in place of an upload."""
    if "://" in path:
        raise gr.Error("Only uploaded photos are read.")
    return path
