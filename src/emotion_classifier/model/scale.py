"""From a model's probabilities to a place between sad and happy, with a probability one can trust.

The numbers that decide (temperature, cut points, thresholds) stand in the bundle and were fitted on
validation data; this module only applies them, and has one of its own, for other expressions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from emotion_classifier.model.bundle import BundleConfig, Levels, ScaleParameters

Label = Literal["happy", "neutral", "sad", "other", "uncertain"]
Leaning = Literal["happy", "sad"]
Grade = Literal["sad", "slightly sad", "neutral", "slightly happy", "happy", "mixed"]
CANONICAL: tuple[str, ...] = ("happy", "neutral", "sad", "other")
GRADES: tuple[Grade, ...] = ("sad", "slightly sad", "neutral", "slightly happy", "happy")
# Places in `GRADES` that a label allows; any, where it is not named.
_GRADES_OF: dict[Label, tuple[int, int]] = {"sad": (0, 1), "neutral": (2, 2), "happy": (3, 4)}
# Why a label is "uncertain": in a model that knows neutral, and in one that does not.
BOTH, TOO_CLOSE = "it looks both happy and sad", "happy and sad are too close to call"
# How many times as likely as happy and sad another expression must be to come before them: the levels compare with
# neutral, which surprised and angry faces are not either. Without it 187 of 437 faces that most raters call something
# else would be happy or sad; 59 are, and 5 of 935 happy and sad ones are other (training faces that were held back).
_OUTWEIGHS = 3.0
_TINY = 1e-7


def is_fitted(config: BundleConfig) -> bool:
    """Whether the scale was fitted for this network, not left as it was or taken over from the one it began with."""
    told = config.scale.fitted_on
    if not told:
        return False
    # `Keeping.scale` words it so; what was fitted since, such as slope and intercept, is named behind it.
    base = config.training.get("base")
    return not (base and told.startswith(f"{base} (") and told.endswith(")"))


@dataclass(frozen=True)
class ScaleReading:
    """What the scale says of one face, before it is tied to a photo.

    ``probabilities`` has the keys happy, neutral, sad and other and sums to 1, with None for what the model does not
    know; ``p_happy`` is P(happy | happy or sad); ``degree`` runs from −1 (sad) to +1 (happy); ``reason`` is why the
    label is "uncertain", else None.
    """

    label: Label
    degree: float
    grade: Grade
    probabilities: dict[str, float | None]
    p_happy: float
    reason: str | None


def canonical_probabilities(
    raw: npt.NDArray[np.floating], labels: Sequence[str], *, temperature: float = 1.0
) -> npt.NDArray[np.float64]:
    """Calibrate raw probabilities and gather them under happy, neutral, sad and other.

    Parameters
    ----------
    raw : ndarray, shape (n, k)
        Probabilities of the network, rows sum to 1.
    labels : sequence of k str
        The model's labels; those that are not happy, neutral or sad are summed into other.
    temperature : float
        Guo et al. 2017, "On Calibration of Modern Neural Networks"; above 1 softens.

    Returns
    -------
    ndarray of float64, shape (n, 4)
        Columns happy, neutral, sad, other; rows sum to 1.

    Examples
    --------
    >>> canonical_probabilities(np.array([[0.2, 0.8]]), ["sad", "happy"]).round(2).tolist()
    [[0.8, 0.0, 0.2, 0.0]]
    """
    logits = np.log(np.clip(np.asarray(raw, np.float64), _TINY, 1.0)) / temperature
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return gather(weights / weights.sum(axis=1, keepdims=True), labels)


def gather(shares: npt.NDArray[np.floating], labels: Sequence[str]) -> npt.NDArray[np.float64]:
    """Add up shares, shape (n, k), under happy, neutral, sad and other, shape (n, 4)."""
    gathered = np.zeros((len(shares), len(CANONICAL)))
    for column, label in enumerate(labels):
        target = CANONICAL.index(label) if label in CANONICAL else CANONICAL.index("other")
        gathered[:, target] += shares[:, column]
    return gathered


def net_share(shares: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Share of happy less that of sad, −1 to +1, shape (n,), from shares or probabilities, shape (n, 4)."""
    return np.asarray(shares[:, CANONICAL.index("happy")] - shares[:, CANONICAL.index("sad")], np.float64)


