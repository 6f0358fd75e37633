"""The web app's Gradio blocks: one page, whose script talks to the addresses of `gallery_routes`.

Import this module only after `offline.go_offline()`: Gradio reads its environment when it is imported.
"""

from __future__ import annotations

import gradio as gr

from emotion_classifier.photo import PhotoLimits
from emotion_classifier.serving import page
from emotion_classifier.serving.gallery import Classifier
from emotion_classifier.serving.texts import Texts

_FONTS = ("ui-sans-serif", "system-ui", "sans-serif")


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


def build_blocks(
    classifier: Classifier,
    say: Texts,
    examples: list[tuple[str, bytes]],
    *,
    reach: str,
    limits: PhotoLimits,
) -> gr.Blocks:
    """Lay out the page.

    Parameters
    ----------
    classifier : EmotionClassifier
    say : Texts
    examples : list of (name, content of the file)
    reach : {"local", "network", "shared"}
        Who can open the page; the notice says so.
    limits : PhotoLimits
        Of what is sent.

    Returns
    -------
    gradio.Blocks
        To be mounted by `app.build_app`, which adds what keeps it offline.
    """
    with gr.Blocks(title=say("page.title"), analytics_enabled=False, fill_width=True) as blocks:
        gr.HTML(
            page.body(say, classifier.bundle, examples, reach=reach, limits=limits),
            js_on_load=page.script(),
            elem_id="ec-page",
        )
    return blocks
