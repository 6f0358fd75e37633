"""Files that are damaged, too large or no photos are refused with what to do."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from written_photos import encoded, png_header

from emotion_classifier.errors import PhotoTooLargeError, UnreadablePhotoError
from emotion_classifier.photo import PhotoLimits, decode_photo, read_photo


def assert_refused(path: Path, *words: str) -> None:
    with pytest.raises(UnreadablePhotoError) as caught:
        read_photo(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    for word in words:
        assert word in message


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "AVIF"])
@pytest.mark.parametrize("share", [0.03, 0.5, 0.9])
def test_truncated(kind: str, share: float, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (90, 120, 3), dtype=np.uint8)
    content = encoded(Image.fromarray(noise), kind)
    path = tmp_path / "cut.jpg"
    path.write_bytes(content[: max(16, int(len(content) * share))])
    assert_refused(path, "cut short", "download it again")


@pytest.mark.parametrize("place", [0.1, 0.3, 0.5, 0.7, 0.9])
@pytest.mark.parametrize("layered", [True, False])
def test_a_png_file_with_one_wrong_byte(place: float, *, layered: bool) -> None:
    content = bytearray(encoded(picture_of_noise(), "PNG"))
    content[int(len(content) * place)] ^= 255
    with pytest.raises(UnreadablePhotoError, match="damaged"):
        decode_photo(bytes(content), layered=layered)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}, {"quality": 30}])
@pytest.mark.parametrize("cut", [1, 2])
def test_jpeg_without_its_end_marker_is_read_with_a_note(options: dict[str, Any], cut: int) -> None:
    content = encoded(picture_of_noise(), "JPEG", **options)
    whole, unended = decode_photo(content), decode_photo(content[:-cut])
    assert whole.note is None
    assert unended.note == "the file lacks its end marker; the picture is whole"
    assert (unended.pixels == whole.pixels).all()
    with pytest.raises(UnreadablePhotoError, match="cut short"):
        read_photo(content[:-200])


def picture_of_noise() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 255, (90, 120, 3), dtype=np.uint8))


def test_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.jpg"
    path.touch()
    assert_refused(path, "0 bytes", "again")


def test_text_named_jpg(tmp_path: Path) -> None:
    path = tmp_path / "letter.jpg"
    path.write_text("Dear photo,")
    assert_refused(path, "JPEG, PNG", "Convert")


def test_folder_given_as_photo(tmp_path: Path) -> None:
    assert_refused(tmp_path, "folder", "files in it")


def test_missing_file(tmp_path: Path) -> None:
    assert_refused(tmp_path / "gone.jpg", "does not exist", "spelling")


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows has other permissions")
def test_permission_denied(tmp_path: Path) -> None:
    path = tmp_path / "private.jpg"
    path.touch(0)
    user = os.geteuid()
    if user == 0:  # Root may read any file.
        os.seteuid(65534)
    try:
        assert_refused(path, "permission denied", "owner")
    finally:
        os.seteuid(user)


def test_a_picture_without_pixels_is_refused(picture: Image.Image) -> None:
    with pytest.raises(UnreadablePhotoError, match="empty picture, of 0 × 5 pixels"):
        read_photo(picture.crop((9, 0, 9, 5)))


def test_bomb_is_refused_from_its_header(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png_header(30_000, 30_000))
    with pytest.raises(PhotoTooLargeError) as caught:
        read_photo(path)
    assert str(path) in str(caught.value)
    assert "30000x30000" in str(caught.value)
    assert "not decoded" in str(caught.value)


def test_limits_are_the_callers(picture: Image.Image, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    picture.save(path)
    with pytest.raises(PhotoTooLargeError, match="max_bytes"):
        read_photo(path, limits=PhotoLimits(max_bytes=50))
    with pytest.raises(PhotoTooLargeError, match="max_bytes"):
        read_photo(io.BytesIO(path.read_bytes()), limits=PhotoLimits(max_bytes=50))
    for source in (path, picture, np.asarray(picture)):
        with pytest.raises(PhotoTooLargeError, match="max_pixels"):
            read_photo(source, limits=PhotoLimits(max_pixels=2399))
        with pytest.raises(PhotoTooLargeError, match=r"decoded\. Ask Ann\.$"):
            read_photo(source, limits=PhotoLimits(max_pixels=2399, advice="Ask Ann."))
        assert read_photo(source, limits=PhotoLimits(max_pixels=2400)).shape == (40, 60, 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_pillows_own_limit_neither_warns_nor_refuses(
    kind: str, picture: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = encoded(picture, kind)
    # A documented setting of Pillow, which the program around us may have changed.
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1300)  # 2400 are a warning to Pillow
    assert read_photo(content).shape == (40, 60, 3)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)  # 2400 are an error
    assert read_photo(content).shape == (40, 60, 3)
