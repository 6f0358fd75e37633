"""The audit: ask a bundle, measure every group, test the gaps, gather what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

import numpy as np

from emotion_classifier.data import Dataset, require_dataset
from emotion_classifier.data.groups import group_column_of, names_people
from emotion_classifier.data.labels import in_order, is_graded, is_known, likeliest
from emotion_classifier.errors import DatasetError
from emotion_classifier.evaluation.predictions import (
    NO_PREDICTION,
    Predictions,
    predict_grouped,
    require_bundle,
    with_a_choice,
)
from emotion_classifier.fairness.checks import AUDIT_CHECKS, PHOTO_CHECKS, RENDERED_CHECKS
from emotion_classifier.fairness.gaps import GroupTable
from emotion_classifier.fairness.grouping import TIMES, Grouping, group_by
from emotion_classifier.fairness.result import Audit, GroupFigures
from emotion_classifier.fairness.survey import AuditOptions, AuditSurvey
from emotion_classifier.findings.run import require_codes, run_checks, skip_checks
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.model.scale import net_share

Progress = Callable[[str, int, int], None]


def audit(
    bundle: Bundle,
    dataset: Dataset,
    by: Sequence[str],
    *,
    options: AuditOptions | None = None,
    threads: int = 1,
    progress: Progress | None = None,
) -> Audit:
    """Measure whether a bundle is equally good for every group of people.

    Parameters
    ----------
    bundle : Bundle
    dataset : Dataset
        With the groups in columns, as the people photographed or the owner of the data stated them.
    by : sequence of str
        Columns; their intersections are measured too, but of a column all of whose groups are too small.
    options : AuditOptions or None
    threads : int
        Threads of the networks.
    progress : callable or None
        Called with (stage, done, in all).

    Returns
    -------
    Audit

    Raises
    ------
    DatasetError
        If there are no photos, or a column is absent, has too many values, or holds numbers and words.
    UnknownCodeError
        If a code to be ignored is that of no check.
    MissingExtraError
        If fairlearn is not installed.
    TypeError
        If `bundle` is no Bundle or `dataset` no Dataset, but its path for instance.
    """
    require_bundle(bundle)
    require_dataset(dataset)
    options = options or AuditOptions()
    options = replace(options, group_column=group_column_of(dataset, options.group_column))
    groupings = prepare(dataset, by, options)
    dataset = with_a_choice(dataset)
    report = progress or (lambda stage, done, total: None)
    predictions = predict_grouped(
        bundle,
        dataset,
        column=options.group_column,
        threads=threads,
        progress=lambda done, total: report("reading photos", done, total),
    )
    return audit_predictions(
        predictions,
        groupings,
        ids=dataset.ids,
        unit_name="people" if names_people(dataset, options.group_column) else "photos",
        options=options,
        model=bundle.id,
        progress=progress,
    )


def prepare(dataset: Dataset, by: Sequence[str], options: AuditOptions) -> tuple[Grouping, ...]:
    """Sort photos into groups; everything that can be refused is refused here, before a photo is read."""
    if not len(dataset):
        raise DatasetError("There are no labelled photos to audit.")
    require_codes(options.ignore, AUDIT_CHECKS)
    return group_by(dataset, by, age_bands=options.age_bands, bands=options.bands)


def audit_predictions(
    predictions: Predictions,
    groupings: Sequence[Grouping],
    *,
    ids: Sequence[str] = (),
    unit_name: str = "photos",
    options: AuditOptions | None = None,
    model: str = "",
    progress: Progress | None = None,
) -> Audit:
    """Audit answers that are there already; the parameters are those of `audit` and `AuditSurvey`."""
    options = options or AuditOptions()
    unit = np.unique(predictions.group_numbers, return_inverse=True)[1].ravel()
    ids = tuple(ids) or tuple(f"photo {row + 1}" for row in range(len(predictions)))
    table = GroupTable(predictions, unit, options)
    measured: dict[str, tuple[GroupFigures, ...]] = {}
    for each in groupings:
        # Of columns without a single group that is large enough, no intersection has one.
        small = {by for by, groups in measured.items() if all(group.needed for group in groups)}
        if not small & set(each.by.split(TIMES)):
            measured[each.by] = tuple(table.figures(each))
    groupings = tuple(each for each in groupings if each.by in measured)
    groups = tuple(group for of_column in measured.values() for group in of_column)
    gaps = table.gaps(groupings, progress=progress)
    survey = AuditSurvey(predictions, ids, groupings, groups, gaps, unit, unit_name, options)
    checked = run_checks(PHOTO_CHECKS, survey, ignore=options.ignore)
    return Audit(
        model=model,
        n=len(predictions),
        overall=table.overall,
        groups=groups,
        gaps=gaps,
        findings=checked.findings,
        outcomes=(
            *checked.outcomes,
            *skip_checks(RENDERED_CHECKS, "rendered faces were not read", ignore=options.ignore),
        ),
        not_measured=tuple(table.not_measured(groups, unit_name)),
        labels=_labels_of(predictions),
        unit=unit_name,
        no_answer=tuple(
            (ids[row], NO_PREDICTION[predictions.y_pred[row] - len(predictions.labels)])
            for row in np.flatnonzero(~predictions.predicted)
        ),
        notes=(*(note for each in groupings for note in each.notes), *_notes(predictions, unit_name)),
        trained_on=predictions.trained_on,
    )


def nothing_measured(model: str, *, ignore: Collection[str] = ()) -> Audit:
    """Make the audit of no photos, for an audit on rendered faces alone."""
    outcomes = skip_checks(PHOTO_CHECKS, "no photos of people were given", ignore=ignore)
    return Audit(model, 0, {}, (), (), (), ("Photos of people: none were given.",), outcomes)


def keep_labels(dataset: Dataset, labels: Sequence[str]) -> tuple[Dataset, dict[str, int]]:
    """Keep the photos of some classes, and say how many had another.

    Targets are laid out over the classes that are kept.

    Parameters
    ----------
    dataset : Dataset
    labels : sequence of str
        Classes, or words for them: "smiling" and "slightly happy" are happy.

    Returns
    -------
    (Dataset, dict of str to int)
        And how many photos of each other class were left out.

    Raises
    ------
    DatasetError
        If the data has no photos of one of them.
    """
    meant = {name: likeliest(name) if is_known(name) else name for name in labels}
    wanted, counts = in_order(meant.values()), dataset.counts
    absent = [name for name, label in meant.items() if not counts.get(label)]
    if absent:
        found = ", ".join(f"{label} ({count:,})" for label, count in counts.items() if count)
        raise DatasetError(f"The data has no photos labelled {' or '.join(absent)} (labels found: {found}).")
    places = [dataset.labels.index(label) for label in wanted]
    kept = dataset.take(np.flatnonzero(np.isin(dataset.hard, places)))
    targets = kept.targets[:, places] / kept.targets[:, places].sum(axis=1, keepdims=True)
    left_out = {label: count for label, count in counts.items() if label not in wanted and count}
    return replace(kept, labels=wanted, targets=targets.astype(np.float32)), left_out


def _labels_of(predictions: Predictions) -> tuple[str, ...]:
    """Name the classes that there are photos of."""
    return tuple(label for label in predictions.labels if label in predictions.names)


def _notes(predictions: Predictions, unit_name: str) -> list[str]:
    counts = Counter(predictions.names.tolist())
    labelled = ", ".join(f"{label} {counts[label]:,}" for label in _labels_of(predictions))
    graded = is_graded(net_share(predictions.shares))
    target = (
        "the net share of the raters" if graded else "+1 for happy, −1 for sad and 0 for every other label"
    )
    resampled = (
        "people, with all their photos; copies of one picture count as one"
        if unit_name == "people"
        else "photos, copies of one picture together, since nothing says who is in them; photos of one person make "
        "these intervals too short"
    )
    notes = [
        f"Labels: {labelled}.",
        f"Intervals hold the truth in 95 of 100 such samples; resampled were {resampled}.",
        f"The degree is held to {target}.",
    ]
    if "sad" not in predictions.labels:
        notes.append("No class is sad, so read as sad means that the reading's own label is sad.")
    return notes
