"""Whatever a caller holds becomes an upright RGB photo, or an error that says what to do."""

from __future__ import annotations

import base64
import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from emotion_classifier.errors import PhotoTooLargeError, UnreadablePhotoError
from emotion_classifier.photo import PhotoLimits, decode_photo, describe_source, find_photos, read_photo

# 64 × 48, left half blue, right half red; written with pillow-heif.
HEIC = base64.b64decode(
    """
AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAb5tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAA
ADRpbG9jAAAAAERAAAIAAQAAAAAB4gABAAAAAAAAAEAAAgAAAAACIgABAAAAAAAAACQAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAA
AAABAABodmMxAAAAABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAAA/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAA
kAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq
5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xh
cAAAAEAAAAABAAAAMAAAAAEAAAAAAAAAAv////AAAAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAA
ABppcmVmAAAAAAAAAA5jZHNjAAIAAQABAAAAbG1kYXQAAAA8KAGvWOb06r//8QD5H5T0/+jy/V/9Kvr/uMPr+ngVaV9tHbPIwkdy
rBEyUFv39uIPBQjPAjeMOEgu9FrAAAAABkV4aWYAAE1NACoAAAAIAAEBEgADAAAAAQABAAAAAAAA
"""
)


@pytest.fixture
def picture() -> Image.Image:
    """60 × 40: four quarters, red, green, blue, grey, told apart after any turn."""
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:20, :30], pixels[:20, 30:] = (200, 20, 20), (20, 200, 20)
    pixels[20:, :30], pixels[20:, 30:] = (20, 20, 200), (120, 120, 120)
    return Image.fromarray(pixels)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png_header(width: int, height: int) -> bytes:
    """Write a PNG that claims a size and holds next to nothing."""

    def chunk(tag: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + tag + data + struct.pack(">I", zlib.crc32(tag + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")


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
def test_a_dark_16_bit_file_stays_dark_in_either_order_of_bytes(order: str) -> None:
    dark = np.full(
        (8, 8), 250, "<u2" if order == "I;16" else ">u2"
    )  # Of 65,535, though 8 bits would hold it.
    photo = read_photo(encoded(Image.frombytes(order, (8, 8), dark.tobytes()), "TIFF"))
    assert (photo == 1).all()


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
        (np.full((4, 6), 200.0), "Divide by 255"),
        (np.full((4, 6), np.nan), "0…1"),
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


def test_a_picture_without_pixels_is_refused(picture: Image.Image) -> None:
    with pytest.raises(UnreadablePhotoError, match="empty picture, of 0 × 5 pixels"):
        read_photo(picture.crop((9, 0, 9, 5)))


# --- bad files ------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("source", [None, 3, ["a.jpg"], io.StringIO("text")])
def test_wrong_types(source: object) -> None:
    with pytest.raises(TypeError):
        read_photo(source)  # type: ignore[arg-type]


def test_heic() -> None:
    pytest.importorskip("pi_heif")
    photo = read_photo(HEIC)
    assert photo.shape == (48, 64, 3)
    assert photo[24, 8, 2] > 150 > photo[24, 8, 0]
    assert photo[24, 56, 0] > 150 > photo[24, 56, 2]


def test_heic_without_the_extra(absent: Callable[[str], None], tmp_path: Path) -> None:
    absent("pi_heif")
    path = tmp_path / "phone.heic"
    path.write_bytes(HEIC)
    assert_refused(path, "HEIC", "pip install", "[heic]'")


# --- folders --------------------------------------------------------------------------------------


def test_find_photos(tmp_path: Path) -> None:
    for name in ("b/2.JPG", "b/1.png", "a/x.heic", "top.webp", "notes.txt", ".hidden.jpg", ".cache/y.jpg"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    (tmp_path / "a" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "broken.jpg").symlink_to(tmp_path / "nowhere")
    found = [path.relative_to(tmp_path).as_posix() for path in find_photos(tmp_path)]
    assert found == ["a/x.heic", "b/1.png", "b/2.JPG", "broken.jpg", "top.webp"]


def test_find_photos_yields_a_file_whatever_its_name(tmp_path: Path) -> None:
    assert list(find_photos(tmp_path / "notes.txt")) == [tmp_path / "notes.txt"]
    assert list(find_photos(str(tmp_path))) == []


def test_find_photos_goes_on_after_what_cannot_be_reached(tmp_path: Path) -> None:
    too_long = "a" * 300
    for name in ("1.jpg", "3"):  # Python raises an error where it is asked whether they are folders.
        (tmp_path / name).symlink_to(too_long)
    (tmp_path / "2.jpg").touch()
    passed: dict[str, str] = {}
    found = find_photos(
        tmp_path,
        leave_out=tmp_path / "not there yet",
        passed_over=lambda path, reason: passed.update({path.name: reason}),
    )
    assert [path.name for path in found] == ["1.jpg", "2.jpg"]
    assert passed == {"3": "the file cannot be opened"}
    assert_refused(tmp_path / "1.jpg", "could not be opened")
    assert list(find_photos(too_long)) == [Path(too_long)]


def test_find_photos_says_what_it_passes_over_and_leaves_a_folder_out(tmp_path: Path) -> None:
    for name in ("a.jpg", "notes.txt", "boxes/b.jpg", "boxes/c.txt", ".hidden.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    passed: dict[str, str] = {}
    found = find_photos(
        tmp_path,
        leave_out=tmp_path / "boxes",
        passed_over=lambda path, reason: passed.update({path.name: reason}),
    )
    assert [path.name for path in found] == ["a.jpg"]
    assert passed == {"notes.txt": "the content is no picture"}


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


def test_content_decides_where_the_ending_does_not(astronaut_file: Path, tmp_path: Path) -> None:
    content = astronaut_file.read_bytes()
    for name in ("b", "c.jpg_large", "g.mpo", "h.JPG"):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "notes.txt").write_text("BMI and other numbers")
    (tmp_path / "@eaDir").mkdir()
    (tmp_path / "@eaDir" / "thumbnail.jpg").write_bytes(content)
    assert [path.name for path in find_photos(tmp_path)] == ["b", "c.jpg_large", "g.mpo", "h.JPG"]
