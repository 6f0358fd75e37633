"""Measures of mouth and brows: they follow a smile, and nothing else that a photo does to a face."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("sklearn")

from emotion_classifier import recipes
from emotion_classifier.classifier import EmotionClassifier
from emotion_classifier.data.folder import read_folder
from emotion_classifier.errors import CorruptBundleError, RecipeError
from emotion_classifier.faces.detect import FaceDetector
from emotion_classifier.faces.face import prominent
from emotion_classifier.installation import this_installation
from emotion_classifier.model.bundle import SHIPPED
from emotion_classifier.recipes import FeaturesRecipe, geometry, mobilenet
from emotion_classifier.recipes.compact import PREPROCESSING as COMPACT
from emotion_classifier.recipes.features_graph import features_graph, preprocessing_of
from emotion_classifier.recipes.fitting import FitPlan, Fitted
from emotion_classifier.recipes.geometry import GEOMETRY, PREPROCESSING, SIZE
from emotion_classifier.recipes.inner_crop import inner_crop
from emotion_classifier.training.augment import MARGIN
from emotion_classifier.training.ensemble_fit import fit_ensemble
from emotion_classifier.training.features_fit import fit_features
from emotion_classifier.training.fit import train
from emotion_classifier.training.inputs import prepare_inputs, widened
from emotion_classifier.training.kinds import check_ready
from emotion_classifier.training.options import TrainOptions

FACES = Path(__file__).parents[1] / "faces_rendered"
STRENGTHS = (-1.0, 0.0, 1.0)
SMILE = ("mouth_corner_lift", "mouth_width", "mouth_corner_to_eye")


@pytest.fixture(scope="module")
def graph() -> Fitted:
    return Fitted(features_graph(["geometry"]).SerializeToString(), 0)


@pytest.fixture(scope="module")
def people() -> dict[str, list[Image.Image]]:
    """Eight rendered people, each sad, neutral and happy."""
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = ["identity", "expression", "image"]
    rows = parquet.read_table(SHIPPED / "rendered" / "faces.parquet", columns=columns).to_pylist()
    found = {(row["identity"], row["expression"]): row["image"]["bytes"] for row in rows}
    chosen = sorted({row["identity"] for row in rows if row["expression"] == 1.0})[::36]
    return {
        who: [Image.open(io.BytesIO(found[who, strength])).convert("RGB") for strength in STRENGTHS]
        for who in chosen
    }


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    return prepare_inputs(read_folder(FACES), PREPROCESSING).pixels


def measured(graph: Fitted, photos: list[Image.Image]) -> dict[str, np.ndarray]:
    detector, crops = FaceDetector(), []
    for photo in photos:
        face = prominent(detector.detect(np.asarray(photo)))
        assert face is not None
        crops.append(PREPROCESSING.pixels(np.asarray(photo), face))
    return dict(zip(GEOMETRY, graph.predict(PREPROCESSING.normalise(np.stack(crops))).T, strict=True))


def test_measures_follow_the_smile_of_the_same_person(
    graph: Fitted, people: dict[str, list[Image.Image]]
) -> None:
    assert len(people) == 8
    for photos in people.values():
        found = measured(graph, photos)
        lift, width, to_eye = (found[name] for name in SMILE)
        assert lift[0] < lift[1] < lift[2]
        assert width[0] < width[2] and to_eye[0] > to_eye[2]


def test_a_mirror_image_has_the_same_measures(graph: Fitted, pixels: np.ndarray) -> None:
    faces = PREPROCESSING.normalise(pixels)
    turned = np.ascontiguousarray(faces[:, :, ::-1])
    assert np.abs(graph.predict(faces) - graph.predict(turned)).max() < 1e-5


@pytest.mark.parametrize("change", ["mirrored", "smaller", "twice as large", "tilted"])
def test_what_a_photo_does_to_a_face_changes_little(
    change: str, graph: Fitted, people: dict[str, list[Image.Image]]
) -> None:
    changes = {
        "mirrored": lambda photo: photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        "smaller": lambda photo: photo.resize([3 * side // 4 for side in photo.size]),
        "twice as large": lambda photo: photo.resize([side * 2 for side in photo.size]),
        "tilted": lambda photo: photo.rotate(12, Image.Resampling.BICUBIC, fillcolor="grey"),
    }
    for photos in list(people.values())[:4]:
        before = measured(graph, photos)
        after = measured(graph, [changes[change](photo) for photo in photos])
        for name in SMILE:
            moved = np.abs(before[name] - after[name]).max()
            assert moved < 0.06, (name, moved)
        lift = after["mouth_corner_lift"]
        assert lift[0] < lift[1] < lift[2]


def test_measures_are_lengths_between_the_points_they_name(graph: Fitted, pixels: np.ndarray) -> None:
    import onnxruntime

    faces = PREPROCESSING.normalise(pixels[:3])
    large = np.stack(
        [
            np.asarray(Image.fromarray(face).resize((192, 192), Image.Resampling.BILINEAR))
            for face in pixels[:3]
        ]
    )
    session = onnxruntime.InferenceSession(geometry.mesh().SerializeToString())
    (name,) = (tensor.name for tensor in session.get_inputs())
    both = np.concatenate([large, large[:, :, ::-1]]).astype(np.float32) / 255
    points = session.run(None, {name: both})[0][:, :, :2]

    def apart(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return np.linalg.norm(first - second, axis=1)

    eyes = apart(points[:, [33, 133]].mean(axis=1), points[:, [362, 263]].mean(axis=1))
    width = apart(points[:, 61], points[:, 291]) / eyes
    opening = apart(points[:, 13], points[:, 14]) / eyes
    found = dict(zip(GEOMETRY, graph.predict(faces).T, strict=True))
    # The picture is enlarged in whole grey levels here and in floats there.
    assert found["mouth_width"] == pytest.approx(width.reshape(2, 3).mean(axis=0), abs=0.01)
    assert found["mouth_opening"] == pytest.approx(opening.reshape(2, 3).mean(axis=0), abs=0.01)


def test_what_is_no_face_still_gives_numbers(graph: Fitted) -> None:
    plain = np.stack([np.zeros((SIZE, SIZE, 3)), np.ones((SIZE, SIZE, 3))]).astype(np.float32)
    assert np.isfinite(graph.predict(plain)).all()


def test_the_names_are_told_apart_and_one_per_measure(graph: Fitted, pixels: np.ndarray) -> None:
    assert graph.predict(PREPROCESSING.normalise(pixels[:1])).shape == (1, len(GEOMETRY))
    assert len(set(GEOMETRY)) == len(GEOMETRY) and 15 <= len(GEOMETRY) <= 25


def test_the_bundle_answers_as_the_fitted_classifier_does(
    tmp_path: Path, graph: Fitted, pixels: np.ndarray
) -> None:
    data, recipe = read_folder(FACES), recipes.get("geometry")
    assert isinstance(recipe, FeaturesRecipe) and recipe.preprocessing == PREPROCESSING
    bundle = train(data, recipe=recipe, out=tmp_path / "model", options=TrainOptions(validation=0)).bundle
    faces = PREPROCESSING.normalise(pixels)
    measures, chosen = graph.predict(faces), data.targets.argmax(axis=1)
    head = recipe.estimator(np.bincount(chosen).tolist(), 0).fit(measures, chosen)
    assert bundle.probabilities(faces, threads=1) == pytest.approx(head.predict_proba(measures), abs=1e-4)
    read = EmotionClassifier(bundle).predict_many(data.sources)
    right = [
        photo.main is not None and (photo.main.p_happy > 0.5) == (name == "happy")
        for photo, name in zip(read, data.names, strict=True)
    ]
    assert sum(right) >= 22
    assert (bundle.path / "model.onnx").stat().st_size < 2_000_000
    # Nothing was calibrated, so nothing is promised.
    assert "how often labels are wrong is not known" in (bundle.path / "README.md").read_text(
        encoding="utf-8"
    )


def test_other_features_of_such_a_recipe_are_those_of_the_face_within() -> None:
    data = read_folder(FACES)
    wide = prepare_inputs(data, PREPROCESSING).pixels[:4]
    its = preprocessing_of(["hog", "embedding"])
    crop = inner_crop(PREPROCESSING, its)
    assert crop is not None
    inner = Fitted(features_graph(["hog", "embedding"]).SerializeToString(), 0)
    both = Fitted(features_graph(["hog", "embedding", "geometry"]).SerializeToString(), 0)
    stated = inner.predict(crop.levels(wide) * np.float32(its.scale) + np.float32(its.offset))
    found = both.predict(PREPROCESSING.normalise(wide))
    # A grey value on the edge between two may be rounded to either.
    assert np.abs(found[:, : stated.shape[1]] - stated).max() < 0.02
    assert found.shape[1] == stated.shape[1] + len(GEOMETRY)


def test_pictures_follow_the_features() -> None:
    trees = recipes.get("gradient_boosting")
    assert isinstance(trees, FeaturesRecipe) and trees.preprocessing == mobilenet.PREPROCESSING
    assert trees.with_features("hog", "geometry").preprocessing == PREPROCESSING
    assert trees.with_features("hog").preprocessing == COMPACT
    assert "mesh" not in str(features_graph(["hog"]).graph)


def test_a_vote_with_a_recipe_of_smaller_pictures(tmp_path: Path) -> None:
    vote = recipes.get("vote:geometry+logistic_regression")
    data = read_folder(FACES)
    inputs = prepare_inputs(data, vote.preprocessing)

    def fit(member, parts, plan, folder, stage):
        return fit_features(member, data.labels, parts[0], plan, progress=lambda *told: None)

    fitted = fit_ensemble(vote, data.labels, (inputs, None), FitPlan(), work=tmp_path, fit=fit)
    answers = fitted.predict(vote.preprocessing.normalise(np.asarray(inputs.pixels)))
    assert (answers.argmax(axis=1) == data.targets.argmax(axis=1)).sum() >= 22


def test_a_vote_with_a_network_that_varies_its_pictures_can_be_cut_out() -> None:
    assert recipes.get("vote:geometry+transfer").preprocessing == PREPROCESSING
    canvas = widened(PREPROCESSING, MARGIN)
    assert inner_crop(canvas, widened(COMPACT, MARGIN)) and inner_crop(canvas, PREPROCESSING)


def test_trained_weights_are_refused_where_no_network_is_read(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="geometry does not begin with trained weights"):
        check_ready(recipes.get("geometry"), ("happy", "sad"), FitPlan(weights=tmp_path))


def test_a_search_keeps_to_the_pictures_of_its_recipe() -> None:
    pytest.importorskip("keras_tuner")
    from emotion_classifier.experiments.tune.space import recipe_of, space_of

    choices = {
        name: {
            tuple(value for value in parameter.values)
            for parameter in space_of(recipes.get(name), epochs=None).space
            if parameter.name == "features"
        }
        for name in ("geometry", "gradient_boosting")
    }
    assert choices == {
        "geometry": set(),  # every feature of it has a name, after a search too
        "gradient_boosting": {("all", "network", "texture")},
    }
    tuned = recipe_of(recipes.get("geometry"), {"C": 0.01})
    assert isinstance(tuned, FeaturesRecipe) and tuned.features == ("geometry",)


@pytest.mark.parametrize("damage", ["altered", "missing", "no config"])
def test_a_damaged_mesh_is_named(damage: str, tmp_path: Path) -> None:
    folder = tmp_path / "face_mesh"
    shutil.copytree(SHIPPED / "face_mesh", folder)
    file = folder / ("config.json" if damage == "no config" else "face_mesh.onnx")
    if damage == "altered":
        file.write_bytes(file.read_bytes()[:-1] + b"x")
    else:
        file.unlink()
    with pytest.raises(CorruptBundleError) as caught:
        geometry.mesh(folder)
    assert file.name in str(caught.value) and this_installation().repair() in str(caught.value)


def test_the_mesh_that_is_shipped_is_small_and_says_where_it_comes_from() -> None:
    folder = Path(str(geometry.mesh_folder()))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (entry,) = config["files"].values()
    assert (folder / "face_mesh.onnx").stat().st_size == entry["bytes"] <= 2_600_000
    assert entry["source"]["sha256"].startswith("c603fa61")
    assert "Apache License" in (folder / "LICENSE").read_text(encoding="utf-8")
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert config["origin"]["npm"] in readme and config["origin"]["version"] in readme
    assert geometry.mesh().graph.output[0].name.endswith("points")


def test_large_pictures_are_computed_a_few_at_a_time() -> None:
    data = read_folder(FACES)
    inputs = prepare_inputs(data, PREPROCESSING)
    told: list[tuple[int, int]] = []

    def progress(stage: str, done: int, total: int, metrics: dict[str, float]) -> None:
        if stage == "features":
            told.append((done, total))

    twice = inputs.join(inputs)
    fit_features(recipes.get("geometry"), data.labels, twice, FitPlan(), progress=progress)
    assert len(told) > 1 and told[-1] == (48, 48)
