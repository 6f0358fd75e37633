"""What a recipe is: everything that turns a labelled dataset into a trained model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from emotion_classifier.errors import RecipeError
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.model.known_photos import KnownPhotos
from emotion_classifier.model.preprocessing import Preprocessing
from emotion_classifier.recipes.fitting import FitPlan, FitTask, Fitted
from emotion_classifier.text import in_a_row

if TYPE_CHECKING:
    import keras

    Floats = npt.NDArray[np.float32]
    HeadFit = Callable[[keras.Model, Floats, Floats, Floats | None], None]

_FOREIGN = "the weights it began with"
# Where a plan asks for something that a recipe knows nothing of: the option, and why it is refused.
_REFUSALS = {
    "weights": ("--weights", "does not begin with trained weights"),
    "epochs": ("--epochs", "has no epochs"),
    "patience": ("--patience", "has no epochs"),
    "learning_rate": ("--learning-rate", "has no learning rate"),
    "more_light": ("--augment-light", "does not vary pictures"),
    "bad_photos": ("--augment-quality", "does not vary pictures"),
    "bfloat16": ("--bfloat16", "trains no network"),
    "int8": ("--int8", "trains no network"),
}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A named way to train a model.

    A recipe of a new kind derives from this class and overrides `fit`; the other methods have answers that suit a
    recipe which begins with nothing and has no settings.

    Parameters
    ----------
    name : str
        As on the command line.
    summary : str
        One line for people.
    preprocessing : Preprocessing
        What the model takes in.
    output : {"softmax", "sigmoid"}
        ``sigmoid``: one column, the probability of the second label. ``softmax``: one column per label.
    labels : tuple of str or None
        Labels the model must have, in this order; None: those of the dataset.
    augment : bool
        Vary pictures and framing in training; crops are cut wider for it.
    grouped : bool
        Training rows are split once more, and near-duplicates and people must stay on one side of that too.
    variants : callable or None
        The recipe's search space: ``variants(hp)`` asks Keras Tuner's ``HyperParameters`` always for the same
        parameters, and returns this recipe with their values. What pictures it takes in must stay the same.
    members : tuple of Recipe
        The recipes that an ensemble is made of; empty for every other.
    """

    name: str
    summary: str
    preprocessing: Preprocessing
    output: Literal["softmax", "sigmoid"] = "softmax"
    labels: tuple[str, ...] | None = None
    augment: bool = False
    grouped: bool = False
    variants: Callable[[Any], Recipe] | None = None
    members: tuple[Recipe, ...] = ()

    def fit(self, task: FitTask) -> Fitted:
        """Learn from labelled photos.

        Parameters
        ----------
        task : FitTask
            The photos, the plan, and the ways of fitting that can be used.

        Returns
        -------
        Fitted
            With an ONNX model from normalised pixels to probabilities.

        Raises
        ------
        RecipeError
            If the recipe cannot be fitted on this data.
        """
        raise NotImplementedError(
            f"{type(self).__name__} does not say how to fit {self.name}: override `fit`."
        )

    @property
    def takes(self) -> frozenset[str]:
        """Fields of `FitPlan` that not every recipe can do something with, and this one can."""
        return frozenset({"more_light", "bad_photos"} if self.augment else ())

    @property
    def trains_keras(self) -> bool:
        """Whether a Keras network is trained and converted."""
        return False

    @property
    def needs_weights(self) -> bool:
        """Whether it is meant to begin with trained weights that no bundle holds."""
        return False

    def from_nothing(self, weights: Path | None = None) -> bool:
        """Tell whether a network begins with random weights, given a path of weights or none."""
        return False

    @property
    def default_epochs(self) -> int | None:
        """Epochs unless others are asked for; None: it is not trained in epochs."""
        return None

    def as_member(self, plan: FitPlan) -> FitPlan:
        """Leave out of an ensemble's plan what this member can do nothing with."""
        unknown = {name: getattr(FitPlan, name) for name in _REFUSALS if name not in self.takes}
        return replace(plan, **unknown)

    def refuse_unknown(self, plan: FitPlan) -> None:
        """Refuse a plan that says something this recipe can do nothing with.

        Raises
        ------
        RecipeError
            Naming every such option.
        """
        refused = [said for name, said in _REFUSALS.items() if getattr(plan, name) and name not in self.takes]
        if refused:
            options, reasons = zip(*refused, strict=True)
            raise RecipeError(
                f"The recipe {self.name} {in_a_row(dict.fromkeys(reasons))}; leave out {in_a_row(options)}."
            )

    def require_libraries(self) -> None:
        """Refuse to begin without the libraries that the fit needs, as far as that is soon seen.

        Raises
        ------
        MissingExtraError
            Naming the first that is not installed.
        """

    def check(self, labels: tuple[str, ...], plan: FitPlan) -> None:
        """Refuse, before training, what cannot end in a model on this machine.

        Raises
        ------
        MissingExtraError
            If a library is not installed.
        RecipeError
            If the weights do not fit the recipe.
        """

    def check_counts(self, counts: Mapping[str, int]) -> None:
        """Refuse too few photos of a label to learn from, in words that name it.

        Raises
        ------
        RecipeError
        """

    def base_bundle(self, weights: Path | None) -> Bundle | None:
        """Load the bundle whose other labels the model keeps; None: it knows those of the data alone."""
        return None

    def begins_with(self, plan: FitPlan) -> tuple[Bundle, ...]:
        """Load the bundles whose networks the recipe begins with or reads faces by."""
        return ()

    def photos_before(self, plan: FitPlan) -> tuple[KnownPhotos, ...]:
        """Say which photos are known to what the recipe begins with."""
        return tuple(photos_of(bundle) for bundle in self.begins_with(plan))


