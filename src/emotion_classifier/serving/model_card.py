"""Which model answers, and its card, as HTML."""

from __future__ import annotations

from html import escape
from typing import Any

from emotion_classifier.errors import CardError
from emotion_classifier.model.card import read_card, without_front_matter
from emotion_classifier.model.scale import is_fitted
from emotion_classifier.serving.texts import Texts


def summary(bundle: Any, say: Texts) -> str:
    """Say in a line which model answers, and whether its probabilities are calibrated."""
    data = escape(bundle.config.scale.fitted_on)
    calibrated = (
        say("model.calibrated", data=data) if is_fitted(bundle.config) else say("model.not_calibrated")
    )
    return f"{say('model.name', id=escape(bundle.id))} · {calibrated}"


def card(bundle: Any, say: Texts) -> str:
    """Turn the card of a bundle into HTML; HTML inside it stays text.

    Parameters
    ----------
    bundle : Bundle
    say : Texts
    """
    from markdown_it import MarkdownIt

    try:
        text = read_card(bundle)
    except (CardError, OSError):
        return f"<p>{say('model.no_card')}</p>"
    shown = MarkdownIt("commonmark", {"html": False}).enable("table")
    # No pictures: they would be fetched from elsewhere.
    shown.disable("image")
    return str(shown.render(without_front_matter(text)))
