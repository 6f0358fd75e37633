"""From photos to arrays: what cannot be used, or not be read well, is named, and counted as done."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from emotion_classifier import EmotionClassifier, recipes
from emotion_classifier.data import read_folder
from emotion_classifier.faces.quality import QualityLimits
from emotion_classifier.model.preprocessing import Preprocessing
from emotion_classifier.recipes import Recipe
from emotion_classifier.training.batches import fixed_pixels
from emotion_classifier.training.inputs import canvas_of, prepare_inputs

FRAMES = Preprocessing(input="photo", height=8, width=8)


def test_progress_ends_at_all_photos_where_some_cannot_be_read(plain_folder: Path) -> None:
    for broken in ("Happy/3.png", "Sad/7.png"):
        (plain_folder / broken).write_bytes(b"no picture")
    told: list[tuple[int, int]] = []
    dataset = read_folder(plain_folder)
    inputs = prepare_inputs(dataset, FRAMES, progress=lambda done, total: told.append((done, total)))
    assert [name for name, _ in inputs.problems] == ["Happy/3.png", "Sad/7.png"]
    assert told == [(number, 16) for number in range(1, 17)]
    assert np.array_equal(inputs.targets, dataset.targets[inputs.rows]) and len(inputs.rows) == 14


def test_faces_that_are_too_bad_to_be_read_are_used_and_named(rendered_faces: Path, tmp_path: Path) -> None:
    photos = Path(shutil.copytree(rendered_faces, tmp_path / "photos"))
    blurred = photos / "happy" / "01.jpg"
    with Image.open(blurred) as photo:
        photo.filter(ImageFilter.GaussianBlur(5)).save(blurred, quality=100)
    reading = EmotionClassifier().predict(blurred).main
    assert reading and reading.reason == "the face is too blurred"
    dataset, template = read_folder(photos), canvas_of(recipes.get("transfer"))
    for _ in range(2):  # Prepared, and taken from the disk.
        inputs = prepare_inputs(dataset, template, cache=tmp_path / "work")
        assert inputs.unclear == (("happy/01.jpg", reading.reason),)
        assert len(inputs.rows) == len(dataset) and not inputs.problems
    strict = QualityLimits(min_eye_distance=5000)
    inputs = prepare_inputs(dataset, template, cache=tmp_path / "work", limits=strict)
    assert len(inputs.unclear) == len(dataset)


def test_faces_of_an_odd_size_come_as_the_recipe_takes_them(rendered_faces: Path) -> None:
    preprocessing = Preprocessing(input="face", height=49, width=49)
    recipe = Recipe(name="odd", summary="", preprocessing=preprocessing)
    few = read_folder(rendered_faces).take([0, 12])
    assert fixed_pixels(prepare_inputs(few, canvas_of(recipe)), preprocessing).shape == (2, 49, 49, 3)
    varied = replace(recipe, augment=True)
    assert fixed_pixels(prepare_inputs(few, canvas_of(varied)), preprocessing).shape == (2, 49, 49, 3)
