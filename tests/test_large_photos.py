"""A photo of many megapixels reads as the same photo in few does."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emotion_classifier import EmotionClassifier, PhotoReading
from emotion_classifier.errors import UnreadablePhotoError
from emotion_classifier.faces.pipeline import FacePipeline, PhotoFaces
from emotion_classifier.photo import PhotoSource, Picture
from emotion_classifier.photo.picture import Layer
from emotion_classifier.photo.source import DecodedPhoto

LARGE = 4000, 3000


@pytest.fixture(scope="module")
def classifier() -> EmotionClassifier:
    return EmotionClassifier()


def scene(face: Path, *, share: float) -> Image.Image:
    """Return a photo of 1000 × 750 pixels with a face of a share of its height, right of the middle."""
    photo, side = Image.new("RGB", (1000, 750), (120, 130, 125)), round(750 * share)
    with Image.open(face) as picture:
        photo.paste(picture.convert("RGB").resize((side, side), Image.Resampling.LANCZOS), (400, 60))
    return photo


def jpeg(photo: Image.Image, **options: object) -> bytes:
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=92, **options)
    return file.getvalue()


def enlarged(photo: Image.Image) -> Image.Image:
    return photo.resize(LARGE, Image.Resampling.BICUBIC)


@pytest.mark.parametrize("share", [0.9, 0.35])
@pytest.mark.parametrize("name", ["happy/01.jpg", "sad/01.jpg", "sad/05.jpg"])
def test_small_and_large_read_alike(
    classifier: EmotionClassifier, rendered_faces: Path, name: str, share: float
) -> None:
    photo = scene(rendered_faces / name, share=share)
    small, large = (classifier.predict(jpeg(each)).main for each in (photo, enlarged(photo)))
    assert small is not None and large is not None
    assert large.label == small.label
    assert large.degree == pytest.approx(small.degree, abs=0.1)
    assert np.array(large.box) / 4 == pytest.approx(np.array(small.box), abs=0.05 * small.box[2])


@pytest.mark.parametrize("orientation", [1, 2, 3, 4, 5, 6, 7, 8])
def test_boxes_are_in_pixels_of_the_upright_photo(
    stored: Callable[..., tuple[Image.Image, Image.Exif]], rendered_faces: Path, orientation: int
) -> None:
    upright = enlarged(scene(rendered_faces / "happy" / "01.jpg", share=0.5))
    turned, exif = stored(upright, orientation)
    content = jpeg(turned, exif=exif)
    photo = FacePipeline().open(content)
    (found,) = photo.faces
    (expected,) = FacePipeline().open(upright).faces
    assert photo.size == (3000, 4000)
    assert np.array(found.box) == pytest.approx(np.array(expected.box), abs=0.02 * expected.box[2])
    assert np.abs(np.array(found.keypoints) - np.array(expected.keypoints)).max() < 0.02 * expected.box[2]


def test_another_kind_of_file_reads_the_same(classifier: EmotionClassifier, rendered_faces: Path) -> None:
    photo = enlarged(scene(rendered_faces / "happy" / "01.jpg", share=0.5))
    from_jpeg, from_pixels = (classifier.predict(each).main for each in (jpeg(photo), photo))
    assert from_jpeg is not None and from_pixels is not None
    assert from_jpeg.label == from_pixels.label
    assert from_jpeg.degree == pytest.approx(from_pixels.degree, abs=0.05)


def test_several_threads_read_large_photos_as_one_does(
    classifier: EmotionClassifier, rendered_faces: Path
) -> None:
    contents = [
        jpeg(enlarged(scene(rendered_faces / name, share=0.4))) for name in ("happy/02.jpg", "sad/02.jpg")
    ] * 2
    alone = [classifier.predict(content) for content in contents[:2]] * 2
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(classifier.predict, contents))
    assert [reading.to_dict() for reading in together] == [reading.to_dict() for reading in alone]


class _Fragile(FacePipeline):
    """A pipeline to which the first look at any photo succeeds, and decoding more of it fails."""

    def open(self, source: PhotoSource, *, cropped: bool = False) -> PhotoFaces:
        whole = super().open(source, cropped=cropped)

        def make(scale: int) -> Layer:
            if scale == 1:
                raise UnreadablePhotoError("late.jpg is damaged or cut short. Copy it again.")
            return whole.picture.coarse

        late = Picture(whole.picture.size, make, (4, 1))
        return PhotoFaces(DecodedPhoto(late), self._detector, None, cropped=cropped)


@pytest.fixture
def fragile() -> EmotionClassifier:
    classifier = EmotionClassifier()
    classifier._pipeline = _Fragile()
    return classifier


def test_what_fails_late_is_a_reason(fragile: EmotionClassifier, rendered_faces: Path) -> None:
    # A face so small that it is looked at in full size.
    content = jpeg(enlarged(scene(rendered_faces / "happy" / "01.jpg", share=0.15)))
    for reading in (
        fragile.predict(content),
        next(fragile.predict_many([content])),
        fragile.explain(content).photo,
    ):
        assert isinstance(reading, PhotoReading)
        assert reading.readings == ()
        assert (reading.reason or "").startswith("late.jpg is damaged")


def test_explaining_what_only_fails_in_full_size(fragile: EmotionClassifier, rendered_faces: Path) -> None:
    content = jpeg(enlarged(scene(rendered_faces / "happy" / "01.jpg", share=0.9)))
    assert fragile.predict(content).main is not None
    assert "damaged" in (fragile.explain(content).photo.reason or "")
