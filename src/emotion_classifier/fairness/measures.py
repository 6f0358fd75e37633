"""What an audit measures, as ratios of sums over photos, so that thousands of resamples are matrix products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from emotion_classifier.data.labels import is_graded
from emotion_classifier.evaluation.calibration import BINS
from emotion_classifier.evaluation.label_metrics import general
from emotion_classifier.evaluation.predictions import BINARY, Answers
from emotion_classifier.model.scale import net_share

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Kind = Literal["share", "mean", "calibration"]
# Differences of these are counted on the scale of the degree, which is two wide.
ON_DEGREE = frozenset({"degree_error", "degree_absolute_error"})
SIGNED = frozenset({"degree_error"})
FEWEST = 10


@dataclass(frozen=True)
class Measure:
    """One metric.

    Parameters
    ----------
    name : str
    kind : {"share", "mean", "calibration"}
        share: the mean of p shares, p = 1 but for balanced accuracy; mean: of any numbers; calibration: the sum of
        absolute numerators over the denominator.
    numerators : ndarray of float64, shape (n, p)
    denominators : ndarray of float64, shape (n, p), or (n, 1) for calibration
        0 where a photo does not count.
    """

    name: str
    kind: Kind
    numerators: Floats
    denominators: Floats

    @property
    def width(self) -> tuple[int, int]:
        """Number of numerators and of denominators."""
        return self.numerators.shape[1], self.denominators.shape[1]

    def parts(self, sums: Floats) -> Floats:
        """Each share of its own, shape (..., p), from the sums of all columns, shape (..., columns)."""
        numerators, denominators = self._split(sums)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.where(denominators > 0, numerators / denominators, np.nan))

    def value(self, sums: Floats) -> Floats:
        """Work the metric out, shape (...); NaN where nothing counts."""
        if self.kind != "calibration":
            return np.asarray(self.parts(sums).mean(axis=-1))
        numerators, denominators = self._split(sums)
        with np.errstate(invalid="ignore", divide="ignore"):
            error = np.abs(numerators).sum(axis=-1) / denominators[..., 0]
        return np.asarray(np.where(denominators[..., 0] > 0, error, np.nan))

    def by_class(self, table: Floats, truth: Rows) -> Floats:
        """Give every photo the numerators that are usual for its class, shape (n, columns)."""
        alike = table.copy()
        numerators, denominators = self._split(table)
        for label in np.unique(truth):
            own = truth == label
            counted = denominators[own].sum(axis=0)
            usual = numerators[own].sum(axis=0) / np.where(counted > 0, counted, 1)
            alike[own, : self.width[0]] = usual * denominators[own]
        return alike

    def units(self, rows: Rows, unit: Rows) -> list[int]:
        """Count the independent units among some photos that each share rests on."""
        counted = self.denominators[rows] > 0
        return [len(np.unique(unit[rows][column])) for column in counted.T]

    def enough(self, rows: Rows, unit: Rows, needed: int) -> bool:
        """Whether some photos suffice; a mean of p shares needs the p-th part for each."""
        of_each = max(FEWEST, -(-needed // self.width[1]))
        return all(count >= of_each for count in self.units(rows, unit))

    def _split(self, sums: Floats) -> tuple[Floats, Floats]:
        return sums[..., : self.width[0]], sums[..., self.width[0] :]


def columns(measures: tuple[Measure, ...]) -> tuple[Floats, tuple[slice, ...]]:
    """Put all numerators and denominators side by side, shape (n, columns), and say where each measure's are."""
    blocks = [np.hstack([measure.numerators, measure.denominators]) for measure in measures]
    ends = np.cumsum([block.shape[1] for block in blocks])
    places = tuple(
        slice(int(end - block.shape[1]), int(end)) for end, block in zip(ends, blocks, strict=True)
    )
    return np.hstack(blocks), places


