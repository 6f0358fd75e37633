from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from emotion_classifier import recipes
from emotion_classifier.classifier import EmotionClassifier
from emotion_classifier.data.folder import read_folder
from emotion_classifier.errors import RecipeError
from emotion_classifier.recipes.applications import APPLICATIONS
from emotion_classifier.training.fit import train
from emotion_classifier.training.options import TrainOptions

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
MOBILE = recipes.get_network("transfer_mobilenet_v3")
FACES = Path(__file__).parents[1] / "faces_rendered"
WITHOUT_WEIGHTS = """
import sys
from emotion_classifier import open_dataset, train
from emotion_classifier.errors import RecipeError
from test_applications import APPLICATIONS, no_faces_cut

for application in APPLICATIONS:
    try:
        train(open_dataset(sys.argv[1]), recipe=application.recipe, out=sys.argv[2], progress=no_faces_cut)
    except RecipeError as error:
        print(error)
"""


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights of the network, saved as a user would."""
    import keras

    keras.utils.set_random_seed(0)
    network = keras.applications.MobileNetV3Large(include_top=False, weights=None, input_shape=(96, 96, 3))
    path = tmp_path_factory.mktemp("weights") / "own.weights.h5"
    network.save_weights(path)
    return path


def no_faces_cut(stage: str, *_: object) -> None:
    assert stage != "faces", "faces were cut out before the weights were looked at"


def test_without_network_and_weights_it_says_which_file_belongs_where(tmp_path: Path) -> None:
    # Keras looks for its folder when it is imported; nothing listens on port 9.
    environment = os.environ | {
        "KERAS_HOME": str(tmp_path / "keras"),
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "PYTHONPATH": os.pathsep.join([*sys.path, str(Path(__file__).parent)]),
    }
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_WEIGHTS, str(FACES), str(tmp_path / "model")],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    for application, told in zip(APPLICATIONS, done.stdout.splitlines(), strict=True):
        assert application.file in told and str(tmp_path / "keras" / "models") in told and "--weights" in told
    assert not (tmp_path / "model").exists()


def test_damaged_and_foreign_weights_are_refused_before_faces_are_cut_out(
    weights: Path, tmp_path: Path
) -> None:
    import keras

    damaged, foreign = tmp_path / "damaged.weights.h5", tmp_path / "foreign.weights.h5"
    damaged.write_bytes(weights.read_bytes()[:5000])
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save_weights(foreign)
    for path in (damaged, foreign):
        with pytest.raises(RecipeError, match="damaged, or not of MobileNetV3Large"):
            train(
                read_folder(FACES),
                recipe=MOBILE,
                out=tmp_path / "model",
                options=TrainOptions(weights=path),
                progress=no_faces_cut,
            )
    with pytest.raises(RecipeError, match="is no file"):
        MOBILE.model(("happy", "sad"), tmp_path)


def test_it_begins_with_the_weights_of_the_file(weights: Path) -> None:
    import keras

    network = keras.applications.MobileNetV3Large(
        include_top=False, weights=None, input_shape=(96, 96, 3), pooling="avg"
    )
    network.load_weights(weights)
    pixels = np.random.default_rng(0).uniform(0, 255, (2, 96, 96, 3)).astype(np.float32)
    stated = network(pixels, training=False)
    found = MOBILE.model(("happy", "sad"), weights).get_layer("backbone")(pixels, training=False)
    assert np.abs(np.asarray(stated) - np.asarray(found)).max() < 1e-5


def test_training_ends_in_a_bundle_and_leaves_batch_statistics_alone(weights: Path, tmp_path: Path) -> None:
    model = MOBILE.model(("happy", "sad"), weights)
    backbone = model.get_layer("backbone")
    before = [value.numpy() for value in backbone.non_trainable_variables]
    model.train_on_batch(np.full((8, 96, 96, 3), 200, np.float32), np.eye(2, dtype=np.float32)[[0, 1] * 4])
    after = [value.numpy() for value in backbone.non_trainable_variables]
    assert before and all(np.array_equal(one, two) for one, two in zip(before, after, strict=True))

    data = read_folder(FACES)
    options = TrainOptions(validation=0, epochs=1, weights=weights)
    result = train(
        data.take(np.array([0, 1, 12, 13])), recipe=MOBILE, out=tmp_path / "model", options=options
    )
    (photo,) = EmotionClassifier(result.bundle).predict_many(data.sources[:1])
    assert photo.main is not None and 0 <= photo.main.p_happy <= 1
