"""DATA013: something other than the face tells the class."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.checks.context import CheckContext
from emotion_classifier.checks.out_of_fold import (
    FEWEST,
    learnable,
    out_of_fold_probabilities,
    require_scikit_learn,
)
from emotion_classifier.checks.surroundings import MEASURES
from emotion_classifier.data.columns import folded
from emotion_classifier.data.parquet import LABELLING
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import Finding
from emotion_classifier.findings.registry import register
from emotion_classifier.text import whole_percent

_MARGIN = 0.1  # by which even the low end of the interval must beat chance
_MOST_VALUES = 50  # of a column that is taken for one of groups
_RARE = 5  # photos; values that occur less often are one value
_RESAMPLES = 500
Rows = npt.NDArray[np.int64]


@register(CheckContext)
class Shortcut(Check[CheckContext]):
    """A model could learn the class without looking at the expression."""

    code = "DATA013"
    title = "A shortcut predicts the class"
    severity = "warning"
    detection = (
        "A classifier is taught the classes from anything but the face, five-fold, like pictures and people kept "
        "together: from colour and light outside the faces; from size and shape of the files; from where they come "
        "from, as their names tell; from each column of the metadata. Listed is what beats chance by more than ten "
        "points of balanced accuracy even at the low end of its 95 % interval."
    )
    why = (
        "A network learns what is easiest. If happy photos have white backgrounds it learns white backgrounds, does "
        "well on your test photos, and fails on everybody else's."
    )
    advice = (
        "Add photos that break the rule, or balance the classes within each source. A model that sees the aligned face "
        "only (every recipe but those of the original study) cannot use the background, but light reaches the face too."
    )

    def require_libraries(self) -> None:
        """Refuse to begin without scikit-learn."""
        require_scikit_learn()

    def not_applicable(self, context: CheckContext) -> str | None:
        """Say that there is too little to learn from."""
        rows = context.readable
        if len(learnable(context.dataset.hard[rows], context.people[rows])) < 2:
            return f"no two classes have {FEWEST} independent photos"
        return None

    def find(self, context: CheckContext) -> Iterator[Finding]:
        """Yield one finding per kind of shortcut."""
        measured = np.stack([image.surroundings for image in context.images])
        inside = np.flatnonzero(~np.isnan(measured[:, 0]))
        yield from self._measured(context, inside, measured, "the picture outside the face", MEASURES)
        sizes = np.array([_shape(*image.size) for image in context.images])
        yield from self._measured(
            context, context.readable, sizes, "the size of the picture", ("width", "height", "proportion")
        )
        for name, values in _groupings(context):
            yield from self._grouped(context, context.readable, values, name)

    def _measured(
        self,
        context: CheckContext,
        rows: Rows,
        features: npt.NDArray[np.float64],
        what: str,
        names: tuple[str, ...],
    ) -> Iterator[Finding]:
        labels = context.dataset.hard[rows]
        found = _predictability(features[rows], labels, context.people[rows], trees=True)
        if found:
            telling = _most_telling(features[rows], labels, names)
            means = {
                context.dataset.labels[label]: round(
                    float(features[rows][labels == label, telling].mean()), 3
                )
                for label in np.unique(labels)
            }
            shown = ", ".join(f"{mean:g} in {label}" for label, mean in means.items())
            yield self.finding(
                f"{_sentence(what, found)} Most telling: {names[telling]} (mean {shown}).",
                what=what,
                most_telling=names[telling],
                means=means,
                **found,
            )

    def _grouped(self, context: CheckContext, rows: Rows, values: list[str], what: str) -> Iterator[Finding]:
        chosen = [values[row] for row in rows]
        counts = Counter(chosen)
        kept = sorted(value for value, count in counts.items() if count >= _RARE)
        if not 2 <= len(kept) + (len(kept) < len(counts)) <= _MOST_VALUES:
            return
        columns = np.array([[value == one for one in kept] for value in chosen], np.float64)
        labels = context.dataset.hard[rows]
        found = _predictability(columns, labels, context.people[rows], trees=False)
        if found:
            table: dict[str, dict[str, int]] = {
                value: dict(Counter(context.labels_of(rows[np.array(chosen) == value]))) for value in kept
            }
            yield self.finding(_sentence(what, found), what=what, counts=table, **found)


def _shape(width: int, height: int) -> tuple[float, float, float]:
    return float(width), float(height), width / height if height else 0.0


def _sentence(what: str, found: dict[str, Any]) -> str:
    accuracy = found["balanced_accuracy"]
    value, low, high, chance = (
        whole_percent(share)
        for share in (accuracy["value"], accuracy["low"], accuracy["high"], found["chance"])
    )
    return (
        f"From {what} alone the class is told with a balanced accuracy of {value} ({low} to {high}, "
        f"n = {accuracy['n']:,}); chance is {chance}."
    )


def _groupings(context: CheckContext) -> Iterator[tuple[str, list[str]]]:
    """Yield ways to sort photos: by the source in their name, their kind of file, and the metadata."""
    yield "the source in the file's name", [_source(name) for name in context.dataset.ids]
    yield (
        "the kind of file",
        [PurePosixPath(name.partition("#")[0]).suffix.lower() for name in context.dataset.ids],
    )
    for name, values in context.dataset.columns.items():
        listed = [value or "" for value in folded(values)]
        if name not in (context.group_column, *LABELLING) and len(set(listed)) <= _MOST_VALUES:
            yield f"the column {name}", listed


def _source(name: str) -> str:
    """Take the words before the first number: ``gettyimages`` of ``happy/gettyimages-123.jpg``."""
    stem = PurePosixPath(name.partition("#")[0]).stem.lower()
    return re.split(r"[\d_.]|-\d", stem, maxsplit=1)[0].strip(" -(")[:20]


def _predictability(
    features: npt.NDArray[np.float64], labels: Rows, groups: Rows, *, trees: bool
) -> dict[str, Any] | None:
    """Measure how well features tell the class, or None where it is no better than it may be by chance."""
    present = learnable(labels, groups)
    chosen = np.isin(labels, present)
    features, labels, groups = features[chosen], labels[chosen], groups[chosen]
    if len(present) < 2 or np.ptp(features, axis=0).max(initial=0) == 0:
        return None
    probabilities = out_of_fold_probabilities(features, labels, groups, trees=trees)
    # Odds against the class's own share, so that a common class is not favoured.
    shares = np.array([np.mean(labels == label) for label in present])
    answers = np.array(present)[np.argmax(probabilities if trees else probabilities / shares, axis=1)]
    value = _balanced(labels, answers)
    generator = np.random.default_rng(0)
    numbers = np.unique(groups, return_inverse=True)[1]
    drawn = []
    for _ in range(_RESAMPLES):
        times = np.bincount(
            generator.integers(0, numbers.max() + 1, numbers.max() + 1), minlength=numbers.max() + 1
        )
        drawn.append(_balanced(labels, answers, weights=times[numbers]))
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    chance = 1 / len(present)
    if low <= chance + _MARGIN:
        return None
    accuracy = {
        "value": round(value, 4),
        "low": round(float(low), 4),
        "high": round(float(high), 4),
        "n": len(labels),
    }
    return {"balanced_accuracy": accuracy, "chance": round(chance, 4)}


def _balanced(labels: Rows, answers: Rows, *, weights: npt.NDArray[np.int64] | None = None) -> float:
    """Mean recall of the classes."""
    weights = np.ones(len(labels), np.int64) if weights is None else weights
    recalls = []
    for label in np.unique(labels):
        own = weights * (labels == label)
        recalls.append(own[answers == label].sum() / own.sum() if own.sum() else np.nan)
    return float(np.nanmean(recalls))


def _most_telling(features: npt.NDArray[np.float64], labels: Rows, names: tuple[str, ...]) -> int:
    """Find the feature whose class means differ most, in standard deviations."""
    means = np.stack([features[labels == label].mean(axis=0) for label in np.unique(labels)])
    return int(np.argmax(np.ptp(means, axis=0) / np.maximum(features.std(axis=0), 1e-9)[: len(names)]))
