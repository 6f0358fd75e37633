"""What more faces, more epochs, other teachers and other tasks would give the default model: small trainings, a table.

Every training is that of the default model in small: the recipe `mobilenet` from the same weights, on everyday faces,
faces from the web and a part of FER+. It is judged by everyday faces that were set aside and by FER+ validation faces,
none of which it, or a teacher, has learned from. Differences from the first training are paired bootstraps over faces.
The same command goes on after a kill.

    python tools/everyday_faces.py ../shared/data/fairface/train.parquet build/everyday
    python tools/convert_face_descriptor.py build/face_descriptor.npz
    python benchmarks/network.py ../shared/data build/everyday --weights build/face_descriptor.npz
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import numpy.typing as npt
from results import interval, write_results
from sklearn.metrics import roc_auc_score

from emotion_classifier import EmotionClassifier, recipes
from emotion_classifier.data import Dataset, merge, open_dataset
from emotion_classifier.evaluation.intervals import bootstrap
from emotion_classifier.evaluation.scores import spearman
from emotion_classifier.files import atomic_write
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.model.scale import canonical_probabilities, gather, net_share
from emotion_classifier.recipes import NetworkRecipe
from emotion_classifier.training.batches import Batches, fixed_pixels
from emotion_classifier.training.inputs import Inputs, canvas_of, prepare_inputs
from emotion_classifier.training.loop import Plan, run_epochs

if TYPE_CHECKING:
    import keras

Floats: TypeAlias = npt.NDArray[np.floating]
Rows: TypeAlias = npt.NDArray[np.int64]
# To the faces set aside and to the FER+ validation faces.
Answers: TypeAlias = tuple[Floats, Floats]
Figure: TypeAlias = Callable[[Floats, Floats, Rows], float]
# FER+ rows to learn from and to judge by; faces on which the head is fitted first.
LEARNED, JUDGED, HEAD = 3000, 1500, 2000
COLUMNS = ("age", "gender")
LEVELS = (0.02, 0.03)
HAPPY, NEUTRAL, SAD = range(3)


@dataclass(frozen=True)
class Arm:
    """A training and what is changed in it.

    Parameters
    ----------
    epochs : int
    share : float
        Of the everyday and the web faces; they are repeated so often that the number of steps stays.
    taught : float
        Weight of the teachers' mean answer in the targets; the rest is that of the votes.
    auxiliary : float
        Weight of the loss of each of the heads for age and gender; 0: there are none.
    seed : int
    """

    epochs: int = 3
    share: float = 1.0
    taught: float = 0.0
    auxiliary: float = 0.0
    seed: int = 1


ARMS = {
    "as shipped, three epochs": Arm(),
    "age and gender as well": Arm(auxiliary=0.2),
    "taught by two networks": Arm(taught=0.5),
    "a quarter of the everyday faces": Arm(share=0.25),
    "another quarter": Arm(share=0.25, seed=2),
    "half of the everyday faces": Arm(share=0.5),
    "one epoch": Arm(epochs=1),
    "six epochs": Arm(epochs=6),
    "another seed": Arm(seed=2),
}


@dataclass(frozen=True)
class Faces:
    """Everything that trainings learn from and are judged by."""

    labels: tuple[str, ...]
    everyday: Inputs
    ferplus: Inputs
    answers: Floats
    columns: Floats
    set_aside: Inputs
    agreed: Rows
    validation: Inputs


def gather_faces(
    data: Path, everyday: Path, recipe: NetworkRecipe, teachers: Sequence[Bundle], work: Path
) -> Faces:
    """Read all faces, cut them out, and ask the teachers about those to learn from."""
    fairface, web, ferplus = (
        open_dataset(path, detailed=True).with_split("train", "")
        for path in (everyday / "learn", data / "web" / "train.parquet", data / "ferplus")
    )
    aside = open_dataset(everyday / "calibrate", detailed=True).with_labels(fairface.labels)
    learned = merge([fairface, web.with_labels(fairface.labels)])
    drawn = np.sort(np.random.default_rng(1).permutation(len(ferplus))[:LEARNED])
    ferplus = ferplus.with_labels(fairface.labels).take(drawn)
    judged = (
        open_dataset(data / "ferplus", detailed=True).with_split("validation").with_labels(fairface.labels)
    )
    judged = judged.take(np.sort(np.random.default_rng(1).permutation(len(judged))[:JUDGED]))
    cut = partial(prepare_inputs, preprocessing=canvas_of(recipe), cache=work)
    inputs = [cut(each) for each in (learned, ferplus)]
    set_aside = cut(aside)
    return Faces(
        labels=fairface.labels,
        everyday=inputs[0],
        ferplus=inputs[1],
        answers=np.mean(
            [[*asked(each, learned, work), *asked(each, ferplus, work)] for each in teachers], axis=0
        ),
        columns=np.concatenate(
            [said_of(learned.take(inputs[0].rows)), said_of(ferplus.take(inputs[1].rows))]
        ),
        set_aside=set_aside,
        agreed=agreed(aside.take(set_aside.rows)),
        validation=cut(judged),
    )


def asked(teacher: Bundle, dataset: Dataset, work: Path) -> Floats:
    """Probabilities of a teacher for the rows of a dataset in which a face was found."""
    inputs = prepare_inputs(dataset, teacher.config.preprocessing, cache=work)
    found = np.zeros((len(inputs.rows), len(dataset.labels)), np.float32)
    columns = [dataset.labels.index(label) for label in teacher.labels]
    found[:, columns] = EmotionClassifier(teacher).predict_proba(np.asarray(inputs.pixels))
    return found


def said_of(dataset: Dataset) -> Floats:
    """Age band and gender side by side, one column a value; rows that do not say have zeros."""
    parts = []
    for name in COLUMNS:
        values = dataset.columns.get(name, (None,) * len(dataset))
        parts.append(np.array([[value == known for known in KNOWN[name]] for value in values], np.float32))
    return np.concatenate(parts, axis=1)


KNOWN = {
    "age": ("0-2", "3-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "more than 70"),
    "gender": ("male", "female"),
}


def agreed(dataset: Dataset) -> Rows:
    """Say what both readers call a face: `NEUTRAL`, `SAD`, or −1 for everything else."""
    code = {"n": NEUTRAL, "s": SAD, "S": SAD}
    pairs = zip(dataset.columns["reading_1"], dataset.columns["reading_2"], strict=True)
    both = [(code.get(str(one), -1), code.get(str(two), -1)) for one, two in pairs]
    return np.array([one if one == two else -1 for one, two in both])


def with_heads(model: keras.Model, weight: float) -> keras.Model:
    """Add heads for age and gender that read the same features; their answers come after those of the labels."""
    import keras
    from keras import layers

    dropped = model.layers[-2].output
    more = [
        layers.Dense(len(KNOWN[name]), "softmax", kernel_initializer="zeros", dtype="float32")(dropped)
        for name in COLUMNS
    ]
    whole = keras.Model(model.input, layers.Concatenate(dtype="float32")([model.output, *more]))
    ends = np.cumsum([0, model.output.shape[-1], *(len(KNOWN[name]) for name in COLUMNS)])

    def loss(stated: Any, given: Any) -> Any:
        parts = [
            keras.losses.categorical_crossentropy(stated[:, start:end], given[:, start:end])
            for start, end in zip(ends[:-1], ends[1:], strict=True)
        ]
        return parts[0] + weight * sum(parts[1:])

    whole.compile(model.optimizer, loss=loss)
    return whole


def fit(arm: Arm, faces: Faces, recipe: NetworkRecipe, weights: Path, work: Path) -> keras.Model:
    """Train one arm and give it back in single precision, without further heads."""
    import keras

    keras.utils.set_random_seed(arm.seed)
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = recipe.model(faces.labels, weights)
    keras.config.set_dtype_policy("float32")
    learn = rows_of(arm, faces)
    some = learn.take(np.sort(np.random.default_rng(arm.seed).permutation(len(learn.rows))[:HEAD]))
    if recipe.fit_head:
        pixels, targets = fixed_pixels(some, recipe.preprocessing), some.targets[:, : len(faces.labels)]
        recipe.fit_head(model, pixels, targets, None)
    trained = with_heads(model, arm.auxiliary) if arm.auxiliary else model
    batches = Batches(
        learn, recipe.preprocessing, recipe.batch_size, seed=arm.seed, augment=True, sigmoid=False
    )
    plan = Plan(arm.epochs, cosine=recipe.cosine, moving_average=recipe.moving_average)
    run_epochs(trained, batches, None, plan, work=work, progress=lambda done, total, figures: None)
    exact = recipe.model(faces.labels, weights)
    for name in ("backbone", "head"):
        exact.get_layer(name).set_weights(model.get_layer(name).get_weights())
    return exact


def rows_of(arm: Arm, faces: Faces) -> Inputs:
    """Lay out the rows of one arm."""
    both = faces.everyday.join(faces.ferplus)
    targets = both.targets
    if arm.taught:
        targets = ((1 - arm.taught) * targets + arm.taught * faces.answers).astype(np.float32)
    if arm.auxiliary:
        targets = np.concatenate([targets, faces.columns], axis=1)
    both = replace(both, targets=targets, hashes=None)
    n, more = len(faces.everyday.rows), len(faces.ferplus.rows)
    kept = np.sort(np.random.default_rng(arm.seed).permutation(n)[: round(n * arm.share)])
    return both.take(np.concatenate([np.tile(kept, round(1 / arm.share)), np.arange(n, n + more)]))


def read(model: keras.Model, inputs: Inputs, recipe: NetworkRecipe, labels: tuple[str, ...]) -> Floats:
    """Probabilities of happy, neutral, sad and other."""
    pixels = fixed_pixels(inputs, recipe.preprocessing)
    return np.asarray(canonical_probabilities(model.predict(pixels, batch_size=64, verbose=0), labels))


def sadness(probabilities: Floats) -> Floats:
    """Score of sad against neutral."""
    sad, neutral = (np.log(probabilities[:, column] + 1e-9) for column in (SAD, NEUTRAL))
    return np.asarray(sad - neutral)


def figures_of(faces: Faces) -> dict[str, Figure]:
    """Name each figure and say how it is found from the answers to both sets of faces, some rows drawn of each."""
    net = net_share(gather(faces.validation.targets, faces.labels))

    def auc(aside: Floats, _: Floats, rows: Rows) -> float:
        return float(roc_auc_score(faces.agreed[rows] == SAD, sadness(aside)[rows]))

    def recall(aside: Floats, _: Floats, rows: Rows, level: float) -> float:
        score, truth = sadness(aside)[rows], faces.agreed[rows]
        return float(np.mean(score[truth == SAD] > np.quantile(score[truth == NEUTRAL], 1 - level)))

    def degree(_: Floats, validation: Floats, rows: Rows) -> float:
        return spearman(net_share(validation)[rows], net[rows])

    return {
        "auc_sad_neutral": auc,
        **{
            f"sad_called_sad_at_{round(100 * level)}_in_100": partial(recall, level=level) for level in LEVELS
        },
        "ferplus_degree_spearman": degree,
    }


def judge(answers: Answers, base: Answers | None, faces: Faces) -> dict[str, Any]:
    """Work out every figure with its interval, and its difference from the first training."""
    everyday, ferplus = np.flatnonzero(faces.agreed >= 0), np.arange(len(faces.validation.rows))
    found: dict[str, Any] = {}
    for name, figure in figures_of(faces).items():
        rows = ferplus if name.startswith("ferplus") else everyday
        found[name] = estimate(partial(figure, *answers), rows)
        if base:
            found[f"{name}_difference"] = estimate(partial(difference, figure, answers, base), rows)
    return found


def difference(figure: Figure, answers: Answers, base: Answers, rows: Rows) -> float:
    """How much more a figure is with some answers than with others."""
    return figure(*answers, rows) - figure(*base, rows)


def estimate(value: Callable[[Rows], float], rows: Rows, groups: Rows | None = None) -> dict[str, Any]:
    """Bootstrap a number over rows; those of one group, of all rows, together."""
    groups = None if groups is None else groups[rows]
    return bootstrap(lambda drawn: value(rows[drawn]), len(rows), groups=groups).to_dict()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="folder with web and ferplus")
    parser.add_argument("everyday", type=Path, help="what tools/everyday_faces.py wrote")
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--teachers", nargs="*", default=["default"], help="bundles")
    parser.add_argument("--only", nargs="*", choices=ARMS, default=list(ARMS))
    parser.add_argument("--work", type=Path, default=Path("build/network"))
    arguments = parser.parse_args()
    recipe = recipes.get_network("mobilenet")
    teachers = [Bundle.load(each) for each in arguments.teachers]
    faces = gather_faces(arguments.data, arguments.everyday, recipe, teachers, arguments.work)
    counts = {
        "everyday_and_web": len(faces.everyday.rows),
        "ferplus": len(faces.ferplus.rows),
        "set_aside_sad": int((faces.agreed == SAD).sum()),
        "set_aside_neutral": int((faces.agreed == NEUTRAL).sum()),
        "ferplus_validation": len(faces.validation.rows),
    }
    print(counts, flush=True)
    figures: dict[str, Any] = {}
    base: Answers | None = None
    for name in arguments.only:
        work = arguments.work / name.replace(" ", "-").replace(",", "")
        kept, start = work / "answers.npz", time.perf_counter()
        if not kept.is_file():
            work.mkdir(parents=True, exist_ok=True)
            model = fit(ARMS[name], faces, recipe, arguments.weights, work)
            given = [read(model, each, recipe, faces.labels) for each in (faces.set_aside, faces.validation)]
            atomic_write(kept, partial(np.savez, aside=given[0], validation=given[1]))
        with np.load(kept) as stored:
            answers = stored["aside"], stored["validation"]
        figures[name] = {"arm": vars(ARMS[name]), **judge(answers, base, faces)}
        base = base or answers
        print(f"{name} ({time.perf_counter() - start:.0f} s)")
        for figure, value in figures[name].items():
            if figure != "arm":
                print(f"    {figure:44} {interval(value)}", flush=True)
        # After each, so that a run that is stopped leaves what it found.
        write_results("network", {"teachers": [each.id for each in teachers], **counts, "arms": figures})


if __name__ == "__main__":
    main()
