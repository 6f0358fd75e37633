"""The models of the original study of 266 stock photos, as it published them.

Whole frames squashed to 150 × 150 px, scaled to [0, 1]; one sigmoid unit gives the probability of sad.
`docs/reproduction.md` says what came of them and what was wrong with the way they were compared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from emotion_classifier.errors import RecipeError, missing_extra
from emotion_classifier.model.preprocessing import Preprocessing
from emotion_classifier.recipes.recipe import NetworkRecipe

if TYPE_CHECKING:
    import keras

LABELS = ("happy", "sad")
BATCH_SIZE = 16
PREPROCESSING = Preprocessing(input="photo", height=150, width=150, channels="rgb")
Padding = Literal["valid", "same"]


@dataclass(frozen=True)
class Convolution:
    """One 3 × 3 convolution with ReLU, and the 2 × 2 pool after it."""

    filters: int
    padding: Padding
    pool_padding: Padding = "same"


@dataclass(frozen=True)
class Architecture:
    """Convolutions, one dense layer, one sigmoid unit, Adam.

    Parameters
    ----------
    convolutions : sequence of Convolution
    dense : int
        Units of the dense layer.
    learning_rate : float
    normalise : bool
        Batch normalisation after each convolution, before its pool.
    """

    convolutions: Sequence[Convolution]
    dense: int = 256
    learning_rate: float = 1e-3
    normalise: bool = False

    def build(self, classes: int = 2) -> keras.Model:
        """Build and compile the network.

        Parameters
        ----------
        classes : int
            Must be 2: there is one unit, the probability of the second label.

        Returns
        -------
        keras.Model
            From float32 (n, 150, 150, 3) in [0, 1] to (n, 1).

        Raises
        ------
        RecipeError
            If there are not exactly two labels.
        """
        if classes != 2:
            raise RecipeError(
                f"The study's models tell two labels apart, happy and sad, and the data has {classes}. "
                f"Use the recipe compact, which takes any number."
            )
        try:
            import keras
        except ImportError as error:
            raise missing_extra("train", "keras") from error
        layers = keras.layers
        model = keras.Sequential([keras.Input(PREPROCESSING.input_shape)])
        for convolution in self.convolutions:
            model.add(layers.Conv2D(convolution.filters, 3, padding=convolution.padding, activation="relu"))
            if self.normalise:
                model.add(layers.BatchNormalization())
            model.add(layers.MaxPooling2D(2, padding=convolution.pool_padding))
        model.add(layers.Flatten())
        model.add(layers.Dense(self.dense, activation="relu"))
        model.add(layers.Dense(1, activation="sigmoid"))
        model.compile(
            optimizer=keras.optimizers.Adam(self.learning_rate),
            loss="binary_crossentropy",
            metrics=["accuracy"],
        )
        return model


def _first_valid(*filters: int) -> tuple[Convolution, ...]:
    """First convolution valid, the others same."""
    return tuple(Convolution(count, "same" if place else "valid") for place, count in enumerate(filters))


def _both_valid(first: int, second: int) -> tuple[Convolution, ...]:
    return Convolution(first, "valid", "valid"), Convolution(second, "valid", "valid")


def search_space(hp: Any) -> keras.Model:
    """Build one candidate of the study's search.

    Parameters
    ----------
    hp : keras_tuner.HyperParameters
        Asked for conv_1, conv_2, dense and learning_rate.

    Returns
    -------
    keras.Model
        Compiled.
    """
    return _candidate(hp).build()


def _candidate(hp: Any) -> Architecture:
    return Architecture(
        _both_valid(hp.Int("conv_1", 16, 64, step=16), hp.Int("conv_2", 16, 64, step=16)),
        dense=hp.Int("dense", 128, 512, step=128),
        learning_rate=hp.Choice("learning_rate", [1e-2, 1e-3, 1e-4]),
    )


def variants(hp: Any) -> NetworkRecipe:
    """Search what the study searched, for `tune`.

    Parameters
    ----------
    hp : keras_tuner.HyperParameters
    """
    searched = next(recipe for recipe in RECIPES if recipe.name == "attempt_4")
    return replace(searched, build=_candidate(hp).build)


ARCHITECTURES: dict[str, Architecture] = {
    "initial": Architecture(_first_valid(16, 16, 16)),
    "attempt_1": Architecture(_first_valid(16, 32, 32)),
    "attempt_2": Architecture(_first_valid(16, 64, 64)),
    "attempt_3": Architecture(_first_valid(16, 64, 64, 32)),
    # What the study's search over `search_space` ended at: 15,955,249 parameters.
    "attempt_4": Architecture(_both_valid(64, 48), learning_rate=1e-4),
    "attempt_5": Architecture(_first_valid(64, 48), learning_rate=1e-4),
    "attempt_5_batchnorm": Architecture(_first_valid(64, 48), learning_rate=1e-4, normalise=True),
}
_EPOCHS = {"initial": 20, "attempt_1": 18, "attempt_2": 18, "attempt_3": 20}
_SUMMARIES = {
    "initial": "The study's first model: convolutions of 16, 16, 16.",
    "attempt_1": "Convolutions of 16, 32, 32.",
    "attempt_2": "Convolutions of 16, 64, 64.",
    "attempt_3": "Convolutions of 16, 64, 64, 32.",
    "attempt_4": "What the study's random search ended at: 64, 48, both valid; `tune` runs the search again.",
    "attempt_5": "Convolutions of 64, 48, slower learning; as published, without batch normalisation.",
    "attempt_5_batchnorm": "attempt_5 with the batch normalisation that its authors created and never added.",
}


def _recipe(name: str, build: Callable[[int], keras.Model]) -> NetworkRecipe:
    return NetworkRecipe(
        name=name,
        summary=_SUMMARIES[name],
        preprocessing=PREPROCESSING,
        output="sigmoid",
        build=build,
        epochs=_EPOCHS.get(name, 15),
        batch_size=BATCH_SIZE,
        labels=LABELS,
        space=search_space if name == "attempt_4" else None,
        variants=variants if name == "attempt_4" else None,
    )


RECIPES: tuple[NetworkRecipe, ...] = tuple(_recipe(name, plan.build) for name, plan in ARCHITECTURES.items())
