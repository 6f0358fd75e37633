"""Recipes on engineered features: the features are scikit-image's, and every head reads faces from a bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from emotion_classifier import recipes
from emotion_classifier.classifier import EmotionClassifier
from emotion_classifier.data.folder import read_folder
from emotion_classifier.errors import BundleError, RecipeError
from emotion_classifier.model.bundle import Bundle, save_bundle
from emotion_classifier.recipes.features_graph import TEXTURE, features_graph, preprocessing_of
from emotion_classifier.recipes.fitting import FitPlan, Fitted
from emotion_classifier.training.features_fit import fit_features
from emotion_classifier.training.fit import train
from emotion_classifier.training.inputs import Inputs, prepare_inputs
from emotion_classifier.training.onnx.sklearn_conversion import check_same
from emotion_classifier.training.onnx.tree_ensemble import Tree, ensemble
from emotion_classifier.training.options import TrainOptions

FACES = Path(__file__).parents[1] / "faces_rendered"
HEADS = ("gradient_boosting", "hist_gradient_boosting", "random_forest", "logistic_regression", "svm")
PREPROCESSING = recipes.get("svm").preprocessing
TEXTURED = preprocessing_of(TEXTURE)


@pytest.fixture(scope="module")
def faces() -> Inputs:
    return prepare_inputs(read_folder(FACES), PREPROCESSING)


@pytest.fixture(scope="module")
def grey_faces() -> np.ndarray:
    return np.asarray(prepare_inputs(read_folder(FACES), TEXTURED).pixels)


def features(name: str, pixels: np.ndarray) -> np.ndarray:
    taken = preprocessing_of([name]).normalise(np.asarray(pixels))
    return Fitted(features_graph([name]).SerializeToString(), 0).predict(taken)


def fit(name: str, labels: tuple[str, ...], inputs: Inputs, plan: FitPlan | None = None) -> Fitted:
    return fit_features(recipes.get(name), labels, inputs, plan or FitPlan(), progress=lambda *told: None)


def fit_small(name: str, labels: tuple[str, ...], inputs: Inputs) -> Fitted:
    """Fit a head of few trees, where it has trees."""
    trees = {
        "gradient_boosting": "n_estimators",
        "hist_gradient_boosting": "max_iter",
        "random_forest": "n_estimators",
    }
    recipe = recipes.get(name)
    whole = recipe.estimator

    def few(counts: Sequence[int], seed: int) -> Any:
        return whole(counts, seed).set_params(**({f"head__{trees[name]}": 20} if name in trees else {}))

    recipe = replace(recipe, estimator=few)
    return fit_features(recipe, labels, inputs, FitPlan(), progress=lambda *told: None)


def both_ways(describe, pixels: np.ndarray) -> np.ndarray:
    return np.stack([(describe(face) + describe(face[:, ::-1])) / 2 for face in pixels[..., 0]])


def with_plain_ones(crops: np.ndarray) -> np.ndarray:
    """Real crops, one of a single grey and one that is half black: where equal values decide."""
    plain = np.full((2, 48, 48, 1), 137, np.uint8)
    plain[1, :24] = 0
    return np.concatenate([crops, plain])


def test_gradients_are_those_of_scikit_image(grey_faces: np.ndarray) -> None:
    from skimage.feature import hog

    pixels = with_plain_ones(grey_faces)
    stated = both_ways(lambda face: hog(face, 9, (8, 8), (2, 2)), pixels)
    assert np.abs(features("hog", pixels) - stated).max() < 1e-5


def test_binary_patterns_are_those_of_scikit_image(grey_faces: np.ndarray) -> None:
    from skimage.feature import local_binary_pattern

    def shares(face: np.ndarray) -> np.ndarray:
        patterns = local_binary_pattern(np.ascontiguousarray(face), 8, 1, "uniform")
        regions = patterns.reshape(4, 12, 4, 12).swapaxes(1, 2).reshape(16, -1)
        return np.stack([(regions == kind).mean(axis=1) for kind in range(10)], axis=1).ravel()

    pixels = with_plain_ones(grey_faces)
    assert np.abs(features("lbp", pixels) - both_ways(shares, pixels)).max() < 1e-6


def test_the_embedding_leads_to_the_default_models_answer(faces: Inputs) -> None:
    pytest.importorskip("keras")
    from emotion_classifier.recipes.backbone import backbone

    bundle = Bundle.default()
    network, x = backbone(bundle), PREPROCESSING.normalise(np.asarray(faces.pixels))
    stated = network.predict(x, verbose=0)
    # In Keras the network computes in single precision, in the bundle in 8 bits.
    assert np.corrcoef(features("embedding", faces.pixels).ravel(), stated.ravel())[0, 1] > 0.99
    answers = Fitted((bundle.path / "model.onnx").read_bytes(), 0).predict(x)
    assert features("log_probabilities", faces.pixels) == pytest.approx(
        np.log(np.maximum(answers, 1e-6)), abs=1e-4
    )


@pytest.mark.parametrize("name", sorted(TEXTURE))
def test_a_mirror_image_has_the_same_features(name: str, grey_faces: np.ndarray) -> None:
    turned = np.ascontiguousarray(grey_faces[:, :, ::-1])
    assert np.abs(features(name, grey_faces) - features(name, turned)).max() < 1e-4


def test_features_of_texture_are_fitted_on_the_pictures_of_a_search(faces: Inputs) -> None:
    """`tune svm` cuts faces once, for the network, and tries texture alone on them as well."""
    textured = replace(recipes.get("svm"), features=("hog", "lbp"))
    assert textured.preprocessing == PREPROCESSING != TEXTURED
    fitted = fit_features(textured, ("happy", "sad"), faces, FitPlan(), progress=lambda *told: None)
    shares = fitted.predict(PREPROCESSING.normalise(np.asarray(faces.pixels)))
    assert shares.shape == (len(faces.rows), 2)


def test_pictures_that_lack_what_features_look_at_are_refused() -> None:
    with pytest.raises(RecipeError, match="do not hold what geometry look at"):
        features_graph(["geometry"], picture=PREPROCESSING)


@pytest.mark.parametrize(
    "name",
    [
        name if name in ("gradient_boosting", "svm") else pytest.param(name, marks=pytest.mark.slow)
        for name in HEADS
    ],
)
def test_every_head_trains_and_serves(name: str, tmp_path: Path) -> None:
    assert name in recipes.names()
    data = read_folder(FACES)
    result = train(
        data, recipe=recipes.get(name), out=tmp_path / "model", options=TrainOptions(validation=0.2)
    )
    read = EmotionClassifier(result.bundle).predict_many(data.sources)
    right = [
        photo.main is not None and (photo.main.p_happy > 0.5) == (data.names[row] == "happy")
        for row, photo in enumerate(read)
    ]
    assert sum(right) >= 22
    assert (result.bundle.path / "model.onnx").stat().st_size < 10_000_000


@pytest.mark.parametrize("name", HEADS)
def test_more_labels_than_there_are_photos_of(name: str, faces: Inputs) -> None:
    targets = np.zeros((24, 4), np.float32)
    targets[np.arange(24), np.arange(24) // 8] = 0.6
    targets[:, 3] = 0.4  # many votes, never most
    found = fit_small(name, ("happy", "neutral", "sad", "other"), replace(faces, targets=targets)).predict(
        PREPROCESSING.normalise(np.asarray(faces.pixels))
    )
    assert found.shape == (24, 4) and found.dtype == np.float32
    assert found.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert (found[:, 3] == 0).all()


@pytest.mark.parametrize("name", HEADS)
def test_a_single_photo_of_a_label(name: str, faces: Inputs) -> None:
    few = faces.take(np.arange(13))
    if name == "svm":
        with pytest.raises(RecipeError, match="Only 1 of the photos to learn from is mostly sad"):
            fit(name, ("happy", "sad"), few)
    else:
        found = fit_small(name, ("happy", "sad"), few).predict(
            PREPROCESSING.normalise(np.asarray(few.pixels))
        )
        assert np.isfinite(found).all()


def test_a_single_label_is_refused(faces: Inputs) -> None:
    with pytest.raises(RecipeError, match="mostly happy: there is nothing to tell apart"):
        fit("svm", ("happy", "sad"), faces.take(np.arange(12)))


def test_photos_that_count_more_pull_the_answer(faces: Inputs) -> None:
    x = PREPROCESSING.normalise(np.asarray(faces.pixels))
    heavy = np.where(faces.targets[:, 0] > 0, 1.9, 0.1).astype(np.float32)
    plain = fit("logistic_regression", ("happy", "sad"), faces).predict(x)
    pulled = fit("logistic_regression", ("happy", "sad"), replace(faces, importance=heavy)).predict(x)
    assert pulled[:, 0].mean() > plain[:, 0].mean() + 0.05


def test_features_that_are_no_numbers_are_refused(faces: Inputs, tmp_path: Path) -> None:
    import onnx

    default = Bundle.default()
    network = onnx.load(default.path / "model.onnx")
    (bias, *_) = (tensor for tensor in network.graph.initializer if tensor.dims == [len(default.labels)])
    broken = np.full(len(default.labels), np.nan, onnx.numpy_helper.to_array(bias).dtype)
    bias.CopyFrom(onnx.numpy_helper.from_array(broken, bias.name))
    out = tmp_path / "broken"
    save_bundle(out, onnx=network.SerializeToString(), config=default.config, card="Broken.")
    with pytest.raises(RecipeError, match="features of 24 of 24 photos are not all numbers"):
        fit("gradient_boosting", ("happy", "sad"), faces, FitPlan(weights=out))


def test_the_embedding_may_come_from_another_bundle(tmp_path: Path, faces: Inputs) -> None:
    recipe = recipes.get("logistic_regression")
    out = tmp_path / "model"
    same = TrainOptions(validation=0, weights=Bundle.default().path)
    assert train(read_folder(FACES), recipe=recipe, out=out, options=same).bundle.labels == ("happy", "sad")
    # What came of it is a classical head, and has a network inside whose features can be taken again.
    again = fit("logistic_regression", ("happy", "sad"), faces, FitPlan(weights=out))
    assert again.predict(PREPROCESSING.normalise(np.asarray(faces.pixels))).shape == (24, 2)


def test_an_unknown_feature_lists_the_known() -> None:
    with pytest.raises(RecipeError, match="Choose from: embedding"):
        features_graph(["sift"])


def test_a_threshold_between_neighbouring_numbers_parts_them() -> None:
    low = np.float32(0.1)
    high = np.nextafter(low, np.float32(1))
    nearly = float(high) - (float(high) - float(low)) / 8  # the nearest float32 is `high` itself
    tree = Tree(
        np.array([0, -1, -1]), np.array([nearly, 0, 0]), np.array([1, 0, 0]), np.array([2, 0, 0]),
        np.array([[0, 0], [1, 0], [0, 1]], float),
    )  # fmt: skip
    model = ensemble([tree], 1, start=np.zeros(2), shares=True)
    found = Fitted(model.SerializeToString(), 0).predict(np.array([[low], [high]], np.float32))
    assert found.tolist() == [[1, 0], [0, 1]]


def test_an_export_that_differs_is_refused() -> None:
    with pytest.raises(BundleError, match="differs from the fitted classifier by 0.01"):
        check_same(np.array([[0.5, 0.5]]), np.array([[0.51, 0.49]]))
    with pytest.raises(BundleError):
        check_same(np.array([[0.5, 0.5]]), np.array([[np.nan, 0.5]]))
