"""The review page's Gradio blocks, and what a key or a click sets off.

Import this module only after `offline.go_offline()`: Gradio reads its environment when it is imported.
"""

from __future__ import annotations

from typing import Any, cast

import gradio as gr

from emotion_classifier.cleaning.decisions import VERDICTS, Verdict
from emotion_classifier.cleaning.review import Review
from emotion_classifier.serving import review_page
from emotion_classifier.serving.keyed_interface import keyed_blocks
from emotion_classifier.serving.keyed_page import Standing, step


def build_blocks(review: Review) -> gr.Blocks:
    """Lay out the page; to be mounted by `review.build_app`, which adds what keeps it offline."""
    return keyed_blocks(
        review_page.TITLE,
        review_page.SCRIPT,
        act=lambda action, place: answer(review, action, place),
        resume=lambda: show(review, review.following(0)),
    )


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
    where, said = step(
        review,
        action,
        place,
        answers=VERDICTS,
        give=lambda spot: review.decide(spot, cast("Verdict", action)),
    )
    return show(review, where, said=said)


def show(review: Review, place: int, *, said: str = "") -> str:
    """Return the HTML of one question, or of the end after the last."""
    standing = Standing(place, len(review), review.decided)
    if place >= len(review):
        return review_page.finished(standing, decisions=str(review.path), said=said)
    asked = review.questions[place]
    decision = review.decision(asked)
    verdict = decision.decision if decision else None
    return review_page.question(asked, review.source(asked), standing, verdict=verdict, said=said)
