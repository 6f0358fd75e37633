from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from emotion_classifier import recipes
from emotion_classifier.classifier import EmotionClassifier
from emotion_classifier.data.folder import read_folder
from emotion_classifier.errors import RecipeError
from emotion_classifier.model.bundle import MODEL, Bundle
from emotion_classifier.recipes.backbone import backbone, head
from emotion_classifier.training.fit import train
from emotion_classifier.training.inputs import prepare_inputs
from emotion_classifier.training.options import TrainOptions

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
FACES = Path(__file__).parents[1] / "faces_rendered"


def softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def test_the_backbone_and_the_head_give_what_the_bundle_gives() -> None:
    bundle = Bundle.default()
    network, (kernel, bias) = backbone(bundle), head(bundle)
    faces = prepare_inputs(read_folder(FACES), bundle.config.preprocessing)
    pixels = bundle.config.preprocessing.normalise(np.asarray(faces.pixels))
    found = softmax(network.predict(pixels, verbose=0) @ kernel + bias)
    # The bundle computes in 8 bits.
    assert np.abs(found - bundle.probabilities(pixels)).mean() < 0.01
    assert (found.argmax(axis=1) == bundle.probabilities(pixels).argmax(axis=1)).mean() > 0.9


def test_it_reads_faces_before_it_has_learnt_anything() -> None:
    model = recipes.get_network("transfer").model(("happy", "sad"))
    assert model.output_shape == (None, 2)
    assert np.abs(model.get_layer("head").get_weights()[0]).max() > 0
    unknown = recipes.get_network("transfer").model(("happy", "sad", "bored"))
    assert np.abs(unknown.get_layer("head").get_weights()[0][:, 2]).max() == 0


def test_six_photos_are_enough_to_begin_with_and_neutral_is_kept(tmp_path: Path) -> None:
    data = read_folder(FACES)
    few = data.take(np.array([0, 1, 2, 12, 13, 14]))
    result = train(
        few,
        recipe=recipes.get("transfer"),
        out=tmp_path / "model",
        options=TrainOptions(validation=0, epochs=2),
    )
    default = Bundle.default()
    assert result.bundle.labels == default.labels
    assert result.bundle.config.training["left_to_base"][:2] == ["neutral", "other"]
    # How bad a photo may be goes by the network that it began with.
    assert result.bundle.config.quality == Bundle.default().config.quality
    classifier = EmotionClassifier(result.bundle)
    right = [
        (photo.main is not None) and (photo.main.p_happy > 0.5) == (data.names[row] == "happy")
        for row, photo in enumerate(classifier.predict_many(data.sources))
    ]
    assert sum(right) >= 22
    rows = range(0, len(data), 2)
    kept, before = (
        [
            photo.main.probabilities["neutral"]
            for photo in model.predict_many(data.take(rows).sources)
            if photo.main
        ]
        for model in (classifier, EmotionClassifier(default))
    )
    assert len(kept) == len(before) > 0
    assert np.abs(np.subtract(kept, before)).max() < 0.15
    again = recipes.get_network("transfer").model(result.bundle.labels, result.bundle.path)
    assert again.output_shape == (None, len(default.labels))


def test_8_bits_make_the_file_smaller_and_read_the_same(tmp_path: Path) -> None:
    data = read_folder(FACES)
    plain, small = (
        train(
            data,
            recipe=recipes.get("transfer"),
            out=tmp_path / str(int8),
            options=TrainOptions(validation=0, epochs=1, seed=1, int8=int8),
        ).bundle
        for int8 in (False, True)
    )
    assert (small.path / MODEL).stat().st_size < 0.6 * (plain.path / MODEL).stat().st_size
    degrees = [
        [photo.main.degree for photo in EmotionClassifier(bundle).predict_many(data.sources) if photo.main]
        for bundle in (plain, small)
    ]
    assert np.abs(np.subtract(*degrees)).mean() < 0.1
    # What computes in 8 bits can be trained on.
    again = recipes.get_network("transfer").model(small.labels, small.path)
    assert again.output_shape == (None, len(small.labels))


@pytest.mark.parametrize(
    ("recipe", "options", "says"),
    [
        ("initial", TrainOptions(augment_light=True), "leave out --augment-light"),
        ("initial", TrainOptions(augment_quality=True), "leave out --augment-quality"),
        ("svm", TrainOptions(bfloat16=True), "svm trains no network; leave out --bfloat16"),
        ("svm", TrainOptions(int8=True), "leave out --int8"),
        (
            "svm",
            TrainOptions(epochs=3, augment_light=True, augment_quality=True),
            "svm has no epochs and does not vary pictures; leave out --epochs, --augment-light and --augment-quality",
        ),
    ],
)
def test_an_option_the_recipe_does_not_use_is_refused(
    recipe: str, options: TrainOptions, says: str, tmp_path: Path
) -> None:
    with pytest.raises(RecipeError, match=says):
        train(read_folder(FACES), recipe=recipes.get(recipe), out=tmp_path / "model", options=options)


def test_weights_that_do_not_fit_are_refused_at_once(tmp_path: Path) -> None:
    data = read_folder(FACES)
    with pytest.raises(RecipeError, match="leave out --weights"):
        train(
            data,
            recipe=recipes.get("compact"),
            out=tmp_path / "model",
            options=TrainOptions(weights=Bundle.default().path),
        )


def test_a_bundle_of_trees_is_nothing_to_start_from(tmp_path: Path) -> None:
    data = read_folder(FACES)
    whole = TrainOptions(validation=0)
    forest = train(data, recipe=recipes.get("random_forest"), out=tmp_path / "forest", options=whole).bundle
    with pytest.raises(RecipeError, match="does not end in a dense layer and a softmax over its labels"):
        train(
            data,
            recipe=recipes.get("transfer"),
            out=tmp_path / "model",
            options=TrainOptions(weights=forest.path),
        )
