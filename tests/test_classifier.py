"""A photo goes in, a reading for every face comes out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emotion_classifier import EmotionClassifier, to_frame
from emotion_classifier.reading import NO_FACE


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


def test_the_wrong_kind_of_thing_is_a_type_error(classifier: EmotionClassifier) -> None:
    with pytest.raises(TypeError):
        classifier.predict(42)  # type: ignore[arg-type]


def test_inputs_of_the_wrong_shape_are_refused(classifier: EmotionClassifier) -> None:
    with pytest.raises(ValueError, match="shape"):
        classifier.predict_proba(np.zeros((1, 10, 10, 3), np.uint8))


def test_readings_are_plain_json_and_rows(classifier: EmotionClassifier, astronaut: np.ndarray) -> None:
    photos = [classifier.predict(astronaut), classifier.predict(np.zeros((60, 60, 3), np.uint8))]
    line = json.loads(json.dumps(photos[0].to_dict()))
    assert set(line) == {"file", "readings", "reason"}
    assert set(line["readings"][0]) == {
        "box", "label", "degree", "grade", "probabilities", "p_happy", "reason", "model",
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
