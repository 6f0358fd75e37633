"""What people call their classes, and what this project calls them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from emotion_classifier.errors import DatasetError

ORDER: tuple[str, ...] = ("happy", "neutral", "sad", "other")
# What "other" is made of, where raters named it; what they called unknown stays "other".
DETAILS: tuple[str, ...] = ("surprise", "anger", "disgust", "fear", "contempt")
_FEWEST_DEGREES = 10
_ALIKE = 0.8  # share of letters that a misspelt name has in common with the word that is meant
_SYNONYMS = {
    "happy": {"happy", "happiness", "happy face", "smile", "smiling", "joy", "joyful", "positive"},
    "neutral": {"neutral", "none", "calm", "not smiling"},
    "sad": {"sad", "sadness", "unhappy", "sad face", "sorrow", "frown", "negative"},
}
# Words for what other is made of, and for other itself.
_OTHER = {"other", "unknown", "mixed", "uncertain", *DETAILS}
_OTHER |= {"surprised", "angry", "disgusted", "fearful", "afraid", "scared", "contemptuous", "contempt"}


def canonical(name: str) -> str:
    """Bring a class name to happy, neutral, sad or other.

    Examples
    --------
    >>> [canonical(name) for name in ("Happy", "SADNESS", "neutral", "Contempt")]
    ['happy', 'sad', 'neutral', 'other']
    """
    plain = _plain(name)
    return next((label for label, synonyms in _SYNONYMS.items() if plain in synonyms), "other")


def is_known(name: str) -> bool:
    """Tell whether a class name is one of those that this project understands.

    Examples
    --------
    >>> [is_known(name) for name in ("Happy", "anger", "banana")]
    [True, True, False]
    """
    return canonical(name) != "other" or _plain(name) in _OTHER


def seems_to_mean(name: str) -> str | None:
    """Guess which of happy, neutral and sad a misspelt class name stands for; None for names understood or unlike any.

    Examples
    --------
    >>> [seems_to_mean(name) for name in ("neutrall", "Hapy", "sad", "banana")]
    ['neutral', 'happy', None, None]
    """
    if is_known(name):
        return None
    plain = _plain(name)
    # Few misspell the first letter, and "unsmiling" is no smile.
    words = [word for known in (*_SYNONYMS.values(), _OTHER) for word in known if word[0] == plain[:1]]
    likest = difflib.get_close_matches(plain, sorted(words), n=1, cutoff=_ALIKE)
    label = canonical(likest[0]) if likest else "other"
    return None if label == "other" else label


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", " ").replace("-", " ")


def in_order(labels: Iterable[str]) -> tuple[str, ...]:
    """Sort labels as the project does: happy, neutral, sad, other, then what other is made of."""
    present = set(labels)
    return tuple(label for label in (*ORDER, *DETAILS) if label in present)


def one_hot(names: Sequence[str], labels: Sequence[str]) -> npt.NDArray[np.float32]:
    """Targets, shape (n, k), with all weight on each row's label."""
    position = {label: index for index, label in enumerate(labels)}
    return np.eye(len(labels), dtype=np.float32)[[position[name] for name in names]]


def is_graded(net: npt.NDArray[np.floating]) -> bool:
    """Tell whether net shares (happy less sad), shape (n,), are of raters rather than a few levels made of labels."""
    return len(np.unique(np.round(net, 3))) >= _FEWEST_DEGREES


def require_happy_and_sad(labels: Sequence[str], where: str) -> None:
    """Refuse data that cannot teach happy from sad.

    Raises
    ------
    DatasetError
        If either class is absent.
    """
    missing = [label for label in ("happy", "sad") if label not in labels]
    if missing:
        found = ", ".join(labels) or "none"
        raise DatasetError(
            f"{where} has no photos labelled {' or '.join(missing)} (labels found: {found}). "
            f"Put photos into folders named after what they show, for example happy/ and sad/."
        )
