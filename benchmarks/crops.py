"""How wide, how large and in which colours faces should be cut out: the default model's first weights, frozen.

    python tools/convert_face_descriptor.py build/face_descriptor.npz
    python benchmarks/crops.py ../shared/data --weights build/face_descriptor.npz

For every way of cutting, the network describes the faces as it does before it has learned an expression, and a
logistic regression learns expressions from that, in five folds. No two folds hold copies of one picture. Training
faces only: FairFace's that were read twice and others, and a part of FER+. Differences from the first way are paired
bootstraps over faces. The same command goes on after a kill.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import numpy.typing as npt
from network import NEUTRAL, SAD, agreed, estimate, sadness
from results import interval, write_results
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from emotion_classifier import recipes
from emotion_classifier.data import Dataset, merge, open_dataset
from emotion_classifier.evaluation.scores import area_under_roc, spearman
from emotion_classifier.faces.cache import FaceCache
from emotion_classifier.files import atomic_write
from emotion_classifier.model.preprocessing import Preprocessing
from emotion_classifier.model.scale import CANONICAL, gather, net_share
from emotion_classifier.recipes.inner_crop import LUMA
from emotion_classifier.recipes.mobilenet import PREPROCESSING
from emotion_classifier.training.inputs import Inputs, prepare_inputs, widened

if TYPE_CHECKING:
    import keras

Floats: TypeAlias = npt.NDArray[np.floating]
Rows: TypeAlias = npt.NDArray[np.int64]
Figure: TypeAlias = Callable[[Floats, Rows], float]
FAIRFACE, FERPLUS, FOLDS = 8000, 3000, 5
# Of the logistic regression, on features of unit variance.
STRENGTH = 0.003


@dataclass(frozen=True)
class Cut:
    """A way of cutting faces out.

    Parameters
    ----------
    wider : float
        Than the shipped crop, around the same middle.
    side : int
        Of the picture, in pixels.
    grey : bool
        Whether the picture loses its colour.
    """

    wider: float = 1.0
    side: int = PREPROCESSING.height
    grey: bool = False

    @property
    def preprocessing(self) -> Preprocessing:
        """How such a picture reaches the network."""
        wide = widened(PREPROCESSING, self.wider)
        return wide.model_copy(update={"height": self.side, "width": self.side})

    @property
    def name(self) -> str:
        """Width in eye distances and size, as the table has them."""
        width = self.preprocessing.framing.width_in_eye_distances
        return f"{width:.2f} eye distances, {self.side} px{', grey' if self.grey else ''}"


CUTS = (
    Cut(),
    Cut(wider=1.2),
    Cut(wider=1.2, side=192),
    Cut(side=224),
    Cut(wider=0.85),
    Cut(grey=True),
    Cut(side=192),
    Cut(side=128),
    Cut(wider=1.2, side=224),
)


def some_faces(data: Path) -> tuple[Dataset, int]:
    """Choose the faces: of FairFace, as many as said, all that were read twice and others; behind them some of FER+."""
    fairface = open_dataset(data / "fairface" / "train.parquet")
    twice = np.array([value is not None for value in fairface.columns["reading_2"]])
    drawn = np.random.default_rng(1)
    more = drawn.permutation(np.flatnonzero(~twice))[: FAIRFACE - int(twice.sum())]
    fairface = fairface.take(np.sort(np.concatenate([np.flatnonzero(twice), more])))
    ferplus = open_dataset(data / "ferplus").with_split("train").with_labels(fairface.labels)
    ferplus = ferplus.take(np.sort(drawn.permutation(len(ferplus))[:FERPLUS]))
    return merge([fairface, ferplus]), len(fairface)


def describe(inputs: Inputs, cut: Cut, network: keras.Model) -> Floats:
    """Features of every face, shape (n, features), by the network laid out for pictures of this size."""
    import keras

    pixels = np.asarray(inputs.pixels)
    if cut.grey:
        grey = (pixels @ np.array(LUMA)).round().astype(np.uint8)
        pixels = np.repeat(grey[..., np.newaxis], 3, axis=-1)
    sized = keras.models.clone_model(network, input_tensors=keras.Input(cut.preprocessing.input_shape))
    sized.set_weights(network.get_weights())
    return np.concatenate(
        [
            sized.predict(cut.preprocessing.normalise(pixels[start : start + 256]), batch_size=64, verbose=0)
            for start in range(0, len(pixels), 256)
        ]
    )


def out_of_fold(features: Floats, shares: Floats, groups: Rows) -> Floats:
    """Probabilities of happy, neutral, sad and other, shape (n, 4), by fits that have not seen the face."""
    found = np.zeros(shares.shape)
    for learn, held in GroupKFold(FOLDS, shuffle=True, random_state=1).split(features, groups=groups):
        # Raters' shares: a face counts under each label as much as it was given it.
        rows, labels = np.nonzero(shares[learn])
        model = make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, max_iter=300))
        weight = shares[learn][rows, labels]
        model.fit(features[learn][rows], labels, logisticregression__sample_weight=weight)
        found[held] = model.predict_proba(features[held])
    return found


def auc(truth: Rows, answers: Floats, rows: Rows) -> float:
    """Of sad against neutral, over some of the faces that both readers call one of them."""
    score = np.asarray(sadness(answers)[rows], np.float64)
    return area_under_roc(truth[rows] == SAD, score)


def degree(net: Floats, answers: Floats, rows: Rows) -> float:
    """Rank correlation of P(happy) − P(sad) with the raters' net share."""
    return spearman(net_share(answers)[rows], np.asarray(net[rows], np.float64))