def photos_of(bundle: Bundle) -> KnownPhotos:
    """Give the photos that a bundle knows; where it has no record of them, its id stands for them."""
    known = bundle.known_photos()
    return KnownPhotos(unrecorded=(bundle.id,)) if known is None else known


@dataclass(frozen=True, kw_only=True)
class NetworkRecipe(Recipe):
    """A Keras network and how it is trained.

    Its model comes compiled, with binary cross-entropy for a sigmoid, and for a softmax with categorical cross-entropy:
    targets are shares of raters.

    Parameters
    ----------
    build : callable or None
        ``build(number of labels)`` gives a compiled Keras model with random weights; None: there is `start`.
    start : callable or None
        ``start(labels, path of weights or None)`` gives a compiled model that begins with trained weights, and
        is used in place of `build`.
    random_start : bool
        Without a path of weights `start` gives random ones.
    base : callable or None
        ``base(path of weights or None)`` gives the bundle that `start` begins with. The network has its labels, and
        those that the data lack are left to it.
    fit_head : callable or None
        ``fit_head(model, inputs, targets, importance)`` fits the last layer alone, before the epochs; importance says
        how much each photo counts, None: all the same.
    head_photos : int or None
        Fit the head on so many photos at most, drawn by chance; None: on all.
    epochs, batch_size : int
    smallest_batch : int or None
        On few photos batches shrink, down to this, so that an epoch still has some sixteen steps, and none is a
        remainder. None: they do not.
    patience : int or None
        Stop after so many epochs without a lower loss on the carved validation part; None: never.
    cosine : bool
        The learning rate rises over the first tenth of the epochs and falls to nothing along a cosine.
    moving_average : bool
        The compiled optimizer keeps a moving average of the weights, and that average is what is validated
        and saved.
    mirror : bool
        The finished network reads a face and its mirror image and gives the mean of both.
    space : callable or None
        ``space(hp)`` gives a compiled model for a Keras Tuner search.
    """

    build: Callable[[int], keras.Model] | None = None
    start: Callable[[tuple[str, ...], Path | None], keras.Model] | None = None
    random_start: bool = False
    base: Callable[[Path | None], Bundle] | None = None
    fit_head: HeadFit | None = None
    head_photos: int | None = None
    epochs: int
    batch_size: int
    smallest_batch: int | None = None
    patience: int | None = None
    cosine: bool = False
    moving_average: bool = False
    mirror: bool = False
    space: Callable[[Any], keras.Model] | None = None

    def fit(self, task: FitTask) -> Fitted:
        """Train the network."""
        return task.train_network(self)

    @property
    def takes(self) -> frozenset[str]:
        """Epochs, learning rate and arithmetic; weights where it begins with trained ones."""
        own = {"epochs", "patience", "learning_rate", "bfloat16", "int8"}
        if self.start:
            own.add("weights")
        return super().takes | own

    @property
    def trains_keras(self) -> bool:
        """Whether a Keras network is trained and converted."""
        return True

    @property
    def needs_weights(self) -> bool:
        """Whether `start` is for weights that no bundle holds."""
        return self.start is not None and self.base is None

    def from_nothing(self, weights: Path | None = None) -> bool:
        """Tell whether the network begins with random weights."""
        return self.start is None or (self.random_start and weights is None)

    @property
    def default_epochs(self) -> int | None:
        """Epochs unless others are asked for."""
        return self.epochs

    def check(self, labels: tuple[str, ...], plan: FitPlan) -> None:
        """Build the network once where it begins with trained weights, which may not fit, or cannot be built at all."""
        if self.start or self.build is None:
            self.model(labels, plan.weights)

    def base_bundle(self, weights: Path | None) -> Bundle | None:
        """Load the bundle that `start` begins with."""
        return self.base(weights) if self.base else None

    def begins_with(self, plan: FitPlan) -> tuple[Bundle, ...]:
        """Load the bundle that `start` begins with."""
        base = self.base_bundle(plan.weights)
        return (base,) if base else ()

    def photos_before(self, plan: FitPlan) -> tuple[KnownPhotos, ...]:
        """Give the photos of the bundle it begins with; weights from elsewhere say nothing of theirs."""
        foreign = () if self.from_nothing(plan.weights) else (KnownPhotos(unrecorded=(_FOREIGN,)),)
        return super().photos_before(plan) or foreign

    def model(self, labels: tuple[str, ...], weights: Path | None = None) -> keras.Model:
        """Build and compile the network; from trained weights where the recipe has them.

        Raises
        ------
        RecipeError
            If the recipe has neither `build` nor `start`, or those refuse.
        """
        if self.start:
            return self.start(labels, weights)
        if self.build is None:
            raise RecipeError(
                f"The recipe {self.name} has no network: give it a function `build`, or `start`."
            )
        return self.build(len(labels))
