"""The closing lines of `predict`."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from emotion_classifier import EmotionClassifier, PhotoReading
from emotion_classifier.cli.reading_results import Tally
from emotion_classifier.reading import NO_FACE
from emotion_classifier.reading_files import FileReading


@pytest.fixture(scope="module")
def smile(rendered_faces: Path) -> PhotoReading:
    return EmotionClassifier().predict(rendered_faces / "happy" / "01.jpg")


def closing(*photos: PhotoReading | FileReading, reasons: bool = False, **passed_over: str) -> list[str]:
    tally = Tally()
    for photo in photos:
        tally.add(FileReading(photo) if isinstance(photo, PhotoReading) else photo)
    skipped = {reason: Counter(endings.split()) for reason, endings in passed_over.items()}
    return list(tally.lines(skipped, reasons=reasons))


def test_a_photo_that_was_printed_is_not_told_twice(smile: PhotoReading) -> None:
    assert closing(smile) == []
    assert closing(smile, reasons=True) == ["1 photo, 1 face: 1 happy."]
    assert closing(PhotoReading("a", reason="bad")) == ["1 of 1 photo could not be read."]


def test_labels_come_in_one_order_and_add_up_to_the_faces(smile: PhotoReading) -> None:
    sad = replace(smile, readings=tuple(replace(one, label="sad") for one in smile.readings * 2))
    assert closing(sad, smile, PhotoReading("b", reason=NO_FACE)) == [
        "3 photos, 3 faces: 1 happy, 2 sad.",
        "1 photo without a face.",
    ]
    whole = replace(smile, readings=(replace(smile.readings[0], whole_photo=True),))
    assert closing(whole, whole) == ["2 photos, 2 readings: 2 happy."]


def test_long_lists_are_cut_and_counted() -> None:
    bad = [PhotoReading(f"{number}", reason=f"{number}\n is damaged.") for number in range(12)]
    lines = closing(*bad, reasons=True, odd=" ".join(f".{number:02}" for number in range(12)))
    assert lines[:3] == ["12 photos, 0 faces.", "12 of 12 photos could not be read:", r"  0\n is damaged."]
    assert lines[-2:] == [
        "  … and 2 more",
        f"Skipped 12 files (odd): {', '.join(f'1 .{number:02}' for number in range(10))}, ….",
    ]


def test_pictures_that_could_not_be_saved_are_told(smile: PhotoReading) -> None:
    assert closing(FileReading(smile, unsaved="No space left"), smile)[1:] == [
        "1 picture could not be saved:",
        f"  {smile.file}: No space left",
    ]