def difference(value: Figure, answers: Floats, base: Floats, rows: Rows) -> float:
    """How much more a figure is than with the first way of cutting."""
    return value(answers, rows) - value(base, rows)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="folder with fairface and ferplus")
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("build/crops"))
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    dataset, n_fairface = some_faces(arguments.data)
    network = recipes.get_network("mobilenet").model(CANONICAL, arguments.weights).get_layer("backbone")
    cut_out = partial(prepare_inputs, dataset, face_cache=FaceCache())
    figures: dict[str, Any] = {}
    base: Floats | None = None
    for cut in CUTS:
        start = time.perf_counter()
        kept = arguments.work / f"{cut.name.replace(' ', '_').replace(',', '')}.npz"
        if not kept.is_file():
            inputs = cut_out(cut.preprocessing, with_prints=True).grouped(dataset, column=None)
            found: dict[str, Any] = {"rows": inputs.rows, "groups": inputs.groups}
            found["features"] = describe(inputs, cut, network)
            atomic_write(kept, partial(np.savez, **found))
        with np.load(kept) as arrays:
            features, rows, groups = arrays["features"], arrays["rows"], arrays["groups"]
        faces = dataset.take(rows)
        shares, truth = gather(faces.targets, faces.labels), agreed(faces)
        answers = out_of_fold(features, shares, groups)
        everyday, judged = np.flatnonzero(truth >= 0), np.flatnonzero(rows >= n_fairface)
        base = answers if base is None else base
        figures[cut.name] = {
            "seconds": round(time.perf_counter() - start),
            "faces": len(truth),
            "neutral": int((truth == NEUTRAL).sum()),
            "sad": int((truth == SAD).sum()),
        }
        for name, value, among in (
            ("auc_sad_neutral", partial(auc, truth), everyday),
            ("ferplus_degree_spearman", partial(degree, net_share(shares)), judged),
        ):
            further = partial(difference, value, answers, base)
            figures[cut.name][name] = estimate(partial(value, answers), among, groups)
            figures[cut.name][f"{name}_difference"] = estimate(further, among, groups)
        print(cut.name, figures[cut.name]["seconds"], "s")
        for name, figure in figures[cut.name].items():
            if isinstance(figure, dict):
                print(f"    {name:36} {interval(figure)}", flush=True)
        # After each, so that a run that is stopped leaves what it found.
        write_results("crops", figures)


if __name__ == "__main__":
    main()
