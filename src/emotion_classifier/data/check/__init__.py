"""The dataset doctor: coded findings about labelled photos, one class and one file per code."""

from __future__ import annotations

from dataclasses import dataclass

from emotion_classifier.bundle import Bundle
from emotion_classifier.data.check.ambiguous import Ambiguous
from emotion_classifier.data.check.bad_light import BadLight
from emotion_classifier.data.check.base import Check
from emotion_classifier.data.check.blurred_face import BlurredFace
from emotion_classifier.data.check.class_names import ClassNames
from emotion_classifier.data.check.exact_duplicate import ExactDuplicate
from emotion_classifier.data.check.finding import SEVERITIES, Finding, Severity
from emotion_classifier.data.check.imbalance import Imbalance
from emotion_classifier.data.check.leakage import Leakage
from emotion_classifier.data.check.metadata import Metadata
from emotion_classifier.data.check.missing_class import MissingClass
from emotion_classifier.data.check.near_duplicate import NearDuplicate
from emotion_classifier.data.check.no_face import NoFace
from emotion_classifier.data.check.several_faces import SeveralFaces
from emotion_classifier.data.check.shortcut import Shortcut
from emotion_classifier.data.check.small_face import SmallFace
from emotion_classifier.data.check.survey import Progress, Survey, look_at_all
from emotion_classifier.data.check.too_few import TooFew
from emotion_classifier.data.check.turned_face import TurnedFace
from emotion_classifier.data.check.two_classes import TwoClasses
from emotion_classifier.data.check.unreadable import Unreadable
from emotion_classifier.data.check.wrong_label import WrongLabel
from emotion_classifier.data.dataset import Dataset
from emotion_classifier.errors import DatasetError

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
