"""The page on which a rater grades photos by keyboard, on this computer only."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from emotion_classifier.data.votes import VOTE_GRADES
from emotion_classifier.serving import label_page
from emotion_classifier.serving.keyed_page import Standing, build_page, photo, step

if TYPE_CHECKING:
    from fastapi import FastAPI

    from emotion_classifier.labelling.session import Labelling


def build_app(labelling: Labelling) -> FastAPI:
    """Make the page, to be run by `app.run` or by any ASGI server.

    Raises
    ------
    MissingExtraError
        If Gradio is not installed.
    """
    return build_page(
        label_page.TITLE,
        label_page.STYLE,
        label_page.SCRIPT,
        act=partial(answer, labelling),
        resume=lambda: show(labelling, labelling.following(0)),
    )


def answer(labelling: Labelling, action: Any, place: Any) -> str:
    """Do what a key or button asks for, and return the HTML that comes next.

    Parameters
    ----------
    labelling : Labelling
    action : str
        A grade, "undo", "previous" or "next".
    place : int
        The photo on which it was pressed.
    """
    where, said = step(
        labelling, action, place, answers=VOTE_GRADES, give=lambda spot: labelling.give(spot, action)
    )
    return show(labelling, where, said=said)


def show(labelling: Labelling, place: int, *, said: str = "") -> str:
    """Return the HTML of one photo, or of the end after the last."""
    standing = Standing(place, len(labelling), labelling.graded)
    if place >= len(labelling):
        return label_page.finished(standing, labelling, said=said)
    picture = photo(lambda: labelling.picture(place))
    name = labelling.photos[place].name
    return label_page.question(picture, name, standing, grade=labelling.grade(place), said=said)
