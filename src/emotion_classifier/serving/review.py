"""The page on which a person decides about labels in doubt, by keyboard, on this computer only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emotion_classifier.serving import offline
from emotion_classifier.serving.app import mount

if TYPE_CHECKING:
    from fastapi import FastAPI

    from emotion_classifier.cleaning.review import Review


def build_app(review: Review) -> FastAPI:
    """Make the page, to be run by `app.run` or by any ASGI server.

    Raises
    ------
    MissingExtraError
        If Gradio is not installed.
    """
    offline.go_offline()
    from emotion_classifier.serving import review_interface, review_page

    return mount(review_interface.build_blocks(review), title=review_page.TITLE, style=review_page.STYLE)
