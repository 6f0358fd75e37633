"""Whatever is given to `predict_many` gets an answer, and what was read before is never lost."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emotion_classifier import EmotionClassifier
from emotion_classifier.reading import PhotoReading


@pytest.fixture(scope="module")
def classifier() -> EmotionClassifier:
    return EmotionClassifier()


class _Dribble(io.RawIOBase):
    """Gives a thousand bytes at a time, as a socket may."""

    def __init__(self, content: bytes) -> None:
        self._left = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        part = self._left.read(min(len(buffer), 1000))
        buffer[: len(part)] = part
        return len(part)


class _Tensor:
    def __init__(self, photo: np.ndarray) -> None:
        self._photo = photo

    def __array__(self, *arguments: object, **options: object) -> np.ndarray:
        return self._photo


class _Path(os.PathLike[str]):
    def __init__(self, path: Path) -> None:
        self._path = path

    def __fspath__(self) -> str:
        return str(self._path)


def test_a_photo_in_a_zip_is_not_taken_for_the_file_of_that_name(
    classifier: EmotionClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (30, 20), "white").save("photo.png")
    Image.new("RGB", (60, 50), "black").save("other.png")
    with zipfile.ZipFile("photos.zip", "w") as archive:
        archive.write("other.png", "photo.png")
    with zipfile.ZipFile("photos.zip") as archive, archive.open("photo.png") as file:
        drawn = classifier.predict(file).plot()
    assert drawn.getpixel((0, 0)) == (0, 0, 0)
    with Path("photo.png").open("rb") as file:
        photo = classifier.predict(file)
    assert photo.plot().getpixel((0, 0)) == (255, 255, 255)


def said(photo: PhotoReading) -> str | None:
    return photo.main.label if photo.main else photo.reason


def test_every_way_to_hold_a_photo(
    classifier: EmotionClassifier, astronaut: np.ndarray, astronaut_file: Path
) -> None:
    content = astronaut_file.read_bytes()
    held = [_Path(astronaut_file), _Tensor(astronaut), _Dribble(content), io.BytesIO(content)]
    assert [said(photo) for photo in classifier.predict_many(held)] == ["happy"] * 4  # type: ignore[list-item]
    paths = np.array([str(astronaut_file)] * 2)
    assert [said(photo) for photo in classifier.predict_many(paths)] == ["happy"] * 2


def test_what_is_no_photo_says_so_and_the_rest_goes_on(
    classifier: EmotionClassifier, astronaut_file: Path
) -> None:
    closed, done = io.BytesIO(b"x"), io.BytesIO(astronaut_file.read_bytes())
    closed.close()
    done.read()
    with Image.open(astronaut_file) as gone:
        pass
    odd = {
        "not NoneType": None,
        "Give several photos to predict_many": [astronaut_file],
        "is closed": closed,
        "seek(0)": done,
        "closed before it was read": gone,
        "nothing is fetched": "https://example.org/a.jpg",
        "data URI": "data:image/png;base64,AAAA",
        "base64": "A" * 71_000,
        "mode 'rb'": io.StringIO("text"),
        "is empty": io.BytesIO(b""),
    }
    *answers, last = classifier.predict_many([*odd.values(), astronaut_file])  # type: ignore[list-item]
    assert said(last) == "happy"
    for expected, answer in zip(odd, answers, strict=True):
        assert answer.reason is not None and expected in answer.reason
        assert len(answer.reason) < 300 and len(answer.file) < 300


def test_a_stream_that_breaks_delivers_what_came_before(
    classifier: EmotionClassifier, astronaut_file: Path
) -> None:
    def photos() -> Iterator[Path]:
        yield from [astronaut_file] * 3
        raise ConnectionError("the camera is gone")

    read: list[str | None] = []
    with pytest.raises(ConnectionError, match="camera"):
        read.extend(map(said, classifier.predict_many(photos())))
    assert read == ["happy"] * 3


def test_one_photo_where_several_are_expected_names_the_cure(
    classifier: EmotionClassifier, astronaut: np.ndarray, astronaut_file: Path
) -> None:
    with astronaut_file.open("rb") as file, Image.open(astronaut_file) as picture:
        for one in (astronaut, file, picture, astronaut_file, _Path(astronaut_file)):
            with pytest.raises(TypeError, match="put one into a list, or call predict"):
                next(classifier.predict_many(one))  # type: ignore[arg-type]


def test_a_classifier_and_its_readings_can_be_pickled(
    classifier: EmotionClassifier, astronaut_file: Path
) -> None:
    before = classifier.predict(astronaut_file)
    again = pickle.loads(pickle.dumps(classifier))
    assert again.predict(astronaut_file).to_dict() == before.to_dict()
    assert pickle.loads(pickle.dumps(before)).to_dict() == before.to_dict()
