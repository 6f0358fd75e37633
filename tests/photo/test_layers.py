"""A large photo, decoded in layers, is the photo that full decoding gives."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from written_photos import encoded

from emotion_classifier.errors import UnreadablePhotoError
from emotion_classifier.photo import Picture, decode_photo, read_photo
from emotion_classifier.photo.picture import Layer, coarsest

# No multiple of 8 or 16, so that a layer reaches beyond the photo's right and lower edge before it is turned.
WIDTH, HEIGHT = 2501, 2405


@pytest.fixture(scope="module")
def large(rendered_faces: Path) -> Image.Image:
    """Return a face in an odd number of pixels each way, six millions in all, under waves that show where it lies."""
    with Image.open(rendered_faces / "happy" / "01.jpg") as picture:
        face = np.asarray(picture.convert("RGB").resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))
    across, down = (np.sin(np.arange(length) * (2 * np.pi / 64)) for length in (WIDTH, HEIGHT))
    waves = (30 * (across + down[:, None])).astype(np.int16)
    return Image.fromarray((face // 2 + 62 + waves[..., None]).astype(np.uint8))


def drawn_from(layer: Layer, size: tuple[int, int]) -> np.ndarray:
    """Draw the middle of a photo from one of its layers, at an eighth of the photo's size."""
    width, height = size
    left, top, right, bottom = 80, 80, width // 8 * 8 - 80, height // 8 * 8 - 80
    box = [
        *((left - layer.left) / layer.scale, (top - layer.top) / layer.scale),
        *((right - layer.left) / layer.scale, (bottom - layer.top) / layer.scale),
    ]
    shape = ((right - left) // 8, (bottom - top) // 8)
    return np.asarray(layer.image.resize(shape, Image.Resampling.BILINEAR, box=tuple(box))).astype(float)


def assert_layers_agree(content: bytes, *, scales: set[int]) -> None:
    picture, whole = decode_photo(content).picture, read_photo(content)
    assert picture.size == whole.shape[1::-1]
    assert {picture.layer(step).scale for step in (1.0, 2.0, 4.0, 40.0)} == scales
    assert np.array_equal(picture.pixels, whole)
    expected = drawn_from(Layer(Image.fromarray(whole)), picture.size)
    for scale in scales - {1}:
        seen = drawn_from(picture.layer(scale), picture.size)
        assert np.abs(seen - expected).mean() < 1, scale  # misplaced by a pixel: 1.8 and more


@pytest.mark.parametrize("orientation", range(1, 9))
def test_layers_of_a_turned_photo_lie_where_the_photo_does(
    stored: Callable[..., tuple[Image.Image, Image.Exif]], large: Image.Image, orientation: int
) -> None:
    turned, exif = stored(large, orientation)
    assert_layers_agree(encoded(turned, exif=exif), scales={4, 2, 1})


@pytest.mark.parametrize("options", [{"progressive": True}, {"subsampling": 0}])
def test_layers_of_other_jpeg_files(large: Image.Image, options: dict[str, object]) -> None:
    assert_layers_agree(encoded(large, **options), scales={4, 2, 1})


def test_layers_of_a_grey_photo(large: Image.Image) -> None:
    assert_layers_agree(encoded(large.convert("L")), scales={4, 2, 1})


def test_a_cmyk_photo_is_decoded_whole(large: Image.Image) -> None:
    assert_layers_agree(encoded(large.convert("CMYK")), scales={4, 1})


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_other_large_files_keep_every_pixel(large: Image.Image, kind: str) -> None:
    options = {"compress_level": 1} if kind == "PNG" else {}
    content = encoded(large, kind, **options)
    assert np.array_equal(decode_photo(content).pixels, np.asarray(large))
    assert_layers_agree(content, scales={4, 1})


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_a_large_photo_of_16_bits(large: Image.Image, kind: str) -> None:
    grey = large.convert("L")
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    options = {"compress_level": 1} if kind == "PNG" else {}
    seen = decode_photo(encoded(deep, kind, **options)).pixels
    assert np.array_equal(seen, np.asarray(grey.convert("RGB")))


def test_a_small_photo_has_one_layer(large: Image.Image) -> None:
    picture = decode_photo(encoded(large.resize((1199, 1199)))).picture
    assert {picture.layer(step).scale for step in (0.5, 4.0, 400.0)} == {1}


@pytest.mark.parametrize(
    ("size", "scale"), [((1199, 9000), 1), ((1200, 1200), 2), ((4000, 3000), 4), ((8000, 6000), 8)]
)
def test_the_coarsest_layer_keeps_600_pixels(size: tuple[int, int], scale: int) -> None:
    assert coarsest(size) == scale


@pytest.mark.parametrize("lost", [1, 2])
def test_a_large_photo_without_an_end_marker_is_whole_and_says_so(large: Image.Image, lost: int) -> None:
    content = encoded(large)
    photo = decode_photo(content[:-lost])
    assert "lacks its end marker" in (photo.note or "")
    assert np.array_equal(photo.pixels, read_photo(content))


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("share", [0.2, 0.9, 0.999])
def test_a_large_photo_cut_short_is_refused_as_a_small_one_is(
    large: Image.Image, share: float, progressive: bool
) -> None:
    for size in ((300, 300), (WIDTH, HEIGHT)):
        content = encoded(large.resize(size), progressive=progressive)
        with pytest.raises(UnreadablePhotoError, match="damaged or cut short"):
            decode_photo(content[: int(len(content) * share)])


def test_a_layer_is_decoded_when_it_is_looked_at_and_once() -> None:
    made: list[int] = []

    def make(scale: int) -> Layer:
        made.append(scale)
        return Layer(Image.new("RGB", (4000 // scale, 3000 // scale)), scale)

    picture = Picture((4000, 3000), make, (4, 2, 1))
    assert made == []
    for step in (30.0, 4.0, 2.0, 30.0, 2.0):
        picture.layer(step)
    assert made == [4, 2]
    assert picture.blurred.layer(1.0) is picture.coarse
    assert made == [4, 2]


def test_layers_go_with_their_photo(large: Image.Image) -> None:
    picture = decode_photo(encoded(large)).picture
    finest, _ = weakref.ref(picture.layer(1.0)), picture.blurred.coarse
    gc.disable()  # What is held in a circle stays until the collector happens to run.
    try:
        del picture
        assert finest() is None
    finally:
        gc.enable()


def test_layers_in_several_threads(large: Image.Image) -> None:
    content = encoded(large)
    look: Callable[[float], bytes] = lambda step: decode_photo(content).picture.layer(step).image.tobytes()  # noqa: E731
    steps = [1.0, 2.0, 4.0, 40.0] * 2
    alone = [look(step) for step in steps[:4]] * 2
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(look, steps)) == alone
