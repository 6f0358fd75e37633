"""What hiding the parts of a face shows, in one sentence."""

from __future__ import annotations

from collections.abc import Mapping

from emotion_classifier.explain.occlusion import Hidden
from emotion_classifier.model.scale import Label

# A part counts from this loss of log odds on. Blurring as much of what is no part of a face costs less in 39 of 40
# tries (FairFace, train: 72 faces, two places each).
COUNTS = 0.45
_MOST = 0.5  # share of all that is lost from which on it is mostly one part
_BOTH = 0.7  # and from which on it is two
_PLURAL = frozenset({"brows", "eyes", "cheeks"})
_CALLED: dict[Label, str] = {
    "happy": "happy",
    "neutral": "neutral",
    "sad": "sad",
    "other": "another expression",
    "uncertain": "uncertain",
}


def sentence(label: Label, parts: Mapping[str, Hidden]) -> str:
    """Say which parts a label comes from, as far as hiding them supports it.

    Examples
    --------
    >>> sentence("happy", {"mouth": Hidden(2.0, "neutral"), "eyes": Hidden(0.5, "happy")})
    'Mostly the mouth: with it blurred, the face would be called neutral.'
    >>> sentence("sad", {"eyes": Hidden(0.6, "sad"), "mouth": Hidden(0.4, "sad"), "nose": Hidden(0.3, "sad")})
    'The eyes more than any other part: with them blurred, the face would still be called sad, less clearly.'
    >>> sentence("sad", {"mouth": Hidden(0.1, "sad"), "brows": Hidden(0.2, "sad")})
    'No single part: with any one of them blurred, the face would still be called sad, about as clearly.'
    """
    ranked = sorted(parts.items(), key=lambda item: -item[1].loss)
    lost = sum(max(part.loss, 0.0) for part in parts.values())
    changing = {name: part for name, part in ranked if part.label != label}
    if not ranked or ranked[0][1].loss < COUNTS:
        return _no_part(label, changing)
    (first, hidden), second = ranked[0], ranked[1] if len(ranked) > 1 else None
    which = f"the {first}"
    if hidden.loss >= _MOST * lost:
        which = f"Mostly {which}"
    elif second and second[1].loss >= COUNTS and hidden.loss + second[1].loss >= _BOTH * lost:
        return f"The {first} and the {second[0]}: {_without(label, first, hidden, named=True)}."
    elif second and second[1].loss >= COUNTS:
        which = f"Several parts, {which} most"
    else:
        which = f"{which.capitalize()} more than any other part"
    return f"{which}: {_without(label, first, hidden)}."


def left_out(most: int) -> str:
    """Say why a face is not explained where only the main one and the largest others are."""
    if most == 1:
        return "Not explained: only the main face is."
    return f"Not explained: only {most} faces are, the main one and the largest others."


def _without(label: Label, part: str, hidden: Hidden, *, named: bool = False) -> str:
    it = f"the {part}" if named else "them" if part in _PLURAL else "it"
    if hidden.label != label:
        return f"with {it} blurred, the face would be called {_CALLED[hidden.label]}"
    return f"with {it} blurred, the face would still be called {_CALLED[label]}, less clearly"


def _no_part(label: Label, changing: Mapping[str, Hidden]) -> str:
    for part, hidden in changing.items():
        return f"No single part. It is a close call: {_without(label, part, hidden, named=True)}."
    return (
        "No single part: with any one of them blurred, the face would still be called "
        f"{_CALLED[label]}, about as clearly."
    )
