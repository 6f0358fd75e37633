"""A recipe as an estimator of scikit-learn, for `cross_val_score`, `GridSearchCV` and pipelines of one's own."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from emotion_classifier.classifier import EmotionClassifier
from emotion_classifier.data import Dataset
from emotion_classifier.data.labels import CANNOT_TELL, grade_named, in_order, is_known, likeliest, one_hot
from emotion_classifier.errors import missing_extra
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.photo import PhotoSource, read_photo
from emotion_classifier.reading import NO_FACE, PhotoReading, Reading

try:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.utils.validation import check_consistent_length, check_is_fitted
except ImportError as _error:
    raise missing_extra("train", "sklearn") from _error

if TYPE_CHECKING:
    from emotion_classifier.recipes import Recipe

NO_READING = ("no face", "unreadable")
Labels = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]


class RecipeClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Train a recipe on photos and labels, and predict those labels for other photos.

    X is a sequence of photos, each a path, the bytes of a file, a PIL image or an array of uint8, shape (height, width,
    3); y holds their labels, such as "happy" and "sad", in any of the spellings that class folders may have; a
    grade ("slightly happy") counts as its label.

    Copies of one picture, and photos of one person, must not be on both sides of a split:
    `emotion_classifier.independent_groups` finds them, and ``GroupKFold`` keeps them together.

    Parameters
    ----------
    recipe : str or Recipe
        A recipe or its name, see ``emotion-classifier train --recipe help``.
    epochs : int or None
        None: the recipe's own.
    learning_rate : float or None
        Highest rate of a network's optimizer; None: the recipe's own.
    validation : float
        Share of the photos that is not learned from but used to fit the scale of the probabilities, 0 to 0.5. 0 learns
        from all of them and leaves the probabilities as the model gives them.
    cropped : bool
        The photos are tight face crops.
    random_state : int
        Seed of everything drawn by chance.
    threads : int
        Threads of the networks in prediction.

    Attributes
    ----------
    classes_ : ndarray of str, shape (k,)
        The labels in `y`, sorted.
    bundle_files_ : dict of str to bytes
        The trained bundle, file by file.
    problems_ : tuple of (str, str)
        Photos that could not be learned from, and why.

    Raises
    ------
    MissingExtraError
        If scikit-learn is not installed; when the class is imported.

    Notes
    -----
    A pickled estimator contains the whole bundle, so it needs no folder that was there when it was fitted. Unpickle
    only what you trust; to hand a model on, `save` it as a bundle, which holds nothing but ONNX and JSON.

    Examples
    --------
    >>> from sklearn.model_selection import GroupKFold, cross_val_score
    >>> from emotion_classifier import RecipeClassifier, independent_groups, open_dataset
    >>> dataset = open_dataset("photos")  # doctest: +SKIP
    >>> X, y = list(dataset.sources), np.array(dataset.labels)[dataset.hard]  # doctest: +SKIP
    >>> groups = independent_groups(dataset)  # doctest: +SKIP
    >>> cross_val_score(RecipeClassifier("svm"), X, y, groups=groups, cv=GroupKFold(5))  # doctest: +SKIP
    array([0.975, 1.   , 0.95 , 0.975, 0.95 ])
    >>> RecipeClassifier("svm", random_state=3)
    RecipeClassifier(random_state=3, recipe='svm')
    """

    def __init__(
        self,
        recipe: str | Recipe = "transfer",
        *,
        epochs: int | None = None,
        learning_rate: float | None = None,
        validation: float = 0.0,
        cropped: bool = False,
        random_state: int = 0,
        threads: int = 1,
    ) -> None:
        self.recipe = recipe
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.validation = validation
        self.cropped = cropped
        self.random_state = random_state
        self.threads = threads

    def fit(self, X: Iterable[PhotoSource], y: Sequence[str] | Labels) -> RecipeClassifier:
        """Train the recipe.

        Parameters
        ----------
        X : sequence of n photos
        y : sequence of n str
            Happy and sad must be among them.

        Returns
        -------
        RecipeClassifier
            The fitted estimator itself.

        Raises
        ------
        ValueError
            If X and y differ in length, or y holds something that is no known label.
        EmotionClassifierError
            As `emotion_classifier.train` raises it.
        """
        from emotion_classifier.training.fit import train
        from emotion_classifier.training.options import TrainOptions

        photos, names = list(X), np.asarray(y)
        check_consistent_length(photos, names)
        meanings = _meanings(np.unique(names))
        options = TrainOptions(
            seed=self.random_state,
            epochs=self.epochs,
            learning_rate=self.learning_rate,
            validation=self.validation,
        )
        dataset = _dataset(photos, [meanings[str(name)] for name in names], cropped=self.cropped)
        with TemporaryDirectory() as folder:
            result = train(dataset, recipe=self.recipe, out=Path(folder) / "model", options=options)
            files = {file.name: file.read_bytes() for file in sorted(result.bundle.path.iterdir())}
        self.bundle_files_ = files
        self.problems_ = result.problems
        self.classes_ = np.unique(names)
        return self

    def predict(self, X: Iterable[PhotoSource]) -> Labels:
        """Choose the likeliest label of every photo.

        Parameters
        ----------
        X : sequence of n photos

        Returns
        -------
        ndarray of str, shape (n,)
            One of `classes_`; "no face" or "unreadable" where nothing could be read, which every score counts as wrong.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If nothing was fitted yet.
        """
        photos = self._read(X)
        stated = self._stated(photos)
        missing = np.isnan(stated).any(axis=1)
        labels = self.classes_[np.where(missing, 0, np.nan_to_num(stated).argmax(axis=1))]
        if not missing.any():
            return np.asarray(labels)
        reasons = [NO_READING[0] if photo.reason in (None, NO_FACE) else NO_READING[1] for photo in photos]
        return np.where(missing, reasons, labels)

    def predict_proba(self, X: Iterable[PhotoSource]) -> Floats:
        """Estimate the probability of every label, given that one of them is right.

        Parameters
        ----------
        X : sequence of n photos

        Returns
        -------
        ndarray of float64, shape (n, k)
            Columns in the order of `classes_`, rows sum to 1; NaN where nothing could be read. For happy and sad alone
            it is the reading's ``p_happy``, at equal priors.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If nothing was fitted yet.
        """
        return self._stated(self._read(X))

    def save(self, out: str | Path) -> Bundle:
        """Write the trained model as a bundle, for the command line and `EmotionClassifier`.

        Parameters
        ----------
        out : str or Path
            A folder that is not there yet.

        Returns
        -------
        Bundle
            The bundle written.

        Raises
        ------
        FileExistsError
            If there is something of that name.
        sklearn.exceptions.NotFittedError
            If nothing was fitted yet.
        """
        check_is_fitted(self, "bundle_files_")
        folder = Path(out)
        folder.mkdir(parents=True)
        for name, content in self.bundle_files_.items():
            (folder / name).write_bytes(content)
        return Bundle.load(folder)

    def __sklearn_tags__(self) -> Any:
        """Say that X is no table of numbers."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        return tags

    def _read(self, X: Iterable[PhotoSource]) -> list[PhotoReading]:
        check_is_fitted(self, "classes_")
        with TemporaryDirectory() as folder:
            classifier = EmotionClassifier(self.save(Path(folder) / "model"), threads=self.threads)
            return list(classifier.predict_many(list(X), cropped=self.cropped))

    def _stated(self, photos: Sequence[PhotoReading]) -> Floats:
        meanings = list(_meanings(self.classes_).values())
        rows = [_shares(photo.main, meanings) for photo in photos]
        return np.array(rows, np.float64).reshape(len(rows), len(meanings))


def _shares(reading: Reading | None, meanings: Sequence[str]) -> list[float]:
    """Share out one among some of happy, neutral, sad and other as a reading does; NaN without one."""
    if reading is None:
        return [np.nan] * len(meanings)
    if set(meanings) == {"happy", "sad"}:
        return [reading.p_happy if label == "happy" else 1 - reading.p_happy for label in meanings]
    shares = [reading.probabilities[label] or 0.0 for label in meanings]
    total = sum(shares)
    return [share / total if total else 1 / len(shares) for share in shares]


def _meanings(names: Labels) -> dict[str, str]:
    """Say which of happy, neutral, sad and other each label means."""
    meanings = {str(name): likeliest(str(name)) for name in names}
    # Of mixed faces, and those that nobody can tell, there is no one label to learn.
    unknown = [name for name in meanings if not is_known(name) or grade_named(name) in ("mixed", CANNOT_TELL)]
    if unknown:
        raise ValueError(
            f"y holds {', '.join(map(repr, unknown))}, which are no known labels. Call what photos show happy, "
            f"neutral, sad or other."
        )
    for meaning in meanings.values():
        same = [name for name, other in meanings.items() if other == meaning]
        if len(same) > 1:
            raise ValueError(f"{' and '.join(map(repr, same))} both mean {meaning}. Use one of them in y.")
    return meanings


def _dataset(photos: Sequence[PhotoSource], labels: Sequence[str], *, cropped: bool) -> Dataset:
    order = in_order(labels)
    return Dataset(
        labels=order,
        sources=tuple(_source(photo) for photo in photos),
        targets=one_hot(labels, order),
        ids=tuple(
            str(photo) if isinstance(photo, str | os.PathLike) else f"photo {number}"
            for number, photo in enumerate(photos, start=1)
        ),
        splits=("",) * len(photos),
        cropped=(cropped,) * len(photos),
    )


def _source(photo: PhotoSource) -> Path | bytes:
    if isinstance(photo, bytes):
        return photo
    if isinstance(photo, str | os.PathLike):
        return Path(photo)
    file = io.BytesIO()
    Image.fromarray(read_photo(photo)).save(file, "PNG")
    return file.getvalue()
