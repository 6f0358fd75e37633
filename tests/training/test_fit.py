"""Training: what it refuses, what it keeps, and that a kill costs nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras")

from emotion_classifier import recipes
from emotion_classifier.data import Dataset, read_folder
from emotion_classifier.errors import BundleNotFoundError, DatasetError, RecipeError
from emotion_classifier.model.preprocessing import Preprocessing
from emotion_classifier.training.augment import vary
from emotion_classifier.training.fit import train
from emotion_classifier.training.loop import cosine, read_history
from emotion_classifier.training.options import TrainOptions

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
TINY = Preprocessing(input="photo", height=16, width=16, channels="rgb")
RUN = """
import sys
from test_fit import tiny, TrainOptions, read_folder, train
options = TrainOptions(epochs=40, validation=0.25, seed=5)
train(read_folder(sys.argv[1]), recipe=tiny(), out=sys.argv[2], options=options)
"""


def tiny() -> recipes.NetworkRecipe:
    def build(classes: int):
        import keras
        from keras import layers

        model = keras.Sequential(
            [
                keras.Input((16, 16, 3)),
                layers.Flatten(),
                layers.Dropout(0.3),
                layers.Dense(4),
                layers.Dense(classes, activation="softmax"),
            ]
        )
        model.compile(keras.optimizers.Adam(1e-3), loss="categorical_crossentropy", metrics=["accuracy"])
        return model

    return replace(
        recipes.get_network("compact"), name="tiny", preprocessing=TINY, build=build, epochs=3, batch_size=4,
        augment=False, moving_average=False,
    )  # fmt: skip


def options(**changes: object) -> TrainOptions:
    return TrainOptions(**{"validation": 0.25, "seed": 5} | changes)  # type: ignore[arg-type]


def test_a_trained_bundle_and_its_history(plain_folder: Path, tmp_path: Path) -> None:
    result = train(read_folder(plain_folder), recipe=tiny(), out=tmp_path / "model", options=options())
    assert result.bundle.labels == ("happy", "sad")
    assert len(result.history) == 3 and {"loss", "val_loss"} <= set(result.history[0])
    assert "tiny" in (tmp_path / "model" / "README.md").read_text()


def test_a_network_that_learned_nothing_is_known(plain_folder: Path, tmp_path: Path) -> None:
    taught = options(epochs=60, learning_rate=3e-3)
    result = train(read_folder(plain_folder), recipe=tiny(), out=tmp_path / "model", options=taught)
    assert result.commonest == ("happy", 0.5) and not result.learned_nothing
    assert replace(result, history=({"accuracy": 0.5, "val_accuracy": 0.5},)).learned_nothing
    assert not replace(result, history=()).learned_nothing


def test_the_same_seed_gives_the_same_history(plain_folder: Path, tmp_path: Path) -> None:
    data = read_folder(plain_folder)
    first = train(data, recipe=tiny(), out=tmp_path / "one", options=options()).history
    again = train(data, recipe=tiny(), out=tmp_path / "two", options=options()).history
    assert [row["loss"] for row in first] == pytest.approx([row["loss"] for row in again], rel=1e-5)


def test_a_killed_training_goes_on_as_if_it_had_not_been(plain_folder: Path, tmp_path: Path) -> None:
    data = read_folder(plain_folder)
    whole = train(data, recipe=tiny(), out=tmp_path / "whole", options=options(epochs=40)).history
    command = [sys.executable, "-c", RUN, str(plain_folder), str(tmp_path / "killed")]
    process = subprocess.Popen(command, cwd=Path(__file__).parent, stderr=subprocess.DEVNULL)
    history = tmp_path / "killed.training" / "history.csv"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not (
        history.is_file() and len(history.read_text().splitlines()) > 3
    ):
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert not (tmp_path / "killed").exists(), "killed before it was done"
    done = len(read_history(history))
    assert 0 < done < 40
    resumed = train(data, recipe=tiny(), out=tmp_path / "killed", options=options(epochs=40)).history
    assert [row["epoch"] for row in resumed] == list(range(40))
    assert resumed[-1]["loss"] == pytest.approx(whole[-1]["loss"], rel=1e-4)


def test_validation_and_test_rows_are_never_trained_on(plain_folder: Path, tmp_path: Path) -> None:
    data = read_folder(plain_folder)
    marked = replace(data, splits=("train", "test") * 8)
    result = train(marked, recipe=tiny(), out=tmp_path / "model", options=options(validation=0.0))
    assert result.bundle.config.training["rows"] == 8


def test_one_class_is_refused_before_anything_is_spent(plain_folder: Path, tmp_path: Path) -> None:
    happy_only = read_folder(plain_folder).take(range(8))
    with pytest.raises(DatasetError, match="no photos labelled sad"):
        train(happy_only, recipe=tiny(), out=tmp_path / "model", options=options())


def test_photos_without_faces_are_named(plain_folder: Path, tmp_path: Path) -> None:
    recipe = replace(tiny(), preprocessing=recipes.get("compact").preprocessing)
    with pytest.raises(DatasetError, match=r"None of the 16 photos could be used.*no face found"):
        train(read_folder(plain_folder), recipe=recipe, out=tmp_path / "model", options=options())


def test_a_class_the_recipe_does_not_know(plain_folder: Path, tmp_path: Path) -> None:
    data = read_folder(plain_folder)
    targets = np.zeros((16, 3), np.float32)
    targets[:, [0, 2]] = data.targets
    targets[3] = [0, 1, 0]
    three = Dataset(("happy", "neutral", "sad"), data.sources, targets, data.ids, data.splits, data.cropped)
    with pytest.raises(DatasetError, match="labelled 'neutral'"):
        train(three, recipe=recipes.get("initial"), out=tmp_path / "model")


def test_an_unknown_recipe_lists_the_known() -> None:
    with pytest.raises(RecipeError, match="attempt_5_batchnorm"):
        recipes.get("resnet")


def test_a_folder_with_something_else_in_it_is_left_alone(plain_folder: Path) -> None:
    with pytest.raises(BundleNotFoundError, match="not overwritten"):
        train(read_folder(plain_folder), recipe=tiny(), out=plain_folder, options=options())


def test_the_learning_rate_rises_and_falls() -> None:
    rates = [cosine(epoch, 20, 1.0) for epoch in range(20)]
    assert rates.index(max(rates)) == 2
    assert rates[0] < 0.5 and rates[-1] < 0.05


def test_another_run_does_not_throw_an_unfinished_one_away(plain_folder: Path, tmp_path: Path) -> None:
    data = read_folder(plain_folder)

    def stop(stage: str, done: int, total: int, figures: dict[str, float]) -> None:
        if stage == "training":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(data, recipe=tiny(), out=tmp_path / "model", options=options(), progress=stop)
    with pytest.raises(RecipeError, match="unfinished training"):
        train(data, recipe=tiny(), out=tmp_path / "model", options=options(seed=6))
    assert len(train(data, recipe=tiny(), out=tmp_path / "model", options=options()).history) == 3


def test_patience_gives_the_weights_of_the_best_epoch(plain_folder: Path, tmp_path: Path) -> None:
    data, kept = read_folder(plain_folder), {}

    def build(classes: int):
        import keras
        from keras import layers

        flat = [keras.Input((16, 16, 3)), layers.Flatten()]
        model = keras.Sequential([*flat, layers.Dense(classes, activation="softmax")])
        adam = keras.optimizers.Adam(3.0, use_ema=True, ema_momentum=0.9)  # So fast that it soon gets worse.
        model.compile(adam, loss="categorical_crossentropy", metrics=["accuracy"])
        return model

    def watch(stage: str, done: int, total: int, figures: dict[str, float]) -> None:
        best = tmp_path / "model.training" / "best.weights.h5"
        if best.is_file():
            kept["best"] = best.read_bytes()

    averaged = replace(tiny(), build=build, moving_average=True, mirror=False)
    given = options(patience=2, epochs=30)
    result = train(data, recipe=averaged, out=tmp_path / "model", options=given, progress=watch)
    losses = [row["val_loss"] for row in result.history]
    assert len(losses) - 1 - losses.index(min(losses)) == 2
    (tmp_path / "best.weights.h5").write_bytes(kept["best"])
    model = build(2)
    model.optimizer.build(model.trainable_variables)
    model.load_weights(tmp_path / "best.weights.h5")
    pixels = np.random.default_rng(0).uniform(0, 1, (4, 16, 16, 3)).astype(np.float32)
    served = result.bundle.probabilities(pixels)
    np.testing.assert_allclose(served, model.predict(pixels, verbose=0), atol=2e-2)


def test_groups_are_balanced_in_the_head_too(plain_folder: Path, tmp_path: Path) -> None:
    data, counted = read_folder(plain_folder), []
    data = replace(data, columns={"gender": ("f", *"mmmmmmm") * 2})
    headed = replace(tiny(), fit_head=lambda model, inputs, targets, importance: counted.append(importance))
    given = options(balance="gender", epochs=1, validation=0)
    train(data, recipe=headed, out=tmp_path / "model", options=given)
    assert counted[0].max() == counted[0][0] > counted[0][1]


def test_state_learned_from_other_photos_is_not_gone_on_with(plain_folder: Path, tmp_path: Path) -> None:
    data = replace(read_folder(plain_folder), columns={"gender": ("f", "m") * 8})
    more = read_folder(plain_folder).take([0, 8])

    def run(data: Dataset, extra: Dataset, **given: object) -> None:
        train(
            data,
            recipe=tiny(),
            out=tmp_path / "model",
            options=options(balance="gender"),
            extra=extra,
            **given,
        )  # type: ignore[arg-type]

    def stop(stage: str, done: int, total: int, figures: dict[str, float]) -> None:
        if stage == "training":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(data, more, progress=stop)
    swapped = replace(data, targets=data.targets[::-1].copy())
    with pytest.raises(RecipeError, match="other data"):
        run(swapped, more)
    with pytest.raises(RecipeError, match="other data"):
        run(replace(data, columns={"gender": ("f", "f", "m", "m") * 4}), more)
    with pytest.raises(RecipeError, match="other data"):
        run(data, read_folder(plain_folder).take([1, 9]))
    (plain_folder / "Happy" / "0.png").write_bytes((plain_folder / "Happy" / "1.png").read_bytes() + b"0")
    with pytest.raises(RecipeError, match="other data"):
        run(data, more)


@pytest.mark.parametrize(
    ("columns", "split", "says"),
    [
        (
            {"weight": (1.0, None, 2.0, "much")},
            "",
            "2 of 4 have none, the first Happy/1.png, which says nothing",
        ),
        ({"weight": (1.0, 0, 2.0, 1)}, "", "1 of 4 have none"),
        ({}, "test", "all of the split test"),
    ],
)
def test_photos_for_the_scale_are_looked_at_before_any_face_is_cut(
    plain_folder: Path, tmp_path: Path, columns: dict[str, tuple[object, ...]], split: str, says: str
) -> None:
    data = read_folder(plain_folder)
    aside = replace(data.take([0, 1, 8, 9]), columns=columns, splits=(split,) * 4)
    with pytest.raises(DatasetError, match=says):
        train(data, recipe=tiny(), out=tmp_path / "model", options=options(), calibration=aside)
    assert not (tmp_path / "model.training").exists()


def test_photos_for_the_scale_show_what_was_learned(plain_folder: Path, tmp_path: Path) -> None:
    data = read_folder(plain_folder)
    aside = replace(data.take([0, 8]).with_labels(("happy", "neutral", "sad")), targets=np.eye(3)[[0, 1]])
    with pytest.raises(DatasetError, match="photos show neutral, which the training photos do not"):
        train(data, recipe=tiny(), out=tmp_path / "model", options=options(), calibration=aside)


def test_a_misspelt_group_column_is_refused(plain_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no column 'no_such_column'"):
        train(
            read_folder(plain_folder),
            recipe=tiny(),
            out=tmp_path / "m",
            options=options(group_column="no_such_column"),
        )


def test_more_light_varies_more() -> None:
    canvas = np.tile(np.linspace(40, 200, 60).astype(np.uint8)[:, None, None], (1, 60, 1))

    def spread(more: bool) -> float:
        drawn = [
            vary(canvas, (48, 48), np.random.default_rng(seed), more_light=more).mean() for seed in range(200)
        ]
        return float(np.std(drawn))

    assert spread(True) > 1.5 * spread(False)
