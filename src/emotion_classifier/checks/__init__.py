"""The dataset doctor: coded findings about labelled photos, one class and one file per code."""

from __future__ import annotations

from dataclasses import dataclass

from emotion_classifier.checks.base import Check
from emotion_classifier.checks.data001_unreadable import Unreadable
from emotion_classifier.checks.data002_exact_duplicate import ExactDuplicate
from emotion_classifier.checks.data003_near_duplicate import NearDuplicate
from emotion_classifier.checks.data004_two_classes import TwoClasses
from emotion_classifier.checks.data005_no_face import NoFace
from emotion_classifier.checks.data006_several_faces import SeveralFaces
from emotion_classifier.checks.data007_small_face import SmallFace
from emotion_classifier.checks.data008_blurred_face import BlurredFace
from emotion_classifier.checks.data009_bad_light import BadLight
from emotion_classifier.checks.data010_wrong_label import WrongLabel
from emotion_classifier.checks.data011_ambiguous import Ambiguous
from emotion_classifier.checks.data012_imbalance import Imbalance
from emotion_classifier.checks.data013_shortcut import Shortcut
from emotion_classifier.checks.data014_leakage import Leakage
from emotion_classifier.checks.data015_too_few import TooFew
from emotion_classifier.checks.data016_class_names import ClassNames
from emotion_classifier.checks.data017_metadata import Metadata
from emotion_classifier.checks.data018_turned_face import TurnedFace
from emotion_classifier.checks.data019_missing_class import MissingClass
from emotion_classifier.checks.survey import Progress, Survey, look_at_all
from emotion_classifier.data.dataset import Dataset
from emotion_classifier.errors import DatasetError
from emotion_classifier.findings.finding import SEVERITIES, Finding, Severity
from emotion_classifier.model.bundle import Bundle

__all__ = ["CHECKS", "SEVERITIES", "Check", "CheckOptions", "Finding", "Severity", "Survey", "check"]

CHECKS: tuple[Check, ...] = (
    Unreadable(),
    ExactDuplicate(),
    NearDuplicate(),
    TwoClasses(),
    NoFace(),
    SeveralFaces(),
    SmallFace(),
    BlurredFace(),
    BadLight(),
    WrongLabel(),
    Ambiguous(),
    Imbalance(),
    Shortcut(),
    Leakage(),
    TooFew(),
    ClassNames(),
    Metadata(),
    TurnedFace(),
    MissingClass(),
)


@dataclass(frozen=True)
class CheckOptions:
    """What a user may say about a check.

    Parameters
    ----------
    group_column : str
        Column that says who is in the photo.
    points : float
        Half width of the interval that is wanted, in percentage points.
    """

    group_column: str = "identity"
    points: float = 3.0


@dataclass(frozen=True)
class CheckResult:
    """The findings, errors first, and what they were made from."""

    findings: tuple[Finding, ...]
    survey: Survey


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
        If the dataset is empty.
    MissingExtraError
        If cleanlab or scikit-learn is not installed.
    """
    if not len(dataset):
        raise DatasetError("There are no labelled photos to check.")
    options = options or CheckOptions()
    bundle = bundle or Bundle.default()
    looks, raw = look_at_all(dataset, bundle, progress=progress)
    survey = Survey(dataset, bundle, looks, raw, options.group_column, options.points)
    found = [finding for one in CHECKS for finding in one.find(survey)]
    found.sort(key=lambda finding: SEVERITIES.index(finding.severity))
    return CheckResult(tuple(found), survey)
