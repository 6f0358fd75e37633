from __future__ import annotations

import numpy as np

from emotion_classifier.faces.detect import FaceDetector
from emotion_classifier.faces.face import nominal_face
from emotion_classifier.faces.memory import remember_faces


def test_a_photo_is_looked_at_once_while_faces_are_remembered() -> None:
    looked: list[int] = []
    detector = FaceDetector()
    detector._detect = lambda photo: looked.append(1) or [nominal_face(8, 8)]  # type: ignore[assignment,func-returns-value]
    photo = np.zeros((8, 8, 3), np.uint8)
    with remember_faces():
        first = detector.detect(photo)
        first.clear()  # What a caller does with its list is its own affair.
        assert detector.detect(photo.copy()) == [nominal_face(8, 8)] and len(looked) == 1
        detector.detect(photo + 1)
        assert len(looked) == 2
    detector.detect(photo)
    assert len(looked) == 3


def test_a_crop_and_a_photo_are_looked_at_differently() -> None:
    detector, photo = FaceDetector(), np.zeros((48, 48, 3), np.uint8)
    with remember_faces() as memory:
        assert detector.detect(photo) == []
        assert detector.detect_cropped(photo) == detector.detect_cropped(photo)
        assert len(memory) == 2
