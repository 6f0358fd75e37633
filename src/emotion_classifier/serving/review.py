"""The page on which a person decides about labels in doubt, by keyboard, on this computer only."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

from emotion_classifier.cleaning.decisions import VERDICTS, Verdict
from emotion_classifier.serving import review_page
from emotion_classifier.serving.keyed_page import Standing, build_page, step

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
    return build_page(
        review_page.TITLE,
        review_page.STYLE,
        review_page.SCRIPT,
        act=partial(answer, review),
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
