from __future__ import annotations

import socket
from pathlib import Path

import numpy as np
import pytest

from emotion_classifier import recipes
from emotion_classifier.classifier import EmotionClassifier
from emotion_classifier.data.folder import read_folder
from emotion_classifier.errors import RecipeError
from emotion_classifier.recipes.applications import APPLICATIONS
from emotion_classifier.training import fit
from emotion_classifier.training.fit import train
from emotion_classifier.training.options import TrainOptions

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
MOBILE = recipes.get_network("transfer_mobilenet_v3")
FACES = Path(__file__).parents[1] / "faces_rendered"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights of the network, saved as a user would."""
    import keras

    keras.utils.set_random_seed(0)
    network = keras.applications.MobileNetV3Large(include_top=False, weights=None, input_shape=(96, 96, 3))
    path = tmp_path_factory.mktemp("weights") / "own.weights.h5"
    network.save_weights(path)
    return path


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise socket.gaierror("no such host")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr("keras.src.utils.file_utils.config.keras_home", lambda: str(tmp_path / "keras"))


@pytest.fixture
def no_faces_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(*arguments: object, **options: object) -> None:
        raise AssertionError("faces were cut out before the weights were looked at")

    monkeypatch.setattr(fit, "prepare_inputs", cut)


@pytest.mark.parametrize("application", APPLICATIONS, ids=lambda each: each.recipe)
def test_without_network_and_weights_it_says_which_file_belongs_where(
    application: object, no_network: None, no_faces_cut: None, tmp_path: Path
) -> None:
    recipe = recipes.get(application.recipe)  # type: ignore[attr-defined]
    with pytest.raises(RecipeError) as refused:
        train(read_folder(FACES), recipe=recipe, out=tmp_path / "model")
    told = str(refused.value)
    assert application.file in told and "models" in told and "--weights" in told  # type: ignore[attr-defined]
    assert not (tmp_path / "model").exists()


def test_damaged_and_foreign_weights_are_refused_before_faces_are_cut_out(
    weights: Path, no_faces_cut: None, tmp_path: Path
) -> None:
    import keras

    damaged, foreign = tmp_path / "damaged.weights.h5", tmp_path / "foreign.weights.h5"
    damaged.write_bytes(weights.read_bytes()[:5000])
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save_weights(foreign)
    for path in (damaged, foreign):
        with pytest.raises(RecipeError, match="damaged, or not of MobileNetV3Large"):
            train(
                read_folder(FACES), recipe=MOBILE, out=tmp_path / "model", options=TrainOptions(weights=path)
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
