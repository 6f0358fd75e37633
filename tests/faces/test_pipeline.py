"""From a photo to faces and crops, with and without a cache that is handed down."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from emotion_classifier import Bundle
from emotion_classifier.errors import UnreadablePhotoError
from emotion_classifier.faces.cache import FaceCache
from emotion_classifier.faces.face import Found, nominal_face
from emotion_classifier.faces.pipeline import FacePipeline
from emotion_classifier.model.preprocessing import Preprocessing

TEMPLATE = Bundle.default().config.preprocessing
WHOLE = Preprocessing(input="photo", height=20, width=30)


def nobody() -> Found:
    return Found(())


def never() -> Found:
    raise AssertionError("looked for again")


def test_a_face_is_cut_out_as_the_model_takes_it_in(astronaut: np.ndarray) -> None:
    photo = FacePipeline().open(astronaut)
    (crop,) = photo.crops(TEMPLATE)
    main = photo.main_crop(TEMPLATE)
    assert main is not None and crop.face == main.face == photo.main
    assert crop.pixels.shape == TEMPLATE.input_shape and (crop.pixels == main.pixels).all()
    quality = photo.quality(crop, TEMPLATE)
    assert quality is not None and quality.eye_distance > 30
    assert photo.shows_face(crop)


def test_a_model_of_whole_photos_needs_no_face() -> None:
    photo = FacePipeline().open(np.zeros((40, 60, 3), np.uint8))
    (crop,) = photo.crops(WHOLE)
    assert crop.face == nominal_face(60, 40) and crop.pixels.shape == (20, 30, 3)
    assert photo.quality(crop, WHOLE) is None
    assert photo.main is None and photo.main_crop(TEMPLATE) is None and photo.crops(TEMPLATE) == ()


def test_a_tight_crop_always_has_a_face_and_may_show_none() -> None:
    photo = FacePipeline().open(np.full((48, 48, 3), 99, np.uint8), cropped=True)
    (crop,) = photo.crops(TEMPLATE)
    assert crop.face.score == 0 and not photo.shows_face(crop)


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(UnreadablePhotoError, match="does not exist"):
        FacePipeline().open(tmp_path / "gone.jpg")


def test_pipelines_share_the_faces_of_a_cache(astronaut: np.ndarray) -> None:
    cache = FaceCache()
    found = FacePipeline(cache=cache).open(astronaut).faces
    assert len(cache) == 1 and found
    assert cache.recall("whole", astronaut.copy(), never).faces == found
    assert FacePipeline(cache=cache).open(astronaut, cropped=True).faces != found
    assert len(cache) == 2, "a tight crop is looked at in another way"


def test_a_cache_is_bounded_and_forgets_what_was_not_asked_for_the_longest() -> None:
    cache, photos = FaceCache(most_faces=6), [np.full((8, 8, 3), value, np.uint8) for value in range(4)]
    for photo in photos[:3]:
        cache.recall("whole", photo, lambda: Found((nominal_face(8, 8),) * 2))
    cache.recall("whole", photos[0], never)
    cache.recall("whole", photos[3], nobody)  # Without a face, it counts as one.
    assert len(cache) == 3
    for photo in (photos[0], photos[2], photos[3]):
        cache.recall("whole", photo, never)
    assert cache.recall("whole", photos[1], nobody) == Found(())


def test_a_cache_goes_to_another_process_and_serves_several_threads() -> None:
    cache, photos = FaceCache(), [np.full((8, 8, 3), value, np.uint8) for value in range(50)]
    with ThreadPoolExecutor(8) as pool:
        for photo, found in zip(
            photos * 4, pool.map(lambda photo: cache.recall("whole", photo, nobody), photos * 4), strict=True
        ):
            assert found == Found(()), photo
    again = pickle.loads(pickle.dumps(cache))
    assert len(again) == len(cache) == 50
    assert again.recall("whole", photos[7], never) == Found(())
