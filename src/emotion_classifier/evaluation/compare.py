"""Two bundles on the same photos: which is better, and whether that is more than chance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from emotion_classifier.data import Dataset, require_dataset
from emotion_classifier.errors import BundleError, DatasetError
from emotion_classifier.evaluation.confusion import (
    Confusion,
    Listed,
    box_of,
    confuse,
    confuse_labels,
    number_or_none,
)
from emotion_classifier.evaluation.paired import (
    FORCED_CHOICE,
    LABEL_SHOWN,
    Pair,
    Paired,
    Rows,
    Verdict,
    judge,
    judge_labels,
    paired_metrics,
    summarise,
)
from emotion_classifier.evaluation.predictions import (
    Predictions,
    general,
    predict_dataset,
    predict_grouped,
    require_bundle,
    with_a_choice,
)
from emotion_classifier.evaluation.slices import FEWEST, Parts, partition
from emotion_classifier.evaluation.trained_on import TrainedOn
from emotion_classifier.faces.cache import FaceCache
from emotion_classifier.model.bundle import MODEL, Bundle
from emotion_classifier.model.scale import CANONICAL


@dataclass(frozen=True)
class Difference(Listed):
    """A photo of which the two make different forced choices; ``p_happy_…`` is None without a face."""

    file: str
    truth: str
    a: str
    b: str
    p_happy_a: float | None
    p_happy_b: float | None


@dataclass(frozen=True)
class LabelDifference(Listed):
    """A photo that the two call different things; ``degree_…`` is None without a face."""

    file: str
    truth: str
    a: str
    b: str
    degree_a: float | None
    degree_b: float | None


@dataclass(frozen=True)
class Comparison:
    """How two bundles did on the same photos.

    Parameters
    ----------
    a, b : str
        Ids of the bundles; with their paths, where the ids are the same.
    verdict : Verdict
        Of all photos, by forced choice.
    metrics : dict of str to Paired
        By name, those of the registry that are compared, on the photos that count for both.
    slices : dict of column to dict of value to Verdict or int
        Of the columns asked for; the number of photos alone where that is too few to say.
    differences : tuple of Difference
        Photos on which A alone is right, then B alone, then neither.
    left_out : dict of str to int
        Classes of the data that one of the two does not know, and their photos, which were not asked about.
    trained_on : pair of TrainedOn or None
        How many of the photos A and B learned from or were fitted on; None: not recorded.
    labels : Verdict or None
        Of all photos, by the label people see; None: not measured.
    labels_differ : int
        Photos to which the two show different labels.
    label_differences : tuple of LabelDifference
        These photos: those on which A's label alone is right, then B's alone, then neither.
    confusions : dict of str to (Confusion, Confusion)
        Of A and B: "label", by the label people see; "choice", by forced choice.
    """

    a: str
    b: str
    verdict: Verdict
    metrics: dict[str, Paired]
    slices: dict[str, dict[str, Verdict | int]]
    differences: tuple[Difference, ...]
    left_out: dict[str, int]
    trained_on: tuple[TrainedOn | None, TrainedOn | None] = (None, None)
    labels: Verdict | None = None
    labels_differ: int = 0
    label_differences: tuple[LabelDifference, ...] = ()
    confusions: dict[str, tuple[Confusion, Confusion]] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """What came of it, in words."""
        return " ".join(self.sentences)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What came of it: a sentence by forced choice, and one by the label people see."""
        alike = f"A and B answer alike on all {self.verdict.n:,} photos."
        if not self.differences and not self.labels_differ:
            return (self.without_faces or alike,)
        said = [summarise(self.verdict) if self.differences else f"By {FORCED_CHOICE}, {alike}"]
        if self.labels:
            differ = self.labels_differ > 0
            said.append(summarise(self.labels, by=LABEL_SHOWN) if differ else f"By {LABEL_SHOWN}, {alike}")
        return tuple(said)

    @property
    def without_faces(self) -> str:
        """Say that neither found a face, where that is so."""
        pair = self.confusions.get("choice", ())
        if not pair or any(each.counts[:, : len(each.labels)].any() for each in pair):
            return ""
        return f"Neither found a face in any of the {self.verdict.n:,} photos."

    def to_dict(self) -> dict[str, Any]:
        """Return the object that `compare --json` prints."""
        return {
            "a": self.a,
            "b": self.b,
            "sentence": self.sentence,
            "trained_on": {
                name: found and found.to_dict() for name, found in zip("ab", self.trained_on, strict=True)
            },
            **{name: paired.to_dict() for name, paired in self.metrics.items()},
            **self.verdict.to_dict(),
            "label_verdict": self.labels and self.labels.to_dict(),
            "slices": [
                {"by": by, "value": value, **_slice(verdict)}
                for by, values in self.slices.items()
                for value, verdict in values.items()
            ],
            "differences": [photo.to_dict() for photo in self.differences],
            "label_differences": [photo.to_dict() for photo in self.label_differences],
            "left_out": self.left_out,
        }


