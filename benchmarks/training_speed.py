"""One epoch of `attempt_5` on 199 photos: this project's training and plain tf.keras, in turn."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from results import write_results

from emotion_classifier import recipes
from emotion_classifier.data import open_dataset
from emotion_classifier.training.batches import Batches
from emotion_classifier.training.inputs import Inputs, prepare_inputs
from emotion_classifier.training.loop import one_epoch


def plain_model() -> Any:
    """`attempt_5` as one would write it in a notebook."""
    import tensorflow as tf

    layers = tf.keras.layers
    model = tf.keras.Sequential(
        [
            layers.Input((150, 150, 3)),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2, padding="same"),
            layers.Conv2D(48, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2, padding="same"),
            layers.Flatten(),
            layers.Dense(256, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(tf.keras.optimizers.Adam(1e-4), loss="binary_crossentropy", metrics=["accuracy"])
    return model


def plain_epoch(model: Any, *data: Any, batch_size: int) -> float:
    """Seconds of one epoch."""
    start = time.perf_counter()
    model.fit(*data, batch_size=batch_size, epochs=1, verbose=0)
    return time.perf_counter() - start


def our_epoch(model: Any, batches: Batches) -> float:
    """Seconds of one epoch as `train` runs it."""
    start = time.perf_counter()
    one_epoch(model, batches, 0)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    recipe = recipes.get_network("attempt_5")
    dataset = open_dataset(arguments.data)
    rows = np.random.default_rng(42).permutation(len(dataset))[:199]
    inputs: Inputs = prepare_inputs(dataset.take(rows), recipe.preprocessing)
    batches = Batches(inputs, recipe.preprocessing, recipe.batch_size, seed=0, augment=False, sigmoid=True)
    pixels, targets = recipe.preprocessing.normalise(np.asarray(inputs.pixels)), inputs.targets[:, 1:2]
    ours, plain = recipe.model(("happy", "sad")), plain_model()
    assert ours.count_params() == plain.count_params()
    times: dict[str, list[float]] = {"ours": [], "plain": []}
    for _ in range(arguments.runs + 1):
        times["ours"].append(our_epoch(ours, batches))
        times["plain"].append(plain_epoch(plain, pixels, targets, batch_size=recipe.batch_size))
    ratios = np.array(times["ours"][1:]) / np.array(times["plain"][1:])
    for name, values in times.items():
        print(f"{name:6} {np.median(values[1:]):.2f} s an epoch (n = {arguments.runs}, after one warm-up)")
    print(f"ratio ours / plain: {np.median(ratios):.3f} ({ratios.min():.3f} to {ratios.max():.3f})")
    write_results("training_speed", {**times, "median_ratio": float(np.median(ratios))})


if __name__ == "__main__":
    main()
