"""What a fine-tuned network keeps of the bundle it begins with: the classes that the photos do not show.

Learning without forgetting (Li and Hoiem 2016): the network one begins with answers for every photo first, and of the
classes that the data lack its answers are the targets. The photos move only what they show, happy against sad, within
the rest of each answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from emotion_classifier.data.labels import DETAILS, canonical, in_order
from emotion_classifier.model.bundle import Bundle, ScaleParameters
from emotion_classifier.model.preprocessing import Preprocessing
from emotion_classifier.recipes import Recipe
from emotion_classifier.recipes.inner_crop import inner_crop
from emotion_classifier.recipes.transfer import known_labels
from emotion_classifier.text import in_a_row
from emotion_classifier.training.batches import fixed_pixels
from emotion_classifier.training.inputs import Inputs

Floats = npt.NDArray[np.float32]
_LEAST = 1e-9
_BATCH = 256  # photos whose pixels are in memory at a time


@dataclass(frozen=True)
class Keeping:
    """What a network learns from photos, and what it keeps.

    Parameters
    ----------
    base : Bundle
        What it begins with.
    taught : tuple of str
        The data's labels.
    """

    base: Bundle
    taught: tuple[str, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the network to be trained: those of the base bundle and of the data."""
        return in_order((*known_labels(self.base), *self.taught))

    @property
    def left(self) -> tuple[str, ...]:
        """Labels that the data do not show."""
        covered = {*self.taught, *self._other}
        return tuple(label for label in self.labels if label not in covered)

    @property
    def _other(self) -> tuple[str, ...]:
        """Labels that a photo labelled other teaches: those of which the data name none."""
        if "other" not in self.taught:
            return ()
        return ("other", *(label for label in self.labels if label in DETAILS and label not in self.taught))

    def targets(self, taught: Floats, answers: Floats) -> Floats:
        """Lay targets out over `labels`.

        Parameters
        ----------
        taught : ndarray of float32, shape (n, labels of the data)
            Each row sums to 1.
        answers : ndarray of float32, shape (n, labels of the base bundle)
            Probabilities that the base bundle gives the same photos.

        Returns
        -------
        ndarray of float32, shape (n, labels)
            The base bundle's probabilities for the labels in `left`; the rest of each row is shared out as the data
            say, and what is other among the labels that make it up as the base bundle does.
        """
        at = {label: column for column, label in enumerate(self.labels)}
        known = np.zeros((len(answers), len(self.labels)), np.float32)
        for column, label in enumerate(known_labels(self.base)):
            known[:, at[label]] = answers[:, column]
        found = np.zeros_like(known)
        for label in self.left:
            found[:, at[label]] = known[:, at[label]]
        rest = 1 - found.sum(axis=1, keepdims=True)
        for column, label in enumerate(self.taught):
            columns = [at[each] for each in (self._other if label == "other" else (label,))]
            within = known[:, columns] + _LEAST
            found[:, columns] = rest * taught[:, [column]] * within / within.sum(axis=1, keepdims=True)
        return found

    def lay_out(self, inputs: Inputs, preprocessing: Preprocessing) -> Inputs:
        """Give inputs such targets; the base bundle is asked about each picture as it is, not varied."""
        if self.labels == self.taught:
            return inputs
        return replace(inputs, targets=self.targets(inputs.targets, self._answers(inputs, preprocessing)))

    def _answers(self, inputs: Inputs, preprocessing: Preprocessing) -> Floats:
        its = self.base.config.preprocessing
        crop = inner_crop(preprocessing, its)
        given = []
        for start in range(0, len(inputs.rows), _BATCH):
            some = inputs.take(np.arange(start, min(start + _BATCH, len(inputs.rows))))
            pixels = fixed_pixels(some, preprocessing)
            if crop and its != preprocessing:
                levels = crop.levels((pixels - preprocessing.offset) / preprocessing.scale)
                pixels = levels * np.float32(its.scale) + np.float32(its.offset)
            given.append(self.base.probabilities(pixels))
        return np.concatenate(given)

    @property
    def scale(self) -> ScaleParameters:
        """Where the scale begins: that of the base bundle, if it knows all labels."""
        if self.labels != in_order(known_labels(self.base)):
            return ScaleParameters()
        scale = self.base.config.scale
        source = f"{self.base.id} ({scale.fitted_on})" if scale.fitted_on else ""
        return scale.model_copy(update={"fitted_on": source})

    @property
    def sentence(self) -> str:
        """Say what is left to the base bundle; empty where nothing is."""
        left = _general(self.left)
        if not left:
            return ""
        base = "the default model" if self.base.path == Bundle.default().path else self.base.id
        return (
            f"The photos show {in_a_row(_general(self.taught))} only; {in_a_row(left)} {_are(left)} left to {base}, "
            f"as it reads {'them' if len(left) > 1 else 'it'}."
        )


def keeping(recipe: Recipe, taught: Sequence[str], weights: Path | None) -> Keeping | None:
    """Say what a recipe keeps of the bundle it begins with; None where it keeps nothing.

    Parameters
    ----------
    recipe : Recipe
    taught : sequence of str
        The data's labels.
    weights : Path or None
        The bundle it begins with; None: the recipe's own.

    Raises
    ------
    BundleError
        If there is no bundle in that folder.
    """
    base = recipe.base_bundle(weights)
    return None if base is None else Keeping(base, tuple(taught))


def untaught(recipe: Recipe, taught: Sequence[str], weights: Path | None = None) -> str:
    """Say in one sentence what the data cannot teach; empty where they show happy, neutral, sad and other.

    Parameters
    ----------
    recipe, taught, weights
        As `keeping` takes them.
    """
    kept = keeping(recipe, taught, weights)
    if kept:
        return kept.sentence
    known = _general(taught)
    if not {"happy", "sad"} <= set(known):
        return ""  # Which no training accepts.
    if "neutral" not in known:
        missing = "every neutral face"
    elif "other" not in known:
        missing = "every face with another expression"
    else:
        return ""
    return f"This model will know {in_a_row(known)} only: {missing} will be called one of them or uncertain."


def _general(labels: Sequence[str]) -> tuple[str, ...]:
    """Happy, neutral, sad, other: whichever are among labels or summed up from them."""
    return in_order(canonical(label) for label in labels)


def _are(labels: Sequence[str]) -> str:
    return "are" if len(labels) > 1 else "is"
