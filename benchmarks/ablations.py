"""What each choice in the recipe `compact` is worth: one change at a time, small runs, a table.

Every variant learns from the same seeded part of the FER+ training rows for the same few epochs and is compared on a
part carved from the training rows, so no validation or test photo has a say in the choices.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import numpy.typing as npt
from results import FOLDER, write_results

from emotion_classifier import recipes
from emotion_classifier.data import Dataset, open_dataset
from emotion_classifier.evaluation.scores import spearman
from emotion_classifier.faces.align import Framing
from emotion_classifier.model.scale import canonical_probabilities, gather, net_share
from emotion_classifier.recipes import NetworkRecipe, compact
from emotion_classifier.training import augment
from emotion_classifier.training.augment import MARGIN
from emotion_classifier.training.batches import Batches, fixed_pixels
from emotion_classifier.training.inputs import Inputs, prepare_inputs, widened
from emotion_classifier.training.loop import Plan, run_epochs
from emotion_classifier.training.occluders import Pose, occlude
from emotion_classifier.training.onnx.conversion import with_mirror

HELD = 3000
OCCLUDED = augment.OCCLUDED


def framed(width: float, eye_line: float) -> NetworkRecipe:
    """`compact` with another crop around the face."""
    recipe = recipes.get_network("compact")
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


def changed(recipe: NetworkRecipe, **constants: Any) -> NetworkRecipe:
    """Give `recipe` another network or another size of picture."""
    size = constants.get("SIZE", compact.SIZE)
    preprocessing = recipe.preprocessing.model_copy(update={"height": size, "width": size})
    return replace(recipe, preprocessing=preprocessing, build=rebuilt(**constants))


@dataclass(frozen=True)
class Variant:
    """A recipe and what is changed around it.

    Parameters
    ----------
    recipe : NetworkRecipe
    detailed : bool
        Learn every expression that raters named, not four labels.
    occluders : bool
        Hide parts of faces in training.
    mixup : float
        Parameter of the beta distribution that mixes pairs of faces (Zhang et al. 2018); 0 mixes none.
    smoothing : float
        Share of every target that is spread over all labels.
    """

    recipe: NetworkRecipe
    detailed: bool = True
    occluders: bool = True
    mixup: float = 0.0
    smoothing: float = 0.0


COMPACT = recipes.get_network("compact")
NARROW = {"STEM": 24, "STAGES": ((24, 1), (48, 1), (96, 1), (192, 1))}
VARIANTS = {
    "as shipped": Variant(COMPACT),
    "four labels only": Variant(COMPACT, detailed=False),
    "no occluders": Variant(COMPACT, occluders=False),
    "no augmentation": Variant(replace(COMPACT, augment=False)),
    "mixup (0.2)": Variant(COMPACT, mixup=0.2),
    "label smoothing (0.05)": Variant(COMPACT, smoothing=0.05),
    "64 × 64 pixels": Variant(changed(COMPACT, SIZE=64)),
    "0.7 million parameters": Variant(changed(COMPACT, **NARROW)),
    "no moving average": Variant(replace(COMPACT, moving_average=False)),
    "wider crop (2.6 eye distances)": Variant(framed(2.6, 0.36)),
    "closer crop (1.9 eye distances)": Variant(framed(1.9, 0.29)),
}


class Mixed(Batches):
    """Batches whose faces are mixed in pairs."""

    mixup = 0.0

    def __getitem__(self, index: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        inputs, targets = super().__getitem__(index)
        if not self.mixup:
            return inputs, targets
        rng = np.random.default_rng((self.seed, self._epoch, index, 1))
        share = np.float32(rng.beta(self.mixup, self.mixup))
        other = rng.permutation(len(inputs))
        return (
            share * inputs + (1 - share) * inputs[other],
            share * targets + (1 - share) * targets[other],
        )


def run(variant: Variant, dataset: Dataset, *, epochs: int, work: Path, cache: Path) -> dict[str, Any]:
    """Train on all but the last `HELD` rows and measure on those: plain, mirrored, and with parts hidden."""
    import keras

    recipe = variant.recipe
    augment.OCCLUDED = OCCLUDED if variant.occluders else 0.0
    inputs = prepare_inputs(dataset, widened(recipe.preprocessing, MARGIN), cache=cache)
    rows = np.arange(len(inputs.rows))
    learn, held = inputs.take(rows[:-HELD]), inputs.take(rows[-HELD:])
    smooth = learn.targets * (1 - variant.smoothing) + variant.smoothing / learn.targets.shape[1]
    learn = replace(learn, targets=smooth.astype(np.float32))
    if not recipe.augment:
        middle = augment.centre(np.asarray(learn.pixels), recipe.preprocessing.input_shape[:2])
        learn = replace(learn, pixels=middle)
    keras.utils.set_random_seed(1)
    model = recipe.model(dataset.labels)
    batches = Mixed(
        learn, recipe.preprocessing, recipe.batch_size, seed=1, augment=recipe.augment, sigmoid=False
    )
    batches.mixup = variant.mixup
    plan = Plan(epochs, cosine=recipe.cosine, moving_average=recipe.moving_average)
    work.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    run_epochs(model, batches, None, plan, work=work, progress=lambda *_: None)
    seconds = time.perf_counter() - start
    mirrored = with_mirror(model)
    return {
        "seconds": round(seconds),
        "plain": measure(model, held, recipe, dataset.labels),
        "mirrored": measure(mirrored, held, recipe, dataset.labels),
        "hidden": measure(mirrored, hidden(held, recipe), recipe, dataset.labels),
    }


def hidden(held: Inputs, recipe: NetworkRecipe) -> Inputs:
    """Lay one thing over every face, the same for every variant of one framing."""
    rng = np.random.default_rng(2)
    framing = recipe.preprocessing.framing
    pixels = np.asarray(held.pixels)
    pose = Pose.of(framing, recipe.preprocessing.input_shape[:2], pixels.shape[1:3])
    return replace(held, pixels=np.stack([occlude(canvas, pose, rng) for canvas in pixels]))


def measure(model: Any, held: Inputs, recipe: NetworkRecipe, labels: tuple[str, ...]) -> dict[str, float]:
    """Accuracy of four labels, and how near P(happy) − P(sad) comes to the raters."""
    pixels = fixed_pixels(held, recipe.preprocessing)
    probabilities = canonical_probabilities(model.predict(pixels, batch_size=256, verbose=0), labels)
    shares = gather(held.targets, labels)
    return {
        "accuracy": float(np.mean(probabilities.argmax(axis=1) == shares.argmax(axis=1))),
        "degree_spearman": spearman(net_share(probabilities), net_share(shares)),
        "degree_mae": float(np.abs(net_share(probabilities) - net_share(shares)).mean()),
    }


def known(options: dict[str, int]) -> dict[str, Any]:
    """Read what today's runs with the same options have found, so that a killed run goes on."""
    path = FOLDER / f"ablations-{datetime.now(UTC):%Y-%m-%d}.json"
    record = json.loads(path.read_text(encoding="utf-8"))["figures"] if path.is_file() else {}
    found: dict[str, Any] = record["variants"] if record.get("options") == options else {}
    return found


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
    options = {"rows": arguments.rows, "held": HELD, "epochs": arguments.epochs}
    figures = known(options)
    for name, variant in VARIANTS.items():
        if name in figures:
            continue
        work = arguments.work / name.replace(" ", "-")
        dataset = datasets[variant.detailed]
        figures[name] = run(variant, dataset, epochs=arguments.epochs, work=work, cache=arguments.work)
        shown = " ".join(f"{key} {value:.4f}" for key, value in figures[name]["mirrored"].items())
        print(f"{name:35} {shown}  ({figures[name]['seconds']} s)", flush=True)
        # After each, so that a run that is stopped leaves what it found.
        write_results("ablations", {"options": options, "variants": figures})


if __name__ == "__main__":
    main()
