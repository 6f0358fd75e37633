"""A recipe as scikit-learn's tools use it."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("skl2onnx")
pytest.importorskip("sklearn")
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GroupKFold, cross_val_score

from emotion_classifier import EmotionClassifier, RecipeClassifier, independent_groups, open_dataset
from emotion_classifier.errors import DatasetError

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
RENDERED = Path(__file__).parent / "faces_rendered"
PATHS = [RENDERED / label / f"{number:02d}.jpg" for label in ("happy", "sad") for number in range(1, 7)]
NAMES = ["Smiling"] * 6 + ["Sad face"] * 6


@pytest.fixture(scope="module")
def fitted() -> RecipeClassifier:
    return RecipeClassifier("logistic_regression").fit(PATHS, NAMES)


def test_it_tells_the_labels_apart_that_it_was_shown(fitted: RecipeClassifier) -> None:
    assert fitted.classes_.tolist() == ["Sad face", "Smiling"]
    others = [RENDERED / "happy" / "09.jpg", RENDERED / "sad" / "09.jpg"]
    assert fitted.predict(others).tolist() == ["Smiling", "Sad face"]
    stated = fitted.predict_proba(others)
    assert stated.shape == (2, 2) and stated[0, 1] > 0.5 > stated[1, 1]
    np.testing.assert_allclose(stated.sum(axis=1), 1)
    assert fitted.score(others, ["Smiling", "Sad face"]) == 1.0


def test_graded_labels_are_learned_as_their_labels() -> None:
    graded = RecipeClassifier("logistic_regression").fit(PATHS, ["slightly happy"] * 6 + ["very_sad"] * 6)
    assert graded.predict([RENDERED / "happy" / "09.jpg"]).tolist() == ["slightly happy"]


def test_photos_are_paths_bytes_pictures_or_arrays(fitted: RecipeClassifier) -> None:
    picture = Image.open(PATHS[0]).convert("RGB")
    stated = fitted.predict_proba([str(PATHS[0]), PATHS[0].read_bytes(), picture, np.asarray(picture)])
    np.testing.assert_allclose(stated, stated[[0, 0, 0, 0]], atol=1e-3)


def test_arrays_can_be_learned_from(fitted: RecipeClassifier) -> None:
    arrays = [np.asarray(Image.open(path).convert("RGB")) for path in PATHS]
    again = RecipeClassifier("logistic_regression").fit(arrays, NAMES)
    np.testing.assert_allclose(again.predict_proba(PATHS), fitted.predict_proba(PATHS), atol=1e-3)


def test_what_cannot_be_read_counts_as_wrong(fitted: RecipeClassifier, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    photos = [PATHS[0], np.full((200, 200, 3), 90, np.uint8), tmp_path / "broken.jpg"]
    assert fitted.predict(photos).tolist() == ["Smiling", "no face", "unreadable"]
    assert np.isnan(fitted.predict_proba(photos)).all(axis=1).tolist() == [False, True, True]
    assert fitted.score(photos, ["Smiling"] * 3) == pytest.approx(1 / 3)


def test_photos_that_are_not_there_are_left_out_and_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.jpg")
    learned = RecipeClassifier("logistic_regression").fit([*PATHS, missing], [*NAMES, "Smiling"])
    assert [name for name, _ in learned.problems_] == [missing]
    assert "does not exist" in learned.problems_[0][1]


def test_a_pickle_holds_the_whole_model(fitted: RecipeClassifier, tmp_path: Path) -> None:
    expected = fitted.predict_proba(PATHS[:3])
    (tmp_path / "model.pickle").write_bytes(pickle.dumps(fitted))
    code = (
        "import pickle, sys, pathlib; model = pickle.loads(pathlib.Path(sys.argv[1]).read_bytes()); "
        "print(*model.predict_proba(sys.argv[2:]).ravel())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "model.pickle"), *map(str, PATHS[:3])],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose([float(word) for word in done.stdout.split()], expected.ravel(), atol=1e-5)


def test_it_can_be_saved_as_a_bundle(fitted: RecipeClassifier, tmp_path: Path) -> None:
    fitted.save(tmp_path / "bundle")
    read = EmotionClassifier(tmp_path / "bundle").predict(PATHS[0]).main
    assert read is not None and read.p_happy == pytest.approx(fitted.predict_proba([PATHS[0]])[0, 1])
    with pytest.raises(FileExistsError):
        fitted.save(tmp_path / "bundle")


def test_cross_validation_keeps_copies_together() -> None:
    dataset = open_dataset(RENDERED)
    photos, labels = list(dataset.sources), np.array(dataset.labels)[dataset.hard]
    groups = independent_groups(dataset)
    scores = cross_val_score(
        RecipeClassifier("logistic_regression"), photos, labels, groups=groups, cv=GroupKFold(2)
    )
    assert scores.shape == (2,) and scores.mean() > 0.6


def test_it_keeps_scikit_learns_conventions(fitted: RecipeClassifier) -> None:
    model = RecipeClassifier("svm", epochs=None, random_state=4)
    assert is_classifier(model) and model.get_params()["recipe"] == "svm"
    copy = clone(model.set_params(cropped=True))
    assert copy.get_params() == model.get_params() and copy is not model
    assert not hasattr(clone(fitted), "classes_")
    with pytest.raises(NotFittedError):
        model.predict(PATHS)
    with pytest.raises(ValueError, match="Invalid parameter"):
        model.set_params(colour="red")
    assert repr(model) == "RecipeClassifier(cropped=True, random_state=4, recipe='svm')"


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (NAMES[:-1], "inconsistent numbers of samples"),
        (["happy"] * 6 + ["banana"] * 6, "'banana', which are no known labels"),
        (["happy"] * 6 + ["mixed"] * 3 + ["can't tell"] * 3, "\"can't tell\", 'mixed', which are no known"),
        (["happy"] * 3 + ["joy"] * 3 + ["sad"] * 6, "'happy' and 'joy' both mean happy"),
    ],
)
def test_labels_that_make_no_sense_are_refused(names: list[str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        RecipeClassifier("svm").fit(PATHS, names)


def test_one_label_alone_teaches_nothing() -> None:
    with pytest.raises(DatasetError, match="no photos labelled sad"):
        RecipeClassifier("svm").fit(PATHS[:6], NAMES[:6])


def test_without_scikit_learn_it_is_said_what_to_install() -> None:
    code = "import sys; sys.modules['sklearn'] = None; import emotion_classifier; emotion_classifier.RecipeClassifier"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "MissingExtraError" in done.stderr and "[train]'" in done.stderr
