"""A photo goes in, a reading for every face comes out."""

from __future__ import annotations

import dataclasses
import json
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter

from emotion_classifier import Bundle, EmotionClassifier, to_frame
from emotion_classifier.faces.cache import FaceCache
from emotion_classifier.faces.quality import QualityLimits
from emotion_classifier.model.bundle import SHIPPED
from emotion_classifier.reading import NO_FACE, NO_FACE_IN_CROP, PhotoReading, Reading


@pytest.fixture(scope="module")
def classifier() -> EmotionClassifier:
    return EmotionClassifier()


def test_a_smile_is_happy(classifier: EmotionClassifier, astronaut: np.ndarray) -> None:
    main = classifier.predict(astronaut).main
    assert main is not None
    assert (main.label, main.grade) == ("happy", "happy")
    assert main.p_happy > 0.9
    x, y, width, height = main.box
    assert 150 < x < 220 and 50 < y < 130 and 60 < width < 130 and 60 < height < 140


def test_a_photo_turned_on_its_side_reads_the_same(
    classifier: EmotionClassifier, astronaut: np.ndarray
) -> None:
    main = classifier.predict(np.ascontiguousarray(np.rot90(astronaut))).main
    assert main is not None and main.label == "happy"


def test_no_face_is_an_answer(classifier: EmotionClassifier) -> None:
    reading = classifier.predict(np.full((300, 400, 3), 127, np.uint8))
    assert (reading.readings, reading.reason, reading.main) == ((), NO_FACE, None)


def test_two_people_two_readings(classifier: EmotionClassifier, astronaut: np.ndarray) -> None:
    face = astronaut[:260, 100:330]
    reading = classifier.predict(np.concatenate([face, face[:, ::-1]], axis=1))
    assert len(reading.readings) == 2


