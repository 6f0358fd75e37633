"""The dataset doctor: coded findings about labelled photos, one class and one file per code."""

from __future__ import annotations

from dataclasses import dataclass

from emotion_classifier.checks.context import CheckContext, Progress, measure_images
from emotion_classifier.checks.out_of_fold import FEWEST
from emotion_classifier.data.dataset import Dataset, require_dataset
from emotion_classifier.data.groups import group_column_of
from emotion_classifier.errors import DatasetError
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import Finding
from emotion_classifier.findings.outcome import Outcome
from emotion_classifier.findings.registry import checks_of, discover
from emotion_classifier.findings.run import require_codes, run_checks
from emotion_classifier.model.bundle import Bundle

__all__ = ["CHECKS", "Check", "CheckContext", "CheckOptions", "CheckResult", "Finding", "check"]

discover(__name__)
CHECKS: tuple[Check[CheckContext], ...] = checks_of(CheckContext)


@dataclass(frozen=True)
class CheckOptions:
    """What a user may say about a check.

    Parameters
    ----------
    group_column : str
        Column that says who is in the photo.
    points : float
        Half width of the interval that is wanted, in percentage points.
    ignore : tuple of str
        Codes of checks that are not run.
    """

    group_column: str = "identity"
    points: float = 3.0
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckResult:
    """The findings, errors first, how each check ended, and what they looked at."""

    findings: tuple[Finding, ...]
    outcomes: tuple[Outcome, ...]
    context: CheckContext


def check(
    dataset: Dataset,
    *,
    bundle: Bundle | None = None,
    options: CheckOptions | None = None,
    progress: Progress | None = None,
) -> CheckResult:
    """Look for what is wrong with labelled photos.

    Parameters
    ----------
    dataset : Dataset
    bundle : Bundle or None
        The model whose readings are used; None: the default model. It must not have been trained on these photos,
        or it hides their wrong labels.
    options : CheckOptions
    progress : callable or None
        Called with (photos done, photos in all).

    Returns
    -------
    CheckResult

    Raises
    ------
    DatasetError
        If the dataset is empty, or has no such group column.
    UnknownCodeError
        If a code to be ignored is that of no check.
    MissingExtraError
        If cleanlab or scikit-learn is not installed; before any photo is read, where there are photos enough.
    TypeError
        If `dataset` is no Dataset, but its path for instance.
    """
    require_dataset(dataset)
    if not len(dataset):
        raise DatasetError("There are no labelled photos to check.")
    options = options or CheckOptions()
    require_codes(options.ignore, CHECKS)
    column = group_column_of(dataset, options.group_column)
    if sum(count >= FEWEST for count in dataset.counts.values()) > 1:  # Else nothing is learned.
        for each in CHECKS:
            if each.code not in options.ignore:
                each.require_libraries()
    bundle = bundle or Bundle.default()
    images, raw = measure_images(dataset, bundle, progress=progress)
    context = CheckContext(dataset, bundle, images, raw, column, options.points)
    checked = run_checks(CHECKS, context, ignore=options.ignore)
    return CheckResult(checked.findings, checked.outcomes, context)
