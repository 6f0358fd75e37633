"""Tiny recipes with a space, in a module that the processes of a search can import."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from functools import partial
from typing import Any

from emotion_classifier import recipes
from emotion_classifier.model.preprocessing import Preprocessing


def build(classes: int, *, units: int = 4, kind: str = "plain") -> Any:
    import keras

    if kind == "broken":
        raise ValueError("no such layer")
    if kind == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "slow":
        time.sleep(600)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Flatten(),
            keras.layers.Dense(units),
            keras.layers.Dense(classes, activation="softmax"),
        ]
    )
    rate = float("nan") if kind == "exploding" else 1e-2
    model.compile(keras.optimizers.Adam(rate), loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def plain(hp: Any) -> recipes.Recipe:
    return replace(TINY, build=partial(build, units=hp.Int("units", 1, 99)))


def kinds(hp: Any, *, known: tuple[str, ...]) -> recipes.Recipe:
    return replace(TINY, build=partial(build, kind=hp.Choice("kind", list(known))))


def nothing(hp: Any) -> recipes.Recipe:
    return TINY


TINY = replace(
    recipes.get_network("compact"),
    name="tiny",
    preprocessing=Preprocessing(input="photo", height=8, width=8, channels="rgb"),
    build=build,
    epochs=2,
    batch_size=4,
    augment=False,
    moving_average=False,
    mirror=False,
    variants=plain,
)


def of_kinds(*known: str) -> recipes.NetworkRecipe:
    return replace(TINY, variants=partial(kinds, known=known))
