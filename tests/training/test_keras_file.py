"""Models that other people saved: taken in where they are plain Keras, refused where they would run code."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("keras")
pytest.importorskip("h5py")

import keras
from saving import MARKS

from emotion_classifier import recipes
from emotion_classifier.classifier import EmotionClassifier
from emotion_classifier.errors import BundleError, BundleNotFoundError, UnsafeModelError
from emotion_classifier.training.export import import_keras

pytestmark = MARKS
layers = keras.layers
SIDE = 16
FORMATS = pytest.mark.parametrize("suffix", [".keras", ".h5"])


def study_like(*first: Any, last: Any = None) -> keras.Model:
    keras.utils.set_random_seed(4)
    return keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 3)),
            *first,
            layers.Conv2D(4, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            last or layers.Dense(1, activation="sigmoid"),
        ]
    )


def take_in(path: Path, tmp_path: Path, **changes: Any) -> Any:
    settings = {"labels": ["Happy", "Sad"], "channels": "rgb", "size": SIDE}
    return import_keras(path, **(settings | changes)).save(tmp_path / "bundle")


def rewrite(path: Path, change: Callable[[dict[str, Any]], None], **members: bytes) -> None:
    """Change the configuration inside a .keras file."""
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(contents["config.json"])
    change(config)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**contents, "config.json": json.dumps(config).encode(), **members}.items():
            archive.writestr(name, content)


@FORMATS
def test_a_saved_model_serves_photos(tmp_path: Path, suffix: str) -> None:
    model, path = study_like(), tmp_path / f"imageclassifier{suffix}"
    model.save(path)
    bundle = take_in(path, tmp_path, channels="bgr")
    assert bundle.labels == ("happy", "sad")
    assert bundle.config.training["parameters"] == model.count_params()
    photo = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    inputs = photo[np.newaxis, ..., ::-1].astype(np.float32) / 255
    (sad,) = np.asarray(model(inputs))[:, 0]
    reading = EmotionClassifier(bundle).predict(photo).main
    assert reading is not None
    assert reading.p_happy == pytest.approx(1 - sad, abs=1e-4)


def test_softmax_rescaling_and_labels_in_any_order(tmp_path: Path) -> None:
    model = study_like(layers.Rescaling(1 / 255), last=layers.Dense(3, activation="softmax"))
    model.save(tmp_path / "model.keras")
    bundle = take_in(tmp_path / "model.keras", tmp_path, labels=["Angry", "Sadness", "Smile"], scale=1.0)
    assert bundle.labels == ("angry", "sad", "happy")
    inputs = np.full((2, SIDE, SIDE, 3), 200, np.float32)
    assert bundle.probabilities(inputs) == pytest.approx(np.asarray(model(inputs)), abs=1e-4)


def test_a_functional_model_with_arithmetic(tmp_path: Path) -> None:
    inputs = keras.Input((SIDE, SIDE, 3))
    x = layers.Flatten()(layers.Activation("tanh")(inputs / 127.5 - 1))
    keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x)).save(tmp_path / "model.keras")
    assert take_in(tmp_path / "model.keras", tmp_path, scale=1.0).config.output == "sigmoid"


def test_a_file_of_keras_2(tmp_path: Path) -> None:
    model, path = study_like(layers.RandomFlip("horizontal")), tmp_path / "model.keras"
    model.save(path)

    def as_keras_2_wrote_it(config: dict[str, Any]) -> None:
        parts = config["config"]["layers"]
        parts[0]["config"]["batch_input_shape"] = parts[0]["config"].pop("batch_shape")
        for part in parts:
            part["config"]["dtype"] = "float32"
            if part["class_name"] == "RandomFlip":
                part["config"]["rng_type"] = "stateful"

    rewrite(path, as_keras_2_wrote_it)
    inputs = np.random.default_rng(0).random((3, SIDE, SIDE, 3), np.float32)
    sad = take_in(path, tmp_path).probabilities(inputs)[:, 1:]
    assert sad == pytest.approx(np.asarray(model(inputs, training=False)), abs=1e-4)


def rewrite_h5(path: Path, config: dict[str, Any]) -> None:
    import h5py

    with h5py.File(path, "r+") as file:
        file.attrs["model_config"] = json.dumps(config).encode()


def config_of_h5(path: Path) -> dict[str, Any]:
    import h5py

    with h5py.File(path, "r") as file:
        config: dict[str, Any] = json.loads(file.attrs["model_config"])
    return config


def old_keys(model: keras.Model, path: Path, groups: int = 1) -> None:
    """Save as Keras 2.9 and later did: with `groups` where nothing comes of them, and axes in lists."""
    model.save(path)
    config = config_of_h5(path)
    for part in config["config"]["layers"]:
        if part["class_name"] in ("DepthwiseConv2D", "SeparableConv2D", "Conv2DTranspose"):
            part["config"]["groups"] = groups
        if part["class_name"] == "SeparableConv2D":
            part["config"]["kernel_initializer"] = {"class_name": "GlorotUniform", "config": {"seed": None}}
        if part["class_name"] == "BatchNormalization":
            part["config"]["axis"] = [3]
        if part["class_name"] == "Conv2D":
            policy = {
                "class_name": "Policy",
                "config": {"name": "float32"},
                "module": "keras.mixed_precision",
            }
            part["config"]["dtype"] = policy | {"registered_name": None}
    rewrite_h5(path, config)


def test_keys_of_keras_2_that_mean_nothing(tmp_path: Path) -> None:
    model = study_like(
        layers.DepthwiseConv2D(3),
        layers.SeparableConv2D(4, 3),
        layers.Conv2DTranspose(3, 3),
        layers.BatchNormalization(),
    )
    old_keys(model, tmp_path / "model.h5")
    inputs = np.random.default_rng(0).random((3, SIDE, SIDE, 3), np.float32)
    sad = take_in(tmp_path / "model.h5", tmp_path).probabilities(inputs)[:, 1:]
    assert sad == pytest.approx(np.asarray(model(inputs, training=False)), abs=1e-4)


def test_a_key_of_keras_2_that_means_something_tells_what_to_do(tmp_path: Path) -> None:
    old_keys(study_like(layers.DepthwiseConv2D(3)), tmp_path / "model.h5", groups=3)
    with pytest.raises(BundleError, match=r"groups=3.*load_weights"):
        take_in(tmp_path / "model.h5", tmp_path)


def arithmetic(name: str, function: str, before: str, number: float) -> dict[str, Any]:
    settings = {"name": name, "trainable": True, "dtype": "float32", "function": function}
    calls = [[before, 0, 0, {"y": number, "name": None}]]
    return {"class_name": "TFOpLambda", "config": settings, "name": name, "inbound_nodes": calls}


def keras_2_functional(path: Path, function: str = "math.truediv") -> keras.Model:
    """A model as transfer-learning tutorials made it: arithmetic, then a network within the network."""
    keras.utils.set_random_seed(4)
    inputs = keras.Input((SIDE, SIDE, 3), name="photo")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="scaled")(inputs)
    inner = keras.Input((SIDE, SIDE, 3), name="inner_in")
    base = keras.Model(inner, layers.Conv2D(4, 3, name="conv")(inner), name="base")
    x = layers.Flatten(name="flat")(base(x))
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid", name="last")(x))
    model.save(path)
    config = config_of_h5(path)
    parts = {part["name"]: part for part in config["config"]["layers"]}
    within = parts["base"]["config"]["layers"]
    within[1]["inbound_nodes"] = [[["inner_in", 0, 0, {}]]]
    parts["base"]["config"] |= {"input_layers": [["inner_in", 0, 0]], "output_layers": [["conv", 0, 0]]}
    parts["base"] |= {"module": "keras.src.engine.functional", "registered_name": "Functional"}
    parts["base"]["inbound_nodes"] = [[["tf.math.subtract", 0, 0, {"training": False}]]]
    parts["flat"]["inbound_nodes"] = [[["base", 1, 0, {}]]]
    parts["last"]["inbound_nodes"] = [[["flat", 0, 0, {}]]]
    divided = arithmetic("tf.math.truediv", function, "photo", 127.5)
    less = arithmetic("tf.math.subtract", "math.subtract", "tf.math.truediv", 1.0)
    config["config"] |= {
        "layers": [parts["photo"], divided, less, parts["base"], parts["flat"], parts["last"]],
        "input_layers": [["photo", 0, 0]],
        "output_layers": [["last", 0, 0]],
    }
    rewrite_h5(path, config)
    return model


def test_arithmetic_of_keras_2_becomes_rescaling(tmp_path: Path) -> None:
    model = keras_2_functional(tmp_path / "model.h5")
    bundle = take_in(tmp_path / "model.h5", tmp_path)
    assert bundle.config.preprocessing.scale == 1
    inputs = np.random.default_rng(0).random((3, SIDE, SIDE, 3), np.float32) * 255
    assert bundle.probabilities(inputs)[:, 1:] == pytest.approx(np.asarray(model(inputs)), abs=1e-4)


def test_other_operations_of_tensorflow_tell_what_to_do(tmp_path: Path) -> None:
    keras_2_functional(tmp_path / "model.h5", "image.adjust_gamma")
    with pytest.raises(BundleError, match=r"adjust_gamma.*Rescaling.*load_weights"):
        take_in(tmp_path / "model.h5", tmp_path)


@pytest.mark.slow
def test_the_studys_last_model_as_its_notebook_saved_it(tmp_path: Path) -> None:
    keras.utils.set_random_seed(4)
    model = recipes.get("attempt_5").build(2)
    rng = np.random.default_rng(0)
    photos = rng.random((16, 150, 150, 3), np.float32)
    model.train_on_batch(photos, rng.integers(0, 2, (16, 1)))
    model.save(tmp_path / "imageclassifier.h5")
    assert (tmp_path / "imageclassifier.h5").stat().st_size > 190e6
    bundle = take_in(tmp_path / "imageclassifier.h5", tmp_path, channels="bgr", size=None)
    assert bundle.config.training["parameters"] == 16_852_273
    photo = (photos[0] * 255).astype(np.uint8)
    (expected,) = np.asarray(model(photo[np.newaxis, ..., ::-1].astype(np.float32) / 255))[:, 0]
    reading = EmotionClassifier(bundle).predict(photo).main
    assert reading is not None
    assert 1 - reading.p_happy == pytest.approx(expected, abs=1e-4)


@FORMATS
def test_the_code_of_a_lambda_layer_is_refused_and_not_run(tmp_path: Path, suffix: str) -> None:
    mark = str(tmp_path / "run")
    study_like(layers.Lambda(lambda x: __import__("os").makedirs(mark, exist_ok=True) or x)).save(
        tmp_path / f"model{suffix}"
    )
    (tmp_path / "run").rmdir()  # Building the layer ran it.
    with pytest.raises(UnsafeModelError, match="Lambda"):
        take_in(tmp_path / f"model{suffix}", tmp_path)
    assert not (tmp_path / "bundle").exists() and not (tmp_path / "run").exists()


def test_a_lambda_in_a_nested_model_is_refused(tmp_path: Path) -> None:
    inner = keras.Sequential([keras.Input((SIDE, SIDE, 3)), layers.Lambda(lambda x: x / 2)])
    study_like(inner).save(tmp_path / "model.keras")
    with pytest.raises(UnsafeModelError, match="Lambda"):
        take_in(tmp_path / "model.keras", tmp_path)


@FORMATS
def test_a_class_of_the_authors_own_is_refused(tmp_path: Path, suffix: str) -> None:
    class Own(layers.Layer):
        def call(self, inputs: Any) -> Any:
            return inputs

    study_like(Own()).save(tmp_path / f"model{suffix}")
    with pytest.raises(UnsafeModelError, match="Own"):
        take_in(tmp_path / f"model{suffix}", tmp_path)


@pytest.mark.parametrize(
    "smuggled",
    [
        {"class_name": "function", "module": "os", "config": "system", "registered_name": "function"},
        {"class_name": "function", "module": "builtins", "config": "eval", "registered_name": "function"},
        {"class_name": "get_file", "module": "keras.utils", "config": {"origin": "x"}},
        {"class_name": "Popen", "module": "subprocess", "config": {"args": "true"}},
        {"class_name": "Dense", "module": "elsewhere", "config": {"units": 1}},
        {"class_name": "__lambda__", "config": {"value": "x"}},
    ],
    ids=lambda part: f"{part.get('module')}.{part['class_name']}",
)
def test_code_smuggled_into_the_configuration_is_refused(tmp_path: Path, smuggled: dict[str, Any]) -> None:
    path = tmp_path / "model.keras"
    study_like().save(path)
    rewrite(path, lambda config: config["config"]["layers"][1]["config"].update(activation=smuggled))
    with pytest.raises(UnsafeModelError, match="refused"):
        take_in(path, tmp_path)


def test_a_custom_loss_is_no_reason_to_refuse(tmp_path: Path) -> None:
    def own_loss(truth: Any, answer: Any) -> Any:
        return keras.ops.mean(keras.ops.square(truth - answer))

    model = study_like()
    model.compile("adam", loss=own_loss)
    model.save(tmp_path / "model.keras")
    assert take_in(tmp_path / "model.keras", tmp_path).labels == ("happy", "sad")


def test_what_does_not_fit_is_said(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    study_like().save(path)
    for changes, said in (
        ({"size": 150}, "--size"),
        ({"channels": "grey"}, "--channels"),
        ({"labels": ["Happy", "Sad", "Angry"]}, "3 labels"),
        ({"labels": ["Happy", "Smile"]}, "same"),
        ({"labels": ["Cat", "Dog"]}, "happy and sad"),
    ):
        with pytest.raises(BundleError, match=said):
            take_in(path, tmp_path, **changes)


def test_a_model_without_probabilities_is_refused(tmp_path: Path) -> None:
    study_like(last=layers.Dense(1)).save(tmp_path / "model.keras")
    with pytest.raises(BundleError, match="no activation"):
        take_in(tmp_path / "model.keras", tmp_path)


@pytest.mark.parametrize("depth", [900, 100_000])
def test_a_configuration_nested_without_end_is_refused(tmp_path: Path, depth: int) -> None:
    with zipfile.ZipFile(tmp_path / "deep.keras", "w") as archive:
        archive.writestr("config.json", '{"config": ' + "[" * depth + "]" * depth + "}")
    with pytest.raises(BundleError, match="nested without end"):
        take_in(tmp_path / "deep.keras", tmp_path)


def test_files_that_are_no_models(tmp_path: Path) -> None:
    study_like().save_weights(tmp_path / "only.weights.h5")
    (tmp_path / "text.h5").write_text("hello")
    (tmp_path / "empty.keras").write_bytes(b"")
    with zipfile.ZipFile(tmp_path / "zip.keras", "w") as archive:
        archive.writestr("readme.txt", "hello")
    study_like().save(tmp_path / "model.keras")
    whole = (tmp_path / "model.keras").read_bytes()
    (tmp_path / "cut.keras").write_bytes(whole[: len(whole) // 2])
    for name, said in (
        ("only.weights.h5", "weights only"),
        ("text.h5", "neither"),
        ("empty.keras", "neither"),
        ("zip.keras", "no Keras model"),
        ("cut.keras", "neither"),
    ):
        with pytest.raises(BundleError, match=said):
            take_in(tmp_path / name, tmp_path)
    with pytest.raises(BundleNotFoundError):
        take_in(tmp_path / "absent.keras", tmp_path)
