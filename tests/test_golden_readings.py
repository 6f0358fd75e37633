"""The shipped model reads the same from the same faces, whatever was moved in the code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from emotion_classifier import EmotionClassifier

TESTS = Path(__file__).parent
GOLDEN = json.loads((TESTS / "golden_readings.json").read_text(encoding="utf-8"))


def test_the_shipped_model_reads_what_it_read_before() -> None:
    classifier = EmotionClassifier()
    assert classifier.bundle.id == GOLDEN["model"], "run tools/golden_readings.py for the new model"
    names = list(GOLDEN["readings"])
    for name, photo in zip(names, classifier.predict_many([TESTS / name for name in names]), strict=True):
        reading, stated = photo.main, GOLDEN["readings"][name]
        assert reading is not None and reading.label == stated["label"], name
        # Processors differ in the last digits.
        assert reading.degree == pytest.approx(stated["degree"], abs=0.02), name
        assert reading.p_happy == pytest.approx(stated["p_happy"], abs=0.02), name
        assert reading.box == pytest.approx(stated["box"], abs=2), name