def measures_of(answers: Answers) -> tuple[Measure, ...]:
    """Lay out every metric that the classes of the data allow.

    Of the label people see: ``label_accuracy``, ``label_recall_sad`` and ``neutral_called_sad``, see
    `evaluation.label_metrics`. Of the forced choice: ``happy_against_sad``, the leaning on photos labelled happy or sad
    where there are others; ``faces_found``; ``accuracy``; ``balanced_accuracy``, the mean recall of the classes that
    occur; ``false_sad``, the share of the happy photos read as sad, and ``false_happy``, of the sad ones as happy;
    with further classes ``false_sad_any`` and ``false_happy_any``, of all photos with another label; ``degree_error``
    and ``degree_absolute_error`` against `target_degree`; ``calibration``; ``abstention``, the share called uncertain
    of the photos labelled happy or sad that have a face.
    """
    everybody, found = np.ones(len(answers), np.bool_), answers.answered
    present = [index for index in range(len(answers.labels)) if np.any(answers.truth == index)]
    of_class = np.stack([answers.truth == index for index in present], axis=1)
    uncertain = np.array([label == "uncertain" for label in answers.stated])
    error = np.where(found, answers.degree - target_degree(answers), 0.0)
    return (
        *_labels(answers),
        _share("faces_found", found, everybody),
        _share("accuracy", answers.correct, everybody),
        _share("balanced_accuracy", answers.correct[:, np.newaxis], of_class),
        *_errors(answers),
        Measure("degree_error", "mean", error[:, np.newaxis], found[:, np.newaxis].astype(np.float64)),
        Measure(
            "degree_absolute_error",
            "mean",
            np.abs(error)[:, np.newaxis],
            found[:, np.newaxis].astype(np.float64),
        ),
        *_calibration(answers),
        _share("abstention", uncertain, found & answers.binary),
    )


def label_marks(answers: Answers) -> dict[str, tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]]:
    """Where the label people see, or the leaning, is so, and the photos that it is counted on, by metric."""
    names, shown = general(answers.names), answers.shown
    marks = {
        "label_accuracy": (shown == names, np.ones(len(answers), np.bool_)),
        "label_recall_sad": (shown == "sad", names == "sad"),
        "neutral_called_sad": (shown == "sad", names == "neutral"),
    }
    if set(names) - set(BINARY):
        marks["happy_against_sad"] = (answers.right_side, answers.binary)
    return {name: (hits, of) for name, (hits, of) in marks.items() if of.any()}


def _labels(answers: Answers) -> list[Measure]:
    return [_share(name, hits, of) for name, (hits, of) in label_marks(answers).items()]


def read_as(answers: Answers, label: str) -> npt.NDArray[np.bool_]:
    """Where a photo is read as happy or as sad, shape (n,).

    By the forced choice where the data has that class, as `evaluate` counts; else by the reading's own label.
    """
    if label in answers.labels:
        return np.asarray(answers.forced == answers.labels.index(label))
    return np.array([stated == label for stated in answers.stated], np.bool_)


def target_degree(answers: Answers) -> Floats:
    """Where the degree should be, shape (n,).

    The net share of the raters (happy less sad) where labels are graded by raters, else +1 for happy, −1 for sad and
    0 for every other label.
    """
    net = net_share(answers.shares)
    if is_graded(net):
        return net
    return np.asarray((answers.names == "happy") * 1.0 - (answers.names == "sad") * 1.0, np.float64)


def probability_of_happy(answers: Answers) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Give the probabilities whose calibration is measured, shape (n,), and the photos it is measured on.

    `p_happy` on photos labelled happy or sad; where none is labelled sad, the probability of happy among the classes.
    """
    if np.any(answers.names == "sad") or "happy" not in answers.labels:
        return answers.p_happy, answers.binary & answers.answered
    return answers.probabilities[:, answers.labels.index("happy")], answers.answered


def _share(name: str, hits: npt.NDArray[np.bool_], of: npt.NDArray[np.bool_]) -> Measure:
    of = of if of.ndim == 2 else of[:, np.newaxis]
    hits = hits if hits.ndim == 2 else hits[:, np.newaxis]
    return Measure(name, "share", (hits & of).astype(np.float64), of.astype(np.float64))


def _errors(answers: Answers) -> list[Measure]:
    found = []
    further = bool(set(np.unique(answers.names)) - set(BINARY))
    for label, other in (("sad", "happy"), ("happy", "sad")):
        read, of = read_as(answers, label), answers.names == other
        if of.any():
            found.append(_share(f"false_{label}", read, of))
        if further:
            found.append(_share(f"false_{label}_any", read, answers.names != label))
    return found


def _calibration(answers: Answers) -> list[Measure]:
    stated, counted = probability_of_happy(answers)
    happy = answers.names == "happy"
    if not happy[counted].any() or happy[counted].all():
        return []
    said = np.where(counted, stated, 0.0)
    place = np.minimum((said * BINS).astype(np.int64), BINS - 1)
    numerators = np.zeros((len(answers), BINS))
    numerators[np.arange(len(answers)), place] = np.where(counted, said - happy, 0.0)
    return [Measure("calibration", "calibration", numerators, counted[:, np.newaxis].astype(np.float64))]
