"""The counterfactual audit: whether the same smile scores the same on every face."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from emotion_classifier.classifier import EmotionClassifier
from emotion_classifier.evaluation.intervals import wilson
from emotion_classifier.evaluation.scores import spearman
from emotion_classifier.fairness.checks import RENDERED_CHECKS
from emotion_classifier.fairness.counterfactual_result import (
    Counterfactual,
    Factor,
    Level,
    Violation,
)
from emotion_classifier.fairness.paired_levels import ResampledMeans, pair_levels
from emotion_classifier.fairness.rendered_set import PERSON, PICTURE, RenderedSet, read_rendered
from emotion_classifier.findings.run import run_checks
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.reading import PhotoReading

TOLERANCE = 0.05  # of the degree: a smaller fall between neighbouring strengths is no violation
CLEAR = 0.5  # strength from which an expression is clear enough to be called happy or sad
ROUNDS = 2000
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Answered:
    """What a bundle reads on every picture of the set.

    Parameters
    ----------
    degree : ndarray of float64, shape (n,)
        NaN where no face was found.
    uncertain : ndarray of bool, shape (n,)
        False where no face was found.
    """

    degree: npt.NDArray[np.float64]
    uncertain: npt.NDArray[np.bool_]

    @property
    def found(self) -> npt.NDArray[np.bool_]:
        """Where there is a face, shape (n,)."""
        return ~np.isnan(self.degree)


def counterfactual(
    bundle: Bundle,
    rendered: RenderedSet | None = None,
    *,
    seed: int = 0,
    threads: int = 1,
    ignore: Collection[str] = (),
    progress: Progress | None = None,
) -> Counterfactual:
    """Read the rendered faces and compare them at equal strength of expression.

    Parameters
    ----------
    bundle : Bundle
    rendered : RenderedSet or None
        None: the shipped set.
    seed : int
        Of the bootstrap.
    threads : int
        Threads of the networks.
    ignore : collection of str
        Codes of checks that are not run.
    progress : callable or None
        Called with (pictures done, pictures in all).

    Returns
    -------
    Counterfactual

    Raises
    ------
    DatasetError
        If the shipped set cannot be read.
    MissingExtraError
        If pyarrow or scipy is not installed.
    """
    rendered = read_rendered() if rendered is None else rendered
    classifier = EmotionClassifier(bundle, threads=threads)
    mains = []
    for reading in classifier.predict_many(rendered.pictures):
        mains.append(_answer(reading))
        if progress:
            progress(len(mains), len(rendered))
    degree, uncertain = (np.array(column) for column in zip(*mains, strict=True))
    answered = Answered(degree.astype(np.float64), uncertain.astype(np.bool_))
    return compare_levels(rendered, answered, model=bundle.id, seed=seed, ignore=ignore)


def _answer(reading: PhotoReading) -> tuple[float, bool]:
    main = reading.main
    return (float("nan"), False) if main is None else (main.degree, main.label == "uncertain")


def compare_levels(
    rendered: RenderedSet,
    answered: Answered,
    *,
    model: str = "",
    seed: int = 0,
    rounds: int = ROUNDS,
    ignore: Collection[str] = (),
) -> Counterfactual:
    """Compare answers that are there already; the parameters are those of `counterfactual`."""
    follows, violations = _follow(rendered, answered)
    names = PERSON | {column: name for column, (name, _) in PICTURE.items()}
    factors = []
    for column, name in names.items():
        paired = pair_levels(rendered, column)
        if paired:
            means = ResampledMeans(paired, answered.degree, rounds=rounds, seed=seed)
            factors.append(_factor(name, means, rendered, answered, follows))
    missed = tuple(
        f"{rendered.identity[row]} at {rendered.strength[row]:+.2f}"
        for row in np.flatnonzero(~answered.found)
    )
    result = Counterfactual(model, len(rendered), follows, missed, tuple(factors), tuple(violations))
    checked = run_checks(RENDERED_CHECKS, result, ignore=ignore)
    return replace(result, findings=checked.findings, outcomes=checked.outcomes)


def _follow(rendered: RenderedSet, answered: Answered) -> tuple[dict[str, float], list[Violation]]:
    """Compare every identity's degrees with its expressions, in their order."""
    people: dict[str, list[int]] = {}
    for row, name in enumerate(rendered.identity):
        people.setdefault(name, []).append(row)
    follows: dict[str, float] = {}
    violations: list[Violation] = []
    for name, members in people.items():
        rows = np.array([row for row in members if answered.found[row]], np.int64)
        rows = rows[np.argsort(rendered.strength[rows], kind="stable")]
        strength, degree = rendered.strength[rows], answered.degree[rows]
        # A degree that never changes follows nothing.
        follows[name] = round(float(np.nan_to_num(spearman(strength, degree))), 9)
        violations += _falls(name, strength, degree)
    return follows, violations


def _falls(
    name: str, strength: npt.NDArray[np.float64], degree: npt.NDArray[np.float64]
) -> Iterator[Violation]:
    fall = -np.diff(degree)
    for place in np.flatnonzero(fall > TOLERANCE):
        yield Violation(name, float(strength[place]), float(strength[place + 1]), float(fall[place]))


def _factor(
    name: str,
    means: ResampledMeans,
    rendered: RenderedSet,
    answered: Answered,
    follows: dict[str, float],
) -> Factor:
    paired = means.paired
    levels = []
    for place, level in enumerate(paired.levels):
        rows = paired.rows[:, place]
        found = answered.found[rows]
        clear = found & (np.abs(rendered.strength[rows]) >= CLEAR)
        levels.append(
            Level(
                level=level,
                n=len(rows),
                degree=means.level(place),
                spearman_min=min(follows[rendered.identity[row]] for row in rows),
                faces_found=wilson(int(found.sum()), len(rows)),
                abstained=wilson(int((answered.uncertain[rows] & clear).sum()), int(clear.sum())),
            )
        )
    return Factor(
        factor=name,
        levels=tuple(levels),
        differences=tuple(means.difference(index) for index in range(len(paired.strengths))),
        overall=means.difference(None),
        curves=tuple(means.curve(place) for place in range(len(paired.levels))),
    )