def compare(
    a: Bundle,
    b: Bundle,
    dataset: Dataset,
    *,
    by: Sequence[str] = (),
    threads: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Compare two bundles on the same labelled photos.

    Photos of classes that one of them does not know are left out. Near-duplicates, and photos with the same
    ``identity`` where the data has such a column, count as one in the intervals.

    Parameters
    ----------
    a, b : Bundle
    dataset : Dataset
    by : sequence of str
        Columns of the dataset whose every value is compared for itself too.
    threads : int
        Threads of the networks.
    progress : callable or None
        Called with (photos read, photos to be read by both).

    Returns
    -------
    Comparison

    Raises
    ------
    BundleError
        If both are the same model.
    DatasetError
        If there is no photo to compare on, or a column is not there or has too many values.
    MissingExtraError
        If scipy is not installed.
    TypeError
        If `a` or `b` is no Bundle or `dataset` no Dataset, but its path for instance.

    References
    ----------
    McNemar (1947), Note on the sampling error of the difference between correlated proportions; Tango
    (1998), for the intervals of differences of shares.
    """
    require_bundle(a, b)
    require_dataset(dataset)
    if _same(a, b):
        raise BundleError(f"Both are the model {a.id}: there is nothing to compare. Name two bundles.")
    dataset, places, left_out = _known_to_both(dataset, (a, b))
    dataset = with_a_choice(dataset)
    parts, n = partition(dataset, by), len(dataset)
    report = progress or (lambda done, total: None)
    face_cache = FaceCache()
    predictions = predict_grouped(
        a, dataset, threads=threads, face_cache=face_cache, progress=lambda done, _: report(done, 2 * n)
    )
    others = predict_dataset(
        b, dataset, threads=threads, face_cache=face_cache, progress=lambda done, _: report(n + done, 2 * n)
    )
    # A bundle whose thresholds were changed by hand keeps its id.
    names = (a.id, b.id) if a.id != b.id else (f"{a.id} ({a.path})", f"{b.id} ({b.path})")
    found = comparison_of(names, (predictions, others), ids=dataset.ids, parts=parts, places=places)
    return replace(found, left_out=left_out)


def comparison_of(
    names: tuple[str, str],
    pair: Pair,
    *,
    ids: Sequence[str],
    parts: Parts | None = None,
    places: Rows | None = None,
) -> Comparison:
    """Compare predictions that are there already.

    Parameters
    ----------
    names : (str, str)
        Of A and of B.
    pair : (Predictions, Predictions)
        Of A and of B, to the same photos; the groups are those of A.
    ids : sequence of str
        Of the photos.
    parts : dict of column to dict of value to ndarray of int64, or None
        Rows that are compared for themselves too, see `partition`.
    places : ndarray of int64, shape (n,), or None
        Rows of the photos in the data as it was given; None: the same.
    """
    groups = pair[0].group_numbers
    places = np.arange(len(groups)) if places is None else places
    return Comparison(
        a=names[0],
        b=names[1],
        verdict=judge(pair, groups),
        metrics=paired_metrics(pair, groups),
        slices={
            name: {value: _judge_part(pair, groups, rows) for value, rows in values.items()}
            for name, values in (parts or {}).items()
        },
        differences=_differences(pair, ids, places),
        left_out={},
        trained_on=(pair[0].trained_on, pair[1].trained_on),
        labels=judge_labels(pair, groups),
        labels_differ=int((pair[0].shown != pair[1].shown).sum()),
        label_differences=_label_differences(pair, ids, places),
        confusions=_confusions(pair),
    )


def _same(a: Bundle, b: Bundle) -> bool:
    """Whether two bundles give the same predictions: the network, and what is made of its probabilities."""
    fields = {"files", "training", "created"}
    return a.config.files[MODEL] == b.config.files[MODEL] and (
        a.config.model_dump(exclude=fields) == b.config.model_dump(exclude=fields)
    )


def _known_to_both(dataset: Dataset, bundles: Sequence[Bundle]) -> tuple[Dataset, Rows, dict[str, int]]:
    """Keep the photos of classes that both can name; weight that raters put on others is spread over these.

    Returns
    -------
    (Dataset, rows of it in the data as given, photos left out by label)
    """
    if not len(dataset):
        raise DatasetError("There are no labelled photos to compare on.")
    known = set.intersection(*({_general(label) for label in bundle.labels} for bundle in bundles))
    kept = [label for label in dataset.labels if _general(label) in known]
    left_out = {label: count for label, count in dataset.counts.items() if count and label not in kept}
    if not left_out:
        return dataset, np.arange(len(dataset)), {}
    places = np.flatnonzero(np.isin(np.array(dataset.labels)[dataset.hard], kept))
    some = dataset.take(places)
    if not len(some):
        raise DatasetError(
            f"The data has only photos labelled {', '.join(left_out)}, and the two bundles both know only "
            f"{', '.join(label for label in CANONICAL if label in known)}. Compare them on photos of those."
        )
    targets = some.targets[:, [dataset.labels.index(label) for label in kept]]
    return (
        replace(some, labels=tuple(kept), targets=targets / targets.sum(axis=1, keepdims=True)),
        places,
        left_out,
    )


def _general(label: str) -> str:
    return label if label in CANONICAL else "other"


def _judge_part(pair: Pair, groups: Rows, rows: Rows) -> Verdict | int:
    if len(rows) < FEWEST:
        return len(rows)
    return judge((pair[0].take(rows), pair[1].take(rows)), groups[rows])


def _differences(pair: Pair, ids: Sequence[str], places: Rows) -> tuple[Difference, ...]:
    a, b = pair
    rows = np.flatnonzero(a.y_pred != b.y_pred)
    order = np.lexsort((rows, ~b.correct[rows], ~a.correct[rows]))
    return tuple(
        Difference(
            file=ids[row],
            truth=a.labels[a.y_true[row]],
            a=a.columns[a.y_pred[row]],
            b=b.columns[b.y_pred[row]],
            p_happy_a=number_or_none(a.p_happy[row]),
            p_happy_b=number_or_none(b.p_happy[row]),
            row=int(places[row]),
            box=box_of(a, row) or box_of(b, row),
        )
        for row in rows[order]
    )


def _label_differences(pair: Pair, ids: Sequence[str], places: Rows) -> tuple[LabelDifference, ...]:
    a, b = pair
    rows = np.flatnonzero(a.shown != b.shown)
    wrong_a, wrong_b = (each.shown[rows] != general(each.names[rows]) for each in pair)
    return tuple(
        LabelDifference(
            file=ids[row],
            truth=a.labels[a.y_true[row]],
            a=_called(a, row),
            b=_called(b, row),
            degree_a=number_or_none(a.degree[row]),
            degree_b=number_or_none(b.degree[row]),
            row=int(places[row]),
            box=box_of(a, row) or box_of(b, row),
        )
        for row in rows[np.lexsort((rows, wrong_b, wrong_a))]
    )


def _called(predictions: Predictions, row: int) -> str:
    return predictions.stated[row] or predictions.columns[predictions.y_pred[row]]


def _confusions(pair: Pair) -> dict[str, tuple[Confusion, Confusion]]:
    a, b = pair
    return {"label": (confuse_labels(a), confuse_labels(b)), "choice": (confuse(a), confuse(b))}


def _slice(verdict: Verdict | int) -> dict[str, Any]:
    if isinstance(verdict, int):
        return {"photos": verdict, "too_few": True}
    return {"too_few": False, "accuracy": verdict.accuracy.to_dict(), **verdict.to_dict()}
