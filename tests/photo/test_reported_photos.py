"""Photos as users of other programs have reported them; docs/inputs.md lists them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emotion_classifier import EmotionClassifier
from emotion_classifier.errors import UnreadablePhotoError
from emotion_classifier.photo import read_photo

FACE = Path(__file__).parents[1] / "faces_rendered" / "happy" / "01.jpg"


@pytest.fixture(scope="module")
def face() -> np.ndarray:
    with Image.open(FACE) as image:
        return np.asarray(image.convert("RGB"))


def refused(source: object) -> str:
    with pytest.raises(UnreadablePhotoError) as told:
        read_photo(source)  # type: ignore[arg-type]
    return str(told.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "git lfs pull"),
        (b"\n<!DOCTYPE html><html></html>", "web page"),
        (b"\xef\xbb\xbf<HTML>", "web page"),
        (b"\0\0\0\x18ftypmp42" + b"\0" * 99, "video"),
        (b"\0\0\0\x18ftypcrx " + b"\0" * 99, "raw file"),
        (b"FUJIFILMCCD-RAW 0201" + b"\0" * 99, "raw file"),
        (b"PK\3\4" + b"\0" * 99, "Unpack"),
        (b"%PDF-1.7", "PDF"),
        (b"\0\5\x16\7\0\2\0\0" + b"\0" * 99, "macOS"),
        (b"BZh91AY&SY" + b"\0" * 99, "Unpack"),
        (b"\0\0\0\x18ftypmsf1" + b"\0" * 99, "its content is not JPEG"),
        (b"PKW, a list of cars", "its content is not JPEG"),
        (b"{}", "its content is not JPEG"),
    ],
)
def test_what_a_file_is_that_is_no_picture(content: bytes, told: str) -> None:
    assert told in refused(content)


def test_arrays_that_are_no_photo_say_what_to_do(face: np.ndarray) -> None:
    assert "coordinates" in refused(face[:0, 5:50])
    assert "photo[0]" in refused(face[None, None])
    assert "photo[0]" in refused(np.dstack([face, face[..., :1]])[None].astype(np.float32))
    assert "predict_many" in refused(np.stack([face, face]))
    assert "channels last" in refused(face.transpose(2, 0, 1))
    assert "0…1" in refused(face.astype(np.float32))


def test_big_endian_grey_of_16_bits(face: np.ndarray) -> None:
    grey = face[..., 0]
    wide = Image.frombytes("I;16B", grey.shape[::-1], (grey.astype(">u2") * 257).tobytes())
    buffer = io.BytesIO()
    wide.save(buffer, "TIFF")
    assert np.abs(read_photo(buffer.getvalue())[..., 0].astype(int) - grey).max() <= 1


def test_turned_photos_sizes_and_transparency(face: np.ndarray) -> None:
    layer = np.dstack([face, np.full(face.shape[:2], 255, np.uint8)])
    photos = [*(np.rot90(face, turns) for turns in (1, 2, 3)), layer, face[10:], None, face[:, 40:]]
    found = list(EmotionClassifier().predict_many(photos))  # type: ignore[arg-type]
    assert [len(photo.readings) for photo in found] == [1, 1, 1, 1, 1, 0, 1]
    assert found[3].main is not None and found[3].main.label == "happy"