def log_odds(probabilities: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Logarithm of P(happy) / P(sad), shape (n,), from canonical probabilities, shape (n, 4)."""
    happy, sad = (np.maximum(probabilities[:, CANONICAL.index(name)], _TINY) for name in ("happy", "sad"))
    return np.asarray(np.log(happy / sad))


def estimated_degree(
    probabilities: npt.NDArray[np.float64], parameters: ScaleParameters
) -> npt.NDArray[np.float64]:
    """Degrees, −1 to +1, shape (n,), from canonical probabilities, shape (n, 4)."""
    before, after = zip(*parameters.degree_knots, strict=True)
    return np.asarray(np.interp(net_share(probabilities), before, after))


def happy_given_happy_or_sad(
    probabilities: npt.NDArray[np.float64], parameters: ScaleParameters
) -> npt.NDArray[np.float64]:
    """Calibrated P(happy | happy or sad) from canonical probabilities, shape (n, 4), to shape (n,)."""
    logit = parameters.slope * log_odds(probabilities) + parameters.intercept
    return np.asarray(1 / (1 + np.exp(-logit)))


def read_scale(
    raw: npt.NDArray[np.floating], labels: Sequence[str], parameters: ScaleParameters
) -> list[ScaleReading]:
    """Turn raw network probabilities, shape (n, k), into one `ScaleReading` per row."""
    probabilities = canonical_probabilities(raw, labels, temperature=parameters.temperature)
    p_happy = happy_given_happy_or_sad(probabilities, parameters)
    degree = estimated_degree(probabilities, parameters)
    known = known_labels(labels)
    return [
        _read_one(dict(zip(CANONICAL, row, strict=True)), p, d, known, parameters)
        for row, p, d in zip(probabilities.tolist(), p_happy.tolist(), degree.tolist(), strict=True)
    ]


def known_labels(labels: Sequence[str]) -> frozenset[str]:
    """Tell which of happy, neutral, sad and other a model with these labels knows.

    Examples
    --------
    >>> sorted(known_labels(("happy", "sad", "anger")))
    ['happy', 'other', 'sad']
    """
    return frozenset(label if label in CANONICAL else "other" for label in labels)


def _read_one(
    named: dict[str, float],
    p_happy: float,
    degree: float,
    known: frozenset[str],
    parameters: ScaleParameters,
) -> ScaleReading:
    leaning: Leaning = "happy" if p_happy >= 0.5 else "sad"
    graded = "neutral" in known
    if graded:
        label = _label(named, leaning, parameters.levels)
    elif "other" in known and named["other"] > max(named["happy"], named["sad"]):
        label = "other"
    else:
        label = leaning if max(p_happy, 1 - p_happy) >= parameters.min_confidence else "uncertain"
    return ScaleReading(
        label=label,
        degree=degree,
        grade="mixed" if graded and label == "uncertain" else grade_of(label, degree, parameters),
        probabilities={name: value if name in known else None for name, value in named.items()},
        p_happy=p_happy,
        reason=(BOTH if graded else TOO_CLOSE) if label == "uncertain" else None,
    )


def _label(named: dict[str, float], leaning: Leaning, levels: Levels) -> Label:
    """Say what most viewers would, see `Levels`; that few neutral faces are called anything else comes first."""
    happy, sad = (
        math.log(max(named[name], _TINY) / max(named["neutral"], _TINY)) - level
        for name, level in (("happy", levels.happy), ("sad", levels.sad))
    )
    if happy <= 0 and sad <= 0:
        return "other" if named["other"] > named["neutral"] else "neutral"
    if named["other"] > max(named["neutral"], _OUTWEIGHS * named["happy"], _OUTWEIGHS * named["sad"]):
        return "other"
    label: Leaning = "happy" if happy >= sad else "sad"
    close = happy > 0 and sad > 0 and abs(happy - sad) < levels.undecided
    return "uncertain" if close or label != leaning else label


def grade_of(label: Label, degree: float, parameters: ScaleParameters) -> Grade:
    """Say how much, in words that do not contradict the label.

    Neutral has the grade neutral, happy is slightly happy or happy, sad slightly sad or sad; of other and uncertain
    faces the grade is that of the degree.
    """
    place = int(np.searchsorted(parameters.grade_cuts, degree, side="right"))
    lowest, highest = _GRADES_OF.get(label, (0, len(GRADES) - 1))
    return GRADES[min(max(place, lowest), highest)]


def degrees_of(label: Label, parameters: ScaleParameters) -> tuple[float, float]:
    """Return the lowest and the highest degree whose grade does not contradict the label.

    Examples
    --------
    >>> degrees_of("sad", ScaleParameters()), degrees_of("neutral", ScaleParameters())
    ((-1.0, -0.16), (-0.16, 0.17))
    """
    ends = (-1.0, *parameters.grade_cuts, 1.0)
    lowest, highest = _GRADES_OF.get(label, (0, len(GRADES) - 1))
    return ends[lowest], ends[highest + 1]
