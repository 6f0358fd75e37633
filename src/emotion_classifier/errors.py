"""Everything this package raises on purpose.

Catch the branch you can act on::

    EmotionClassifierError
    ├── PhotoError
    │   ├── UnreadablePhotoError    not a picture, truncated, empty, no permission
    │   └── PhotoTooLargeError      over the limit on bytes or pixels
    ├── BundleError
    │   ├── BundleNotFoundError     nothing at that path, no bundle of that name
    │   ├── CorruptBundleError      a file is missing or is not what config.json says
    │   ├── NewerBundleError        written by a later version of this package
    │   └── CardError               a model card that is missing or cannot be read
    ├── VideoError                  a video that cannot be opened, or not be written
    ├── BatchError                  a batch that cannot begin or go on in its folder
    ├── DatasetError                a folder or Parquet file that cannot be learned from
    ├── RecipeError                 an unknown recipe, or one that does not fit the data
    ├── MetricError                 an unknown metric, or a name that is taken
    ├── UnsafeModelError            a Keras file that would run code when loaded
    ├── UnknownCodeError            no check has that code
    ├── TrackingError               a run could not be logged
    └── MissingExtraError           an optional dependency is absent (also an ImportError)

Every message says what happened, why, and what to do next.
"""

from __future__ import annotations

from collections.abc import Iterable


class EmotionClassifierError(Exception):
    """Base class of every error this package raises on purpose.

    Attributes
    ----------
    left_out : tuple of (id, reason)
        Photos that `train` could not use before it failed, such as broken ones; too few may be left for that reason.
    """

    left_out: tuple[tuple[str, str], ...] = ()


class PhotoError(EmotionClassifierError):
    """A photo could not be used."""


class UnreadablePhotoError(PhotoError):
    """The source is no picture, or a broken one."""


class PhotoTooLargeError(PhotoError):
    """The photo is over the limit on bytes or on pixels; it was not decoded."""


class BundleError(EmotionClassifierError):
    """A model bundle could not be used."""


class BundleNotFoundError(BundleError):
    """There is no bundle at that path or of that name."""


class CorruptBundleError(BundleError):
    """A file of the bundle is missing or differs from what config.json says."""


class NewerBundleError(BundleError):
    """The bundle was written by a later version of this package."""


class CardError(BundleError):
    """A model card is missing, or it or its front matter cannot be read."""


class VideoError(EmotionClassifierError):
    """A video cannot be opened, or cannot be written."""


class BatchError(EmotionClassifierError):
    """A batch cannot begin, or not go on in its folder."""


class DatasetError(EmotionClassifierError):
    """A folder or Parquet file cannot be used as a labelled dataset."""


class RecipeError(EmotionClassifierError):
    """A recipe is unknown, or does not fit the data it was given."""


class MetricError(EmotionClassifierError):
    """There is no metric of that name, or there is one already."""


class UnsafeModelError(EmotionClassifierError):
    """A Keras file would run code of its own when loaded; it was refused."""


class UnknownCodeError(EmotionClassifierError):
    """No check has that code."""


class TrackingError(EmotionClassifierError):
    """A run could not be logged to MLflow."""


class MissingExtraError(EmotionClassifierError, ImportError):
    """An optional dependency of this package is not installed."""


def missing_extra(extra: str, module: str) -> MissingExtraError:
    """Make the error that tells how to install an optional dependency.

    Parameters
    ----------
    extra : str
        Name of the extra.
    module : str
        The module whose import failed.

    Returns
    -------
    MissingExtraError
        To be raised by the caller, ``from`` the original ImportError.

    Examples
    --------
    >>> print(str(missing_extra("train", "keras")).partition(" Install")[0])
    This needs the package 'keras', which is not installed.
    """
    # Needed where something is amiss only.
    from emotion_classifier.installation import this_installation

    return MissingExtraError(
        f"This needs the package '{module}', which is not installed. "
        f"Install it with: {this_installation().add(extra)}"
    )


def require_kind(kind: type, given: Iterable[object], cure: str) -> None:
    """Refuse what is of another kind, such as the path of what is needed, and say how to come by it.

    Raises
    ------
    TypeError
    """
    for each in given:
        if not isinstance(each, kind):
            raise TypeError(f"A {kind.__name__} is needed, not {type(each).__name__}. {cure}")
