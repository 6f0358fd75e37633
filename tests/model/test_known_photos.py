"""Which photos a bundle learned from: copies are recognised, others are not, and the file is held to its record."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emotion_classifier.errors import CorruptBundleError
from emotion_classifier.model.bundle import PHOTOS, Bundle, rewrite
from emotion_classifier.model.file_record import FileRecord
from emotion_classifier.model.known_photos import KnownPhotos, hash_photos, photo_hash


@pytest.fixture
def copy(unknowing_bundle: Path) -> Bundle:
    return Bundle.load(unknowing_bundle)


def scenes(n: int, seed: int = 0) -> list[Image.Image]:
    """Different pictures with large and small shapes in them."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (n, 12, 12, 3), np.uint8)
    return [Image.fromarray(each).resize((160, 140), Image.Resampling.BICUBIC) for each in coarse]


def encoded(picture: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


def smaller(picture: Image.Image) -> Image.Image:
    return picture.resize((round(picture.width * 0.7), round(picture.height * 0.7)))


@pytest.mark.parametrize(
    "changed",
    [
        lambda picture: encoded(picture, format="JPEG", quality=70),
        lambda picture: encoded(smaller(picture), format="PNG"),
        lambda picture: encoded(smaller(picture), format="JPEG", quality=70),
        lambda picture: encoded(picture.convert("L"), format="PNG"),
    ],
    ids=["JPEG 70", "70 %", "both", "grey"],
)
def test_copies_are_recognised(changed, rendered_faces: Path) -> None:
    pictures = [*scenes(100), *(Image.open(path) for path in sorted(rendered_faces.rglob("*.jpg")))]
    known = KnownPhotos.of(hash_photos(pictures))
    assert known.among(hash_photos([changed(picture.convert("RGB")) for picture in pictures])).all()


def test_other_photos_are_not(rendered_faces: Path) -> None:
    known = KnownPhotos.of(hash_photos([*scenes(500), *sorted((rendered_faces / "happy").glob("*.jpg"))]))
    others = [*scenes(500, seed=1), *sorted((rendered_faces / "sad").glob("*.jpg"))]
    assert not known.among(hash_photos(others)).any()


def plain_pictures() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    slope = np.linspace(0, 255, 90).astype(np.uint8)
    across = np.broadcast_to(slope[None, :, None], (90, 90, 3))
    noisy = np.clip(rng.normal(128, 1, (90, 90, 3)), 0, 255).astype(np.uint8)
    dotted = np.full((90, 90, 3), 255, np.uint8)
    dotted[40:45, 40:45] = 0
    return [np.zeros((90, 90, 3), np.uint8), np.full((5, 5, 3), 255, np.uint8), across, across[:, ::-1],
            across.transpose(1, 0, 2), noisy, dotted]  # fmt: skip


def test_plain_pictures_match_nothing_not_even_themselves() -> None:
    hashes = np.array([photo_hash(np.ascontiguousarray(picture)) for picture in plain_pictures()])
    known = KnownPhotos.of(hashes)
    assert len(known) == 0
    assert not (known | KnownPhotos.of(hash_photos(scenes(50)))).among(hashes).any()
    assert not KnownPhotos().among(hash_photos(scenes(3))).any()


def test_a_photo_that_cannot_be_read_is_not_known() -> None:
    assert hash_photos([b"no picture"]).any() == np.False_


def test_a_bundle_without_a_record_says_so(copy: Bundle) -> None:
    assert copy.known_photos() is None


def test_photos_stay_with_the_bundle_when_its_card_changes(copy: Bundle) -> None:
    photos = KnownPhotos.of(hash_photos(scenes(5)), unrecorded=("its base",))
    again = rewrite(rewrite(copy, photos=photos), card="# another card\n")
    found = again.known_photos()
    assert found is not None and found.unrecorded == ("its base",)
    assert found.among(hash_photos(scenes(6))).tolist() == [True] * 5 + [False]
    assert (again.path / "README.md").read_text() == "# another card\n"


def test_a_changed_record_is_refused(copy: Bundle) -> None:
    bundle = rewrite(copy, photos=KnownPhotos.of(hash_photos(scenes(5))))
    data = bytearray((bundle.path / PHOTOS).read_bytes())
    data[-1] ^= 1
    (bundle.path / PHOTOS).write_bytes(data)
    with pytest.raises(CorruptBundleError, match=r"photos\.npy.*SHA-256"):
        Bundle.load(bundle.path)


@pytest.mark.parametrize(
    "held",
    [np.array([{"a": 1}], dtype=object), np.zeros((3, 5), np.uint8), np.zeros((3, 32)), "no array at all"],
    ids=["pickled", "short hashes", "floats", "text"],
)
def test_a_record_of_something_else_is_refused(held: object, copy: Bundle) -> None:
    bundle = rewrite(copy, photos=KnownPhotos.of(hash_photos(scenes(5))))
    path = bundle.path / PHOTOS
    if isinstance(held, np.ndarray):
        np.save(path, held, allow_pickle=True)
    else:
        path.write_text(str(held))
    config = json.loads((bundle.path / "config.json").read_text())
    config["files"][PHOTOS] = FileRecord.of(path).model_dump()
    (bundle.path / "config.json").write_text(json.dumps(config))
    with pytest.raises(CorruptBundleError, match=r"photos\.npy cannot be read"):
        Bundle.load(bundle.path).known_photos()
