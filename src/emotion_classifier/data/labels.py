"""What people call their classes, and what this project calls them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from emotion_classifier.errors import DatasetError

ORDER: tuple[str, ...] = ("happy", "neutral", "sad", "other")
# What "other" is made of, where raters named it; what they called unknown stays "other".
DETAILS: tuple[str, ...] = ("surprise", "anger", "disgust", "fear", "contempt")
_FEWEST_DEGREES = 10
_ALIKE = 0.8  # share of letters that a misspelt name has in common with the word that is meant
CANNOT_TELL = "cannot tell"
# What a grade says of the raters one would ask: shares of happy, neutral, sad and other, in the order of `ORDER`.
# "Slightly" is where a narrow majority would still say the word.
GRADE_SHARES: dict[str, tuple[float, float, float, float]] = {
    "sad": (0.0, 0.0, 1.0, 0.0),
    "slightly sad": (0.0, 0.4, 0.6, 0.0),
    "neutral": (0.0, 1.0, 0.0, 0.0),
    "slightly happy": (0.6, 0.4, 0.0, 0.0),
    "happy": (1.0, 0.0, 0.0, 0.0),
    "mixed": (0.5, 0.0, 0.5, 0.0),
    "other": (0.0, 0.0, 0.0, 1.0),
}
SCALE = ("sad", "slightly sad", "neutral", "slightly happy", "happy")
_SLIGHTLY = (
    "slightly",
    "slight",
    "a bit",
    "bit",
    "a little",
    "little",
    "somewhat",
    "mildly",
    "mild",
    "weakly",
    "weak",
)
_PLAINLY = (
    "clearly",
    "very",
    "really",
    "extremely",
    "strongly",
    "plainly",
    "quite",
    "totally",
    "big",
    "broad",
)
_MIXED = {"mixed", "happy and sad", "sad and happy", "both"}
_CANNOT_TELL = {
    CANNOT_TELL,
    "can't tell",
    "cant tell",  # codespell:ignore cant
    "can not tell",
    "cannot say",
    "cannot be judged",
    "unclear",
    "unsure",
}
_SYNONYMS = {
    "happy": {"happy", "happiness", "happy face", "smile", "smiling", "joy", "joyful", "positive"},
    "neutral": {"neutral", "none", "calm", "not smiling"},
    "sad": {"sad", "sadness", "unhappy", "sad face", "sorrow", "frown", "negative"},
}
# Words for what other is made of, and for other itself.
_OTHER = {"other", "unknown", "uncertain", *DETAILS}
_OTHER |= {"surprised", "angry", "disgusted", "fearful", "afraid", "scared", "contemptuous", "contempt"}


def canonical(name: str) -> str:
    """Bring a class name to happy, neutral, sad or other.

    Examples
    --------
    >>> [canonical(name) for name in ("Happy", "SADNESS", "neutral", "1_sad", "Contempt")]
    ['happy', 'sad', 'neutral', 'sad', 'other']
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
    return grade_named(name) != "other" or _plain(name) in _OTHER


def grade_named(name: str) -> str:
    """Bring a class name, or a grade as people write it, to a key of `GRADE_SHARES` or to `CANNOT_TELL`.

    Examples
    --------
    >>> [grade_named(name) for name in ("slightly_happy", "very sad", "Slightly-Sad", "a bit happy", "mixed")]
    ['slightly happy', 'sad', 'slightly sad', 'slightly happy', 'mixed']
    >>> [grade_named(name) for name in ("Smiling", "can't tell", "surprise", "not happy")]
    ['happy', 'cannot tell', 'other', 'other']
    """
    plain = _plain(name)
    if plain in _CANNOT_TELL:
        return CANNOT_TELL
    if plain in _MIXED:
        return "mixed"
    if (rest := _without(plain, _PLAINLY)) is not None:
        return grade_named(rest)
    if (rest := _without(plain, _SLIGHTLY)) is not None:
        label = canonical(rest)
        return f"slightly {label}" if label in ("happy", "sad") else label
    return canonical(name)


def likeliest(name: str) -> str:
    """Name the label that most raters would give to what is called so; of mixed, and where nobody can tell, other.

    Examples
    --------
    >>> [likeliest(name) for name in ("slightly_happy", "Sadness", "mixed")]
    ['happy', 'sad', 'other']
    """
    shares = GRADE_SHARES.get(grade_named(name), GRADE_SHARES["other"])
    return ORDER[shares.index(max(shares))] if max(shares) > 0.5 else "other"


def _without(plain: str, words: Sequence[str]) -> str | None:
    """Take a leading or trailing word of degree off a name; None where there is none."""
    for word in words:
        if plain.startswith(f"{word} "):
            return plain[len(word) + 1 :]
        if plain.endswith(f" {word}"):
            return plain[: -len(word) - 1]
    return None


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
    words = name.lower().replace("_", " ").replace("-", " ").replace("’", "'").split()
    # Class folders are often numbered: 0_happy, 1-sad. A number alone stays.
    return " ".join(words[1:] if len(words) > 1 and words[0].rstrip(".)").isdecimal() else words)


def in_order(labels: Iterable[str]) -> tuple[str, ...]:
    """Sort labels as the project does: happy, neutral, sad, other, then what other is made of."""
    present = set(labels)
    return tuple(label for label in (*ORDER, *DETAILS) if label in present)


def one_hot(names: Sequence[str], labels: Sequence[str]) -> npt.NDArray[np.float32]:
    """Targets, shape (n, k), with all weight on each row's label."""
    position = {label: index for index, label in enumerate(labels)}
    return np.eye(len(labels), dtype=np.float32)[[position[name] for name in names]]


def is_graded(net: npt.NDArray[np.floating]) -> bool:
    """Tell whether net shares (happy less sad), shape (n,), say how much: those of raters, or of grades.

    Three levels, or a few that were made of labels, do not.
    """
    levels = set(np.unique(np.round(np.asarray(net, np.float64), 3)).tolist())
    graded = {shares[0] - shares[2] for shares in GRADE_SHARES.values()}
    return len(levels) >= _FEWEST_DEGREES or (levels <= graded and {-0.6, 0.6} & levels != set())


def missing_classes(counts: Mapping[str, int]) -> dict[str, str]:
    """Say of happy and of sad, where there is no photo of it, that it is missing.

    Examples
    --------
    >>> missing_classes({"happy": 15, "sad": 0})
    {'sad': 'No readable photo is labelled sad (found: 15 happy).'}
    """
    found = ", ".join(f"{count:,} {label}" for label, count in counts.items() if count) or "none"
    return {
        label: f"No readable photo is labelled {label} (found: {found})."
        for label in ("happy", "sad")
        if not counts.get(label)
    }


def warnings_of_missing(counts: Mapping[str, int]) -> tuple[str, ...]:
    """Warn of each missing class, for verbs that go on without it."""
    return tuple(
        f"{said} train refuses such data, and an accuracy on it says little (DATA019)."
        for said in missing_classes(counts).values()
    )


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
