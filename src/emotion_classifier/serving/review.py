"""The page on which a person decides about labels in doubt, by keyboard, on this computer only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emotion_classifier.serving import offline
from emotion_classifier.serving.app import free_socket, mount, run

if TYPE_CHECKING:
    from fastapi import FastAPI

    from emotion_classifier.cleaning.review import Review

_HOST = "127.0.0.1"


def build_app(review: Review) -> FastAPI:
    """Make the page, to be run by `launch` or by any ASGI server.

    Raises
    ------
    MissingExtraError
        If Gradio is not installed.
    """
    offline.go_offline()
    from emotion_classifier.serving import review_interface, review_page

    return mount(review_interface.build_blocks(review), title=review_page.TITLE, style=review_page.STYLE)


def launch(review: Review, *, port: int = 7860, open_browser: bool = True) -> None:
    """Serve the page to this computer until it is interrupted.

    Parameters
    ----------
    review : Review
    port : int
        Where this port is taken, the next free one is used.
    open_browser : bool

    Raises
    ------
    MissingExtraError
        If Gradio is not installed.
    OSError
        If no port is free.
    """
    app = build_app(review)
    run(app, free_socket(_HOST, port), open_browser=open_browser)
