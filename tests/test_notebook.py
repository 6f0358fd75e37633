"""A photo's reading in a notebook: it draws itself, says little in a line, and keeps no pictures of a long list."""

from __future__ import annotations

import gc
import io
import pickle
import re
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emotion_classifier import EmotionClassifier, PhotoReading, Reading, read_photo, to_frame
from emotion_classifier.classifier import EXCHANGED
from emotion_classifier.errors import UnreadablePhotoError


@pytest.fixture(scope="module")
def classifier() -> EmotionClassifier:
    return EmotionClassifier()


@pytest.fixture(scope="module")
def smile(rendered_faces: Path) -> Path:
    return rendered_faces / "happy" / "01.jpg"


@pytest.mark.parametrize("kind", ["path", "bytes", "file", "stream", "picture", "array"])
def test_whatever_was_read_is_drawn_without_being_given_again(
    kind: str, classifier: EmotionClassifier, smile: Path
) -> None:
    content = smile.read_bytes()
    stream = io.BytesIO(b"before" + content)
    stream.seek(6)
    with smile.open("rb") as file, Image.open(smile) as picture:
        given = {
            "path": str(smile), "bytes": content, "file": file, "stream": stream, "picture": picture,
            "array": read_photo(smile),
        }[kind]  # fmt: skip
        photo = classifier.predict(given)
        drawn = np.asarray(photo.plot())
    assert photo.main is not None
    assert np.array_equal(drawn, np.asarray(photo.plot(read_photo(smile))))


def test_a_file_is_found_from_another_folder(
    classifier: EmotionClassifier, smile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(smile.parent)
    photo = classifier.predict(smile.name)
    monkeypatch.chdir(tmp_path)
    assert photo.plot().size == pickle.loads(pickle.dumps(photo)).as_binary().plot().size == (480, 480)


def test_many_readings_hold_no_pictures(classifier: EmotionClassifier) -> None:
    def frames() -> Iterator[np.ndarray]:
        for _ in range(12):
            yield np.full((600, 800, 3), 128, np.uint8)  # 1.4 MB each

    tracemalloc.start()
    photos = list(classifier.predict_many(frames(), batch_size=1))
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 3_000_000
    with pytest.raises(UnreadablePhotoError, match="Give it: photo.plot"):
        photos[0].plot()
    assert "Give it: photo.plot" in photos[0]._repr_html_()


def test_many_readings_find_pictures_that_somebody_else_holds(
    classifier: EmotionClassifier, smile: Path
) -> None:
    frames = [read_photo(smile)]
    (photo,) = classifier.predict_many(frames)
    assert photo.plot().size == (480, 480)


def test_what_cannot_be_drawn_says_why(classifier: EmotionClassifier, tmp_path: Path, smile: Path) -> None:
    with pytest.raises(UnreadablePhotoError, match="does not exist"):
        classifier.predict(tmp_path / "nowhere.jpg").plot()
    with pytest.raises(UnreadablePhotoError, match="does not know its picture"):
        PhotoReading("a.jpg").plot()
    gone = tmp_path / "gone.jpg"
    gone.write_bytes(smile.read_bytes())
    photo = classifier.predict(gone)
    gone.unlink()
    assert "does not exist" in photo._repr_html_()


def test_a_cell_has_a_small_picture_and_a_scale_and_nothing_from_outside(
    classifier: EmotionClassifier, smile: Path
) -> None:
    html = classifier.predict(smile)._repr_html_()
    assert len(html) < 100_000
    assert 'src="data:image/jpeg;base64,' in html and "from −1, sad, to +1, happy" in html
    assert "<style" not in html and "<script" not in html and "http" not in html
    assert not re.search(r"[^-]color:", html)  # text has the colour of the theme


def test_names_are_escaped(classifier: EmotionClassifier) -> None:
    html = classifier.predict("<img src=x onerror=alert(1)>.jpg")._repr_html_()
    assert "<img" not in html and "&lt;img" in html


def face(number: int, *, main: bool = False) -> Reading:
    return Reading((10 * number, 0, 9, 9), "sad", -0.5, "sad", {"sad": 1.0}, 0.1, None, "m", main=main)


def test_a_crowd_is_cut_short_and_its_main_face_marked() -> None:
    crowd = PhotoReading("a.jpg", tuple(face(n, main=n == 1) for n in range(30)), main_index=1)
    html = crowd._repr_html_()
    assert "and 18 more" in html and html.count("main face") == 1
    assert repr(crowd) == "PhotoReading('a.jpg': sad −0.50, sad −0.50, sad −0.50, sad −0.50 and 26 more)"
    assert repr(crowd.main) == "Reading(sad −0.50, 9×9 px at 10,0, main face)"


def test_the_main_faces_of_a_table_are_one_selection() -> None:
    pytest.importorskip("pandas")
    photos = [PhotoReading("a.jpg", (face(0), face(1, main=True)), None, 1), PhotoReading("b.jpg", (), "no")]
    table = to_frame(photos)
    assert table[table["main"]][["file", "face"]].to_numpy().tolist() == [["a.jpg", 1]]


@pytest.mark.parametrize("opaque", [True, False])
def test_arrays_of_opencv_read_as_their_file_does(
    classifier: EmotionClassifier, smile: Path, opaque: bool
) -> None:
    rgb = read_photo(smile)
    bgr = rgb[..., ::-1] if opaque else np.dstack([rgb[..., ::-1], np.full(rgb.shape[:2], 255, np.uint8)])
    photo = classifier.predict(bgr, channels="BGR")
    assert photo.readings == classifier.predict(rgb).readings
    assert [each.readings for each in classifier.predict_many([bgr], channels="BGR")] == [photo.readings]
    assert np.array_equal(photo.plot(), photo.plot(rgb))
    assert (
        classifier.predict(smile, channels="BGR").readings == photo.readings
    )  # A file says its colours itself.


def test_exchanged_colours_are_noticed(classifier: EmotionClassifier, smile: Path) -> None:
    rgb = read_photo(smile)
    assert classifier.predict(rgb).note is None and classifier.predict(smile).note is None
    assert classifier.predict(rgb[..., ::-1]).note == EXCHANGED
    assert classifier.predict(rgb, channels="BGR").note == EXCHANGED
    assert classifier.predict(np.asarray(Image.fromarray(rgb).convert("L"))).note is None


def test_an_unknown_order_of_colours_is_refused(classifier: EmotionClassifier) -> None:
    with pytest.raises(ValueError, match="'RGB' or 'BGR', not 'GBR'"):
        classifier.predict(np.zeros((9, 9, 3), np.uint8), channels="GBR")  # type: ignore[arg-type]
