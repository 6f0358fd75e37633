"""The review page's Gradio blocks: one piece of HTML, and what a key or a click in it sets off.

Import this module only after `offline.go_offline()`: Gradio reads its environment when it is imported.
"""

from __future__ import annotations

from typing import Any, cast

import gradio as gr

from emotion_classifier.cleaning.decisions import VERDICTS, Verdict
from emotion_classifier.cleaning.review import Review
from emotion_classifier.errors import DatasetError
from emotion_classifier.serving import review_page


def build_blocks(review: Review) -> gr.Blocks:
    """Lay out the page; to be mounted by `review.build_app`, which adds what keeps it offline."""
    with gr.Blocks(title=review_page.TITLE, analytics_enabled=False, fill_width=True) as blocks:
        page = gr.HTML("", js_on_load=review_page.SCRIPT, elem_id="rv-page")
        quiet: Any = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": 1}

        def act(event: gr.EventData) -> str:
            return answer(review, event.action, event.place)

        def resume() -> str:
            return show(review, review.following(0))

        page.click(act, None, page, **quiet)
        blocks.load(resume, None, page, **quiet)
    return blocks


def answer(review: Review, action: Any, place: Any) -> str:
    """Do what a key or button asks for, and return the HTML that comes next.

    Parameters
    ----------
    review : Review
    action : str
        "accept", "reject", "drop", "undo", "previous" or "next".
    place : int
        The question on which it was pressed; a key pressed too early cannot fall on another.
    """
    if not isinstance(place, int) or not 0 <= place <= len(review):
        return show(review, review.following(0))
    said = ""
    try:
        if action in VERDICTS and place < len(review):
            review.decide(place, cast("Verdict", action))
            place = review.following(place + 1)
        elif action == "undo":
            back = review.undo()
            place, said = (place, "There is nothing to undo.") if back is None else (back, "Taken back.")
        elif action in ("previous", "next"):
            place = min(max(place + (1 if action == "next" else -1), 0), len(review))
    except DatasetError as error:
        said = str(error)
    return show(review, place, said=said)


def show(review: Review, place: int, *, said: str = "") -> str:
    """Return the HTML of one question, or of the end after the last."""
    standing = review_page.Standing(place, len(review), review.decided)
    if place >= len(review):
        return review_page.finished(standing, decisions=str(review.path), said=said)
    asked = review.questions[place]
    decision = review.decision(asked)
    verdict = decision.decision if decision else None
    return review_page.question(asked, review.source(asked), standing, verdict=verdict, said=said)
