"""Photos as users of other programs have reported them; docs/inputs.md lists them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emotion_classifier import EmotionClassifier
from emotion_classifier.errors import UnreadablePhotoError
from emotion_classifier.photo import decode_photo, read_photo

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


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("kind", "note"),
    [
        ("TIFF", "only the first page of the file was read"),
        *((kind, "only the first frame of the animation was read") for kind in ("GIF", "PNG", "WEBP")),
        ("MPO", None),  # A phone's JPEG with a map of depths.
    ],
)
def test_further_pages_are_said_to_be_left_out(kind: str, note: str | None) -> None:
    image = Image.radial_gradient("L").convert("RGB")
    several = saved(image, kind, save_all=True, append_images=[Image.new("RGB", image.size, "red")])
    assert decode_photo(several).note == note
    assert decode_photo(saved(image, kind)).note is None


def test_a_smaller_copy_is_no_page_and_a_damaged_page_no_harm() -> None:
    image = Image.radial_gradient("L").convert("RGB")
    small = image.resize((32, 32))
    small.encoderinfo = {"tiffinfo": {254: 1}}
    assert decode_photo(saved(image, "TIFF", save_all=True, append_images=[small])).note is None
    several = saved(image, "TIFF", save_all=True, append_images=[image])
    assert decode_photo(several[: len(several) // 2 + 20]).note is None


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "TIFF", "BMP"])
def test_a_file_of_a_few_bytes_ends_within_its_header(kind: str) -> None:
    told = refused(saved(Image.new("RGB", (40, 40)), kind)[:8])
    assert "cut short" in told and "unpack" not in told


@pytest.mark.parametrize("share", [1 / 64, 1 / 16])
def test_16_bit_pictures_that_use_10_or_12_bits_keep_their_detail(face: np.ndarray, share: float) -> None:
    grey = np.asarray(Image.fromarray(face).convert("L"))
    dim = (grey * (257.0 * share)).astype(np.uint16)
    for source in (dim, saved(Image.fromarray(dim), "PNG"), saved(Image.fromarray(dim), "TIFF")):
        assert np.abs(read_photo(source)[..., 0].astype(int) - grey).max() <= 2
    usual = grey.astype(np.uint16) * 257
    assert np.array_equal(read_photo(usual)[..., 0], grey)


def test_a_form_of_tiff_that_pillow_writes_and_cannot_read_is_not_called_damaged() -> None:
    told = refused(saved(Image.new("YCbCr", (40, 40)), "TIFF"))
    assert "a form that cannot be read" in told and "damaged" not in told


def test_what_could_not_be_read_cannot_be_drawn_on(tmp_path: Path) -> None:
    with pytest.raises(UnreadablePhotoError, match="does not exist") as told:
        EmotionClassifier().predict(tmp_path / "gone.jpg").plot()
    assert "photo.plot" not in str(told.value)
