"""From what is said of photos (a class, a degree, votes) to shares of happy, neutral, sad and other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from emotion_classifier.data.columns import is_missing
from emotion_classifier.data.labels import (
    CANNOT_TELL,
    GRADE_SHARES,
    ORDER,
    SCALE,
    grade_named,
    in_order,
    is_known,
)
from emotion_classifier.errors import DatasetError

DEGREE = "degree"
_OTHER = "other"
NO_TARGET = "graded 'cannot tell', so it is left out"


@dataclass(frozen=True)
class Said:
    """What is said of one photo.

    Parameters
    ----------
    label : str or None
        Its class, or grade, as its owner words it; None: not said.
    degree : object
        A number from −1 (sad) to 1 (happy), as it stands in the data; missing: not said. It wins over a label that
        is on the scale.
    votes : mapping of str to str
        From rater to grade; they win over label and degree.
    where : str
        The place in the data, for errors.
    """

    label: str | None
    degree: object = None
    votes: Mapping[str, str] = field(default_factory=dict)
    where: str = ""

    @property
    def graded(self) -> bool:
        """Whether the degree counts: there is one, and the label does not say that it is off the scale."""
        off = (
            self.label is not None
            and is_known(self.label)
            and grade_named(self.label) in (_OTHER, CANNOT_TELL)
        )
        return not is_missing(self.degree) and not off

    @property
    def says_nothing(self) -> bool:
        """Whether there is neither a label nor a vote nor a degree."""
        return self.label is None and self.only_label

    @property
    def only_label(self) -> bool:
        """Whether there are neither votes nor a degree that counts."""
        return not (self.votes or self.graded)

    @property
    def name(self) -> str:
        """Its class in words: as its owner words it, unless that says nothing and votes or a degree do."""
        if self.label is not None and (is_known(self.label) or self.only_label):
            return self.label
        if self.votes:
            return Counter(self.votes.values()).most_common(1)[0][0]
        return nearest_grade(self.number) if self.graded else _OTHER

    @property
    def number(self) -> float:
        """The degree.

        Raises
        ------
        DatasetError
            If it is no number from −1 to 1.
        """
        try:
            value = float(str(self.degree))
        except ValueError:
            value = float("nan")
        if not -1 <= value <= 1:
            raise DatasetError(
                f"{self.where}: the degree {str(self.degree)!r} is no number from −1 (sad) to 1 (happy). Correct it, "
                f"or rename the column if it means something else."
            )
        return value


@dataclass(frozen=True)
class Targets:
    """Distributions over labels.

    Parameters
    ----------
    labels : tuple of k str
        Those that some photo has weight on.
    shares : ndarray of float32, shape (n, k)
        Rows sum to 1; a row of zeros where nothing is said, or nobody can tell.
    notes : tuple of str
        What was understood that is more than a label, in one line; empty where all are labels.
    """

    labels: tuple[str, ...]
    shares: npt.NDArray[np.float32]
    notes: tuple[str, ...]

    @property
    def usable(self) -> npt.NDArray[np.bool_]:
        """Where there is a target, shape (n,)."""
        return np.asarray(self.shares.any(axis=1), np.bool_)


def targets_of(said: Sequence[Said]) -> Targets:
    """Make target distributions.

    Raises
    ------
    DatasetError
        If a degree is no number from −1 to 1.

    Examples
    --------
    >>> found = targets_of([Said("slightly_happy"), Said(None, degree="-0.25"), Said("sad", votes={"ann": "neutral"})])
    >>> found.labels, found.shares.astype(float).round(2).tolist()
    (('happy', 'neutral', 'sad'), [[0.6, 0.4, 0.0], [0.0, 0.75, 0.25], [0.0, 1.0, 0.0]])
    >>> print(*found.notes)
    Read as shares of raters: slightly happy 1 (60 % happy, 40 % neutral); degree 1; votes 1 (of ann).
    """
    told = _Told()
    shares = np.zeros((len(said), len(ORDER)), np.float32)
    for row, each in enumerate(said):
        shares[row] = told.shares(each)
    labels = in_order(label for column, label in enumerate(ORDER) if shares[:, column].any())
    return Targets(labels, shares[:, [ORDER.index(label) for label in labels]], told.notes)


def shares_of_degree(degree: float) -> tuple[float, float, float, float]:
    """Lay a degree, −1 to 1, out as shares of raters: neutral is what is missing to its end.

    Examples
    --------
    >>> shares_of_degree(-0.25)
    (0.0, 0.75, 0.25, 0.0)
    """
    return max(degree, 0.0), 1 - abs(degree), max(-degree, 0.0), 0.0


def nearest_grade(degree: float) -> str:
    """Name the grade on the scale that a degree is nearest to.

    Examples
    --------
    >>> [nearest_grade(degree) for degree in (-0.9, -0.5, 0.1, 0.7)]
    ['sad', 'slightly sad', 'neutral', 'slightly happy']
    """
    return min(SCALE, key=lambda grade: abs(degree_of(grade) - degree))


def degree_of(grade: str) -> float:
    """Degree of a grade: its share of happy less that of sad."""
    shares = GRADE_SHARES[grade]
    return shares[0] - shares[2]


class _Told:
    """Reads row by row and counts what is more than a label."""

    def __init__(self) -> None:
        self._grades: Counter[str] = Counter()
        self._degrees = self._voted = 0
        self._raters: set[str] = set()

    def shares(self, said: Said) -> npt.NDArray[np.float32]:
        if said.votes:
            return self._of_votes(said.votes)
        if said.graded:
            self._degrees += 1
            return np.array(shares_of_degree(said.number), np.float32)
        if said.label is None:
            return np.zeros(len(ORDER), np.float32)
        grade = grade_named(said.label)
        self._grades[grade] += 1
        return _of_grade(grade)

    def _of_votes(self, votes: Mapping[str, str]) -> npt.NDArray[np.float32]:
        self._voted += 1
        self._raters.update(votes)
        given = [_of_grade(grade) for grade in votes.values() if grade != CANNOT_TELL]
        return np.mean(given, axis=0, dtype=np.float32) if given else _of_grade(CANNOT_TELL)

    @property
    def notes(self) -> tuple[str, ...]:
        parts = []
        for grade, shares in GRADE_SHARES.items():
            if self._grades[grade] and max(shares) < 1:
                named = zip(ORDER, shares, strict=True)
                meant = ", ".join(f"{100 * share:.0f} % {label}" for label, share in named if share)
                parts.append(f"{grade} {self._grades[grade]:,} ({meant})")
        if self._degrees:
            parts.append(f"degree {self._degrees:,}")
        if self._voted:
            parts.append(f"votes {self._voted:,} (of {', '.join(sorted(self._raters))})")
        if self._grades[CANNOT_TELL]:
            parts.append(f"cannot tell {self._grades[CANNOT_TELL]:,} (left out)")
        return (f"Read as shares of raters: {'; '.join(parts)}.",) if parts else ()


def _of_grade(grade: str) -> npt.NDArray[np.float32]:
    return np.array(GRADE_SHARES.get(grade, (0.0,) * len(ORDER)), np.float32)
