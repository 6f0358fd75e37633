"""Whatever a caller holds becomes an upright RGB photo, or an error that says what to do."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms
from written_photos import encoded, png_header

from emotion_classifier.errors import UnreadablePhotoError
from emotion_classifier.photo import describe_source, read_photo


def assert_same(photo: np.ndarray, expected: Image.Image, *, within: int = 12) -> None:
    assert photo.dtype == np.uint8
    wanted = np.asarray(expected.convert("RGB"))
    assert photo.shape == wanted.shape
    # The middles of the quarters: lossy formats smear the borders.
    for row in (0.25, 0.75):
        for column in (0.25, 0.75):
            at = int(row * wanted.shape[0]), int(column * wanted.shape[1])
            assert np.abs(photo[at].astype(int) - wanted[at].astype(int)).max() <= within


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "AVIF"])
def test_formats(picture: Image.Image, kind: str) -> None:
    assert_same(read_photo(encoded(picture, kind)), picture, within=20)


@pytest.mark.parametrize("kind", ["path", "str", "file", "bytes", "PIL", "array"])
def test_kinds_of_source(picture: Image.Image, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    picture.save(path)
    with path.open("rb") as file:
        source = {
            "path": path,
            "str": str(path),
            "file": file,
            "bytes": path.read_bytes(),
            "PIL": picture,
            "array": np.asarray(picture),
        }[kind]
        assert_same(read_photo(source), picture, within=0)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(
    stored: Callable[..., tuple[Image.Image, Image.Exif]], picture: Image.Image, kind: str, orientation: int
) -> None:
    turned, exif = stored(picture, orientation)
    assert_same(read_photo(encoded(turned, kind, exif=exif)), picture, within=20)


def test_corrupt_exif_does_not_spoil_the_photo(picture: Image.Image) -> None:
    content = encoded(picture, "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12")
    assert_same(read_photo(content), picture)


@pytest.mark.parametrize("mode", ["CMYK", "P", "YCbCr", "HSV", "LAB", "RGBX", "RGBa"])
def test_colour_modes(picture: Image.Image, mode: str) -> None:
    if mode == "LAB":
        srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        converted = ImageCms.profileToProfile(picture, srgb, lab, outputMode="LAB")
    elif mode == "RGBa":
        converted = picture.convert("RGBA").convert("RGBa")
    else:
        converted = picture.convert(mode, palette=Image.Palette.ADAPTIVE)
    assert_same(read_photo(converted), picture)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_file(picture: Image.Image, kind: str) -> None:
    assert_same(read_photo(encoded(picture.convert("CMYK"), kind)), picture, within=20)


def test_palette_with_transparent_entries_of_bytes(picture: Image.Image) -> None:
    content = encoded(picture.convert("P"), "PNG", transparency=bytes(256))
    assert (read_photo(content) == 255).all()


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "array"])
def test_transparency_is_put_on_white(kind: str) -> None:
    layer = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    layer.paste((0, 0, 0, 128), (4, 0, 8, 8))
    photo = read_photo(np.asarray(layer) if kind == "array" else encoded(layer, kind, lossless=True))
    assert (photo[:, :4] == 255).all()
    assert np.abs(photo[:, 4:].astype(int) - 127).max() <= 1


def test_grey_with_alpha() -> None:
    assert (read_photo(encoded(Image.new("LA", (5, 5), (0, 0)), "PNG")) == 255).all()


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_grey_is_scaled_and_not_clipped(kind: str) -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    photo = read_photo(encoded(Image.fromarray(ramp), kind))
    assert photo[0, 0, 0] == 0
    assert photo[-1, -1, 0] == 255
    assert np.abs(photo[..., 0].astype(float) - ramp / 257).max() <= 1


@pytest.mark.parametrize("order", ["I;16", "I;16B"])
def test_a_dark_16_bit_file_is_the_same_in_either_order_of_bytes(order: str) -> None:
    # 250 of the 1,023 of 10 bits, though 8 bits would hold it.
    dark = np.full((8, 8), 250, "<u2" if order == "I;16" else ">u2")
    photo = read_photo(encoded(Image.frombytes(order, (8, 8), dark.tobytes()), "TIFF"))
    assert (photo == 62).all()


def test_16_bit_colour_png_is_scaled() -> None:
    rows = b"".join(b"\0" + struct.pack(">HHH", 65535, 32768, 0) * 2 for _ in range(2))
    small = png_header(2, 2)
    header = small[16:24] + struct.pack(">BBBBB", 16, 2, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    content = small[:8] + b"".join(
        struct.pack(">I", len(data)) + tag + data + struct.pack(">I", zlib.crc32(tag + data))
        for tag, data in parts
    )
    assert read_photo(content)[0, 0].tolist() == [255, 128, 0]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([[0, 255]], np.int32), [0, 255]),
        (np.array([[0, 65535]], np.int32), [0, 255]),
        (np.array([[0, 0.5]], np.float32), [0, 128]),
        (np.array([[0, 200]], np.float32), [0, 200]),
    ],
)
def test_integer_and_float_pil_modes(values: np.ndarray, expected: list[int]) -> None:
    assert read_photo(Image.fromarray(values))[0, :, 0].tolist() == expected


def test_first_frame_of_an_animation(picture: Image.Image) -> None:
    other = Image.new("RGB", picture.size, "white")
    for kind in ("GIF", "PNG", "WEBP"):
        content = encoded(picture, kind, save_all=True, append_images=[other])
        assert_same(read_photo(content), picture, within=20)


@pytest.mark.parametrize(
    "array",
    [
        np.full((4, 6), 51, np.uint8),
        np.full((4, 6, 1), 51, np.uint8),
        np.full((4, 6, 3), 51, np.uint8),
        np.full((4, 6, 3), 51 * 257, "<u2"),
        np.full((4, 6, 3), 51 * 257, ">u2"),
        np.full((4, 6), 0.2, np.float64),
        np.full((4, 6, 3), 0.2, np.float32),
        np.full((6, 4, 3), 51, np.uint8).transpose(1, 0, 2)[::-1],
    ],
)
def test_arrays(array: np.ndarray) -> None:
    photo = read_photo(array)
    assert photo.shape == (4, 6, 3)
    assert photo.dtype == np.uint8
    assert photo.flags.c_contiguous
    assert (photo == 51).all()


@pytest.mark.parametrize(
    ("array", "hint"),
    [
        (np.zeros((4, 6, 3), np.int64), "int64"),
        (np.zeros((4, 6), bool), "bool"),
        (
            np.full((4, 6), 200.0),
            "from 200 to 200; floats must be 0…1; up to 0.1 beyond is cut off. Divide 0…255 by 255",
        ),
        (np.array([[0, 1.2]]), "from 0 to 1.2; floats"),
        (np.array([[-1, 1.0]]), "from -1 to 1; floats"),
        (np.array([[0, np.nan, 1, -np.inf]]), "no numbers (NaN or infinite): 2 of 4."),
        (np.zeros((3, 40, 60), np.uint8), "moveaxis"),
        (np.zeros((1, 4, 6, 3), np.uint8), "(1, 4, 6, 3)"),
        (np.zeros((0, 6, 3), np.uint8), "(0, 6, 3)"),
        (np.zeros(6, np.uint8), "(6,)"),
    ],
)
def test_arrays_that_are_no_photos(array: np.ndarray, hint: str) -> None:
    with pytest.raises(UnreadablePhotoError) as caught:
        read_photo(array)
    assert hint in str(caught.value)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_that_resizing_left_beyond_their_range_are_clipped(dtype: type) -> None:
    array = np.array([[-0.1, -0.09, 0, 0.2, 1, 1.001, 1.1]], dtype)
    assert read_photo(array)[0, :, 0].tolist() == [0, 0, 0, 51, 255, 255, 255]


def test_a_float_picture_with_overshoot_keeps_its_range() -> None:
    for full in (1, 255):
        picture = Image.fromarray(np.array([[-0.05, 0.2, 1.05]], np.float32) * full)
        assert read_photo(picture)[0, :, 0].tolist() == [0, 51, 255]


@pytest.mark.parametrize("values", [[0, np.nan], [0, np.inf]])
def test_a_float_picture_with_what_is_no_number_says_so(values: list[float]) -> None:
    with pytest.raises(UnreadablePhotoError, match="no numbers"):
        read_photo(Image.fromarray(np.array([values], np.float32)))


def test_an_empty_name_is_no_folder() -> None:
    with pytest.raises(UnreadablePhotoError, match="An empty name was given"):
        read_photo("")


@pytest.mark.parametrize("source", [None, 3, ["a.jpg"], io.StringIO("text")])
def test_wrong_types(source: object) -> None:
    with pytest.raises(TypeError):
        read_photo(source)  # type: ignore[arg-type]


def test_describe_source(tmp_path: Path, picture: Image.Image) -> None:
    path = tmp_path / "ann.png"
    picture.save(path)
    assert describe_source(path, 0) == str(path)
    assert repr(describe_source(np.str_("ann.png"), 0)) == "'ann.png'"
    assert describe_source(b"bytes", 0) == "photo 1"
    assert describe_source(picture, 2) == "photo 3"
    with Image.open(path) as opened:
        assert describe_source(opened, 0) == str(path)
    with path.open("rb") as file:
        assert describe_source(file, 0) == str(path)
