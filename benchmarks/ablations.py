"""What each choice in the recipe `compact` is worth: one change at a time, small runs, a table.

Every variant learns from the same seeded part of the FER+ training rows for the same few epochs and is compared on a
part carved from the training rows, so no validation or test photo has a say in the choices.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from results import write_results

from emotion_classifier import recipes
from emotion_classifier.data import Dataset, open_dataset
from emotion_classifier.evaluation.grades import spearman
from emotion_classifier.faces.align import Framing
from emotion_classifier.recipes import Recipe, compact
from emotion_classifier.scale import canonical_probabilities, gather, net_share
from emotion_classifier.training.augment import MARGIN
from emotion_classifier.training.batches import Batches, fixed_inputs
from emotion_classifier.training.inputs import Inputs, prepare_inputs, widened
from emotion_classifier.training.loop import Plan, run_epochs
from emotion_classifier.training.onnx_conversion import with_mirror

HELD = 3000


def framed(width: float, eye_line: float) -> Recipe:
    """`compact` with another crop around the face."""
    recipe = recipes.get("compact")
    framing = Framing(width_in_eye_distances=width, eye_line=eye_line)
    return replace(recipe, preprocessing=recipe.preprocessing.model_copy(update={"framing": framing}))


def rebuilt(**constants: Any) -> Callable[[int], Any]:
    """Build the network of `compact` with other constants."""

    def build(classes: int) -> Any:
        kept = {name: getattr(compact, name) for name in constants}
        try:
            for name, value in constants.items():
                setattr(compact, name, value)
            return compact.build(classes)
        finally:
            for name, value in kept.items():
                setattr(compact, name, value)

    return build


def changed(recipe: Recipe, **constants: Any) -> Recipe:
    """Give `recipe` another network or another size of picture."""
    size = constants.get("SIZE", compact.SIZE)
    preprocessing = recipe.preprocessing.model_copy(update={"height": size, "width": size})
    return replace(recipe, preprocessing=preprocessing, build=rebuilt(**constants))


NARROW = {"STEM": 24, "STAGES": ((24, 1), (48, 1), (96, 1), (192, 1))}
# Name: recipe, and whether it learns every expression that raters named.
VARIANTS: dict[str, Callable[[], tuple[Recipe, bool]]] = {
    "as shipped": lambda: (recipes.get("compact"), True),
    "four labels only": lambda: (recipes.get("compact"), False),
    "wider crop (2.6 eye distances)": lambda: (framed(2.6, 0.36), True),
    "closer crop (1.9 eye distances)": lambda: (framed(1.9, 0.29), True),
    "no augmentation": lambda: (replace(recipes.get("compact"), augment=False), True),
    "no moving average": lambda: (replace(recipes.get("compact"), moving_average=False), True),
    "0.7 million parameters": lambda: (changed(recipes.get("compact"), **NARROW), True),
    "64 × 64 pixels": lambda: (changed(recipes.get("compact"), SIZE=64), True),
}


def run(recipe: Recipe, dataset: Dataset, *, epochs: int, work: Path, cache: Path) -> dict[str, Any]:
    """Train on all but the last `HELD` rows and measure on those, with and without mirroring."""
    import keras

    wide = widened(recipe.preprocessing, MARGIN if recipe.augment else 1.0)
    inputs = prepare_inputs(dataset, wide, cache=cache)
    rows = np.arange(len(inputs.rows))
    learn, held = inputs.take(rows[:-HELD]), inputs.take(rows[-HELD:])
    keras.utils.set_random_seed(1)
    model = recipe.build(len(dataset.labels))
    batches = Batches(
        learn, recipe.preprocessing, recipe.batch_size, seed=1, augment=recipe.augment, sigmoid=False
    )
    plan = Plan(epochs, cosine=recipe.cosine, moving_average=recipe.moving_average)
    work.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    run_epochs(model, batches, None, plan, work=work, progress=lambda *_: None)
    seconds = time.perf_counter() - start
    return {
        "seconds": round(seconds),
        "plain": measure(model, held, recipe, dataset.labels),
        "mirrored": measure(with_mirror(model), held, recipe, dataset.labels),
    }


def measure(model: Any, held: Inputs, recipe: Recipe, labels: tuple[str, ...]) -> dict[str, float]:
    """Accuracy of four labels, and how near P(happy) − P(sad) comes to the raters."""
    pixels, _ = fixed_inputs(held, recipe.preprocessing, sigmoid=False)
    probabilities = canonical_probabilities(model.predict(pixels, batch_size=256, verbose=0), labels)
    shares = gather(held.targets, labels)
    return {
        "accuracy": float(np.mean(probabilities.argmax(axis=1) == shares.argmax(axis=1))),
        "degree_spearman": spearman(net_share(probabilities), net_share(shares)),
        "degree_mae": float(np.abs(net_share(probabilities) - net_share(shares)).mean()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ferplus", type=Path)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--work", type=Path, default=Path("build/ablations"))
    arguments = parser.parse_args()
    datasets = {}
    for detailed in (True, False):
        dataset = open_dataset(arguments.ferplus, detailed=detailed).with_split("train")
        datasets[detailed] = dataset.take(
            np.random.default_rng(1).permutation(len(dataset))[: arguments.rows]
        )
    figures: dict[str, Any] = {}
    options = {"rows": arguments.rows, "held": HELD, "epochs": arguments.epochs}
    for name, variant in VARIANTS.items():
        recipe, detailed = variant()
        work = arguments.work / name.replace(" ", "-")
        figures[name] = run(
            recipe, datasets[detailed], epochs=arguments.epochs, work=work, cache=arguments.work
        )
        shown = " ".join(f"{key} {value:.4f}" for key, value in figures[name]["mirrored"].items())
        print(f"{name:35} {shown}  ({figures[name]['seconds']} s)", flush=True)
        # After each, so that a run that is stopped leaves what it found.
        write_results("ablations", {"options": options, "variants": figures})


if __name__ == "__main__":
    main()