def test_bad_files_do_not_stop_the_others(
    classifier: EmotionClassifier, astronaut_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "text.jpg").write_text("not a picture")
    (tmp_path / "empty.jpg").touch()
    whole = astronaut_file.read_bytes()
    (tmp_path / "half.jpg").write_bytes(whole[: len(whole) // 2])
    files = [
        tmp_path / "text.jpg",
        tmp_path / "empty.jpg",
        astronaut_file,
        tmp_path / "half.jpg",
        tmp_path / "gone.jpg",
    ]
    readings = list(classifier.predict_many(files, batch_size=2))
    assert [reading.file for reading in readings] == [str(path) for path in files]
    assert [bool(reading.main) for reading in readings] == [False, False, True, False, False]
    for reading in readings:
        assert (reading.reason is None) == bool(reading.main)
        assert reading.reason is None or Path(reading.file).name in reading.reason


def test_batches_give_what_single_photos_give(classifier: EmotionClassifier, astronaut: np.ndarray) -> None:
    photos = [astronaut, np.zeros((80, 80, 3), np.uint8), astronaut[:, ::-1].copy()]
    together = list(classifier.predict_many(photos, batch_size=8))
    alone = [classifier.predict(photo) for photo in photos]
    for one, other in zip(together, alone, strict=True):
        assert [reading.label for reading in one.readings] == [reading.label for reading in other.readings]
        assert [reading.degree for reading in one.readings] == pytest.approx(
            [reading.degree for reading in other.readings], abs=1e-4
        )


def test_photos_are_taken_lazily(classifier: EmotionClassifier) -> None:
    taken = 0

    def photos():
        nonlocal taken
        for _ in range(100):
            taken += 1
            yield np.zeros((60, 60, 3), np.uint8)

    next(classifier.predict_many(photos(), batch_size=4))
    assert taken <= 16


def test_a_face_crop_is_read_as_one(classifier: EmotionClassifier, astronaut: np.ndarray) -> None:
    crop = np.asarray(Image.fromarray(astronaut[75:165, 180:270]).convert("L").resize((48, 48)))
    reading = classifier.predict(crop, cropped=True)
    assert len(reading.readings) == 1
    assert reading.main is not None and reading.main.label == "happy"


@pytest.fixture(scope="module")
def sad() -> Image.Image:
    return Image.open(SHIPPED.parent / "serving" / "examples" / "sad.jpg").convert("RGB")


def beside_a_window(photo: Image.Image) -> Image.Image:
    photo.paste((255, 255, 255), (0, 0, photo.width, photo.height // 20))
    return photo


def test_a_face_too_bad_to_be_read_says_why(classifier: EmotionClassifier, sad: Image.Image) -> None:
    small = sad.resize((sad.width // 20, sad.height // 20), Image.Resampling.BOX)
    blurred = sad.filter(ImageFilter.GaussianBlur(16))
    grain = np.random.default_rng(1).normal(0, 20, (sad.height, sad.width, 3))
    reasons = {
        "the face is too blurred": blurred,
        "the face is too grainy or blurred": Image.fromarray(
            np.clip(np.asarray(blurred) + grain, 0, 255).astype(np.uint8)
        ),
        "the face is too small: 6 pixels between the eyes, 7 are needed": small,
        "the face is too dark": beside_a_window(sad.point(lambda value: value * 0.05)),
        "the face is too bright": sad.point(lambda value: min(value * 3 + 100, 255)),
    }
    for reason, photo in reasons.items():
        main = classifier.predict(photo).main
        assert main is not None and (main.label, main.reason) == ("uncertain", reason)


@pytest.mark.parametrize("name", ["smile", "sad", "neutral"])
def test_a_face_cut_off_above_the_mouth_is_not_answered(classifier: EmotionClassifier, name: str) -> None:
    photo = Image.open(SHIPPED.parent / "serving" / "examples" / f"{name}.jpg").convert("RGB")
    whole = classifier.predict(photo).main
    assert whole is not None and whole.reason is None
    _, y, _, height = whole.box
    found = 0
    for share in (0.5, 0.55, 0.6, 0.65):
        main = classifier.predict(photo.crop((0, 0, photo.width, int(y + share * height)))).main
        if main is not None:  # not even found, and so not answered either
            found += 1
            assert (main.label, main.reason) == ("uncertain", "part of the face lies outside the photo")
    assert found >= 2
    chin = classifier.predict(photo.crop((0, 0, photo.width, int(y + height)))).main
    assert chin is not None and chin.reason is None


def test_a_face_cut_off_at_the_side_is_not_answered(classifier: EmotionClassifier, sad: Image.Image) -> None:
    whole = classifier.predict(sad).main
    assert whole is not None
    half = sad.crop((int(whole.landmarks["mouth"][0]), 0, sad.width, sad.height))
    main = classifier.predict(half).main
    assert main is None or main.reason == "part of the face lies outside the photo"


def limited(**limits: float) -> EmotionClassifier:
    """Lay limits around the default model that no photo meets."""
    bundle = Bundle.default()
    config = bundle.config.model_copy(update={"quality": QualityLimits(**limits)})
    return EmotionClassifier(dataclasses.replace(bundle, config=config))


def test_the_limits_stand_in_the_bundle_and_leave_the_numbers(
    classifier: EmotionClassifier, sad: Image.Image
) -> None:
    plain = classifier.predict(sad).main
    gated = limited(max_turn=2).predict(sad).main
    assert plain is not None and gated is not None
    assert plain.label == "sad"
    assert gated == dataclasses.replace(plain, label="uncertain", reason="the face is turned too far away")


def test_a_face_crop_may_be_small(classifier: EmotionClassifier, sad: Image.Image) -> None:
    strict = limited(min_eye_distance=1000)
    assert "too small" in (strict.predict(sad).main.reason or "")
    crop = sad.crop((130, 150, 510, 530)).resize((48, 48))
    assert strict.predict(crop, cropped=True) == classifier.predict(crop, cropped=True)


def test_a_crop_without_a_face_says_so(classifier: EmotionClassifier) -> None:
    flat = np.full((48, 48, 3), 120, np.uint8)
    grain = [np.random.default_rng(seed).integers(0, 256, (12, 12, 3), dtype=np.uint8) for seed in range(20)]
    noise = [Image.fromarray(grey).resize((200, 200), Image.Resampling.BICUBIC) for grey in grain]
    for reading in classifier.predict_many([flat, *noise], cropped=True):
        assert reading.main is not None
        assert (reading.main.label, reading.main.reason) == ("uncertain", NO_FACE_IN_CROP)


def test_tight_crops_of_faces_are_read(classifier: EmotionClassifier, rendered_faces: Path) -> None:
    crops = []
    for path in sorted(rendered_faces.glob("*/*.jpg"))[::4]:
        photo = Image.open(path).convert("RGB")
        main = classifier.predict(photo).main
        assert main is not None
        x, y, width, height = main.box
        crops.append(photo.crop((int(x), int(y), int(x + width), int(y + height))).resize((48, 48)))
    assert len(crops) >= 4
    reasons = [
        reading.main and reading.main.reason for reading in classifier.predict_many(crops, cropped=True)
    ]
    assert NO_FACE_IN_CROP not in reasons and "part of the face lies outside the photo" not in reasons


def test_a_model_of_whole_photos_asks_nothing_of_a_face() -> None:
    strict = limited(min_eye_distance=1000, max_turn=0.1, min_sharpness=10, min_contrast=0.4)
    config = strict.bundle.config
    whole = config.preprocessing.model_copy(update={"input": "photo"})
    bundle = dataclasses.replace(strict.bundle, config=config.model_copy(update={"preprocessing": whole}))
    main = EmotionClassifier(bundle).predict(np.full((60, 80, 3), 128, np.uint8)).main
    assert main is not None and not (main.reason or "").startswith("the face")


def test_the_wrong_kind_of_thing_is_a_type_error(classifier: EmotionClassifier) -> None:
    with pytest.raises(TypeError):
        classifier.predict(42)  # type: ignore[arg-type]


def test_inputs_of_the_wrong_shape_are_refused(classifier: EmotionClassifier) -> None:
    height, width, channels = shape = classifier.bundle.config.preprocessing.input_shape
    with pytest.raises(ValueError, match=rf"\(n, {height}, {width}, {channels}\), not \(1, 10, 10, 3\)"):
        classifier.predict_proba(np.zeros((1, 10, 10, 3), np.uint8))
    with pytest.raises(ValueError, match="at least 1"):
        classifier.predict_proba(np.zeros((1, *shape), np.uint8), batch_size=-1)
    for given in ([], "photo.jpg"):
        with pytest.raises(ValueError, match="predict takes photos"):
            classifier.predict_proba(given)  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [0, 1.5, None, "3"])
def test_what_is_no_number_of_things_is_refused_by_name(classifier: EmotionClassifier, number: Any) -> None:
    grey = np.full((60, 60, 3), 128, np.uint8)
    with pytest.raises(ValueError, match=f"batch_size must be a whole number of at least 1, not {number!r}"):
        next(classifier.predict_many([grey], batch_size=number))
    if number is not None:
        with pytest.raises(ValueError, match="max_faces must be a whole number"):
            EmotionClassifier(max_faces=number)
        with pytest.raises(ValueError, match="most must be a whole number"):
            classifier.explain(grey, most=number)


def test_numbers_of_numpy_are_numbers(classifier: EmotionClassifier) -> None:
    grey = np.full((60, 60, 3), 128, np.uint8)
    limited = EmotionClassifier(classifier.bundle, max_faces=np.int64(2))  # type: ignore[arg-type]
    assert next(limited.predict_many([grey], batch_size=np.int32(1))).reason == NO_FACE  # type: ignore[arg-type]


def test_limits_of_another_kind_are_refused_at_once() -> None:
    with pytest.raises(TypeError, match=r"limits must be PhotoLimits.*, not 5"):
        EmotionClassifier(limits=5)  # type: ignore[arg-type]


def test_readings_are_plain_json_and_rows(classifier: EmotionClassifier, astronaut: np.ndarray) -> None:
    photos = [classifier.predict(astronaut), classifier.predict(np.zeros((60, 60, 3), np.uint8))]
    line = json.loads(json.dumps(photos[0].to_dict()))
    assert set(line) == {"file", "readings", "reason", "note"}
    assert set(line["readings"][0]) == {
        "box", "label", "leaning", "degree", "grade", "probabilities", "p_happy", "reason", "model",
        "main", "score", "landmarks", "quality", "whole_photo",
    }  # fmt: skip
    pytest.importorskip("pandas")
    frame = to_frame(photos)
    assert list(frame["reason"])[-1] == NO_FACE
    assert frame.loc[0, "label"] == "happy"


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import sys, emotion_classifier; "
        "print([name for name in ('numpy', 'onnxruntime', 'PIL', 'keras', 'gradio') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_one_reading_alone_is_a_table_of_one() -> None:
    pytest.importorskip("pandas")
    reading = Reading((1, 2, 3, 4), "sad", -0.5, "sad", {"happy": 0.1}, 0.1, None, "m")
    for given in (reading, PhotoReading("a.jpg", (reading,)), [reading], iter([reading])):
        frame = to_frame(given)
        assert frame[["face", "x", "label"]].to_numpy().tolist() == [[0, 1, "sad"]]
    assert to_frame(reading)["file"].isna().all()
    assert to_frame([]).empty


@pytest.mark.parametrize("given", ["abc", [1], ["a.jpg"], np.zeros((4, 4, 3), np.uint8), 3, None, b"x"])
def test_what_was_never_read_is_no_table(given: Any) -> None:
    pytest.importorskip("pandas")
    with pytest.raises(TypeError, match=r"Read photos first: to_frame\(classifier.predict_many\(photos\)\)"):
        to_frame(given)


def test_threads_and_pickled_classifiers_read_the_same(rendered_faces: Path, astronaut_file: Path) -> None:
    fresh = EmotionClassifier()  # Its networks are loaded by whichever thread comes first.
    photos = [*sorted(rendered_faces.rglob("*.jpg"))[:7], astronaut_file]
    expected = [EmotionClassifier().predict(photo).to_dict() for photo in photos]

    def read_all(classifier: EmotionClassifier) -> list[dict[str, Any]]:
        return [photo.to_dict() for photo in classifier.predict_many(photos)]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(read_all, [fresh] * 8))
    copied = pickle.loads(pickle.dumps(fresh))
    assert [*found, read_all(copied)] == [expected] * 9
    sharing = EmotionClassifier(face_cache=FaceCache())
    assert [read_all(sharing), read_all(sharing), read_all(pickle.loads(pickle.dumps(sharing)))] == [
        expected
    ] * 3
