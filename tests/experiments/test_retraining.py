"""The trainings after a search, on photos of which some show no face."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

pytest.importorskip("skl2onnx")
pytest.importorskip("keras_tuner")

from emotion_classifier import recipes
from emotion_classifier.data import open_dataset
from emotion_classifier.experiments.retraining import Retraining
from emotion_classifier.experiments.tune import TuneOptions


def test_what_a_search_chose_is_trained_where_some_photos_show_no_face(
    rendered_faces: Path, plain_folder: Path, tmp_path: Path
) -> None:
    photos = shutil.copytree(rendered_faces, tmp_path / "some_without_a_face")
    for number in range(1, 5):  # Twelve sad photos allow a tenth, the eight with a face do not.
        (photos / "sad" / f"{number:02}.jpg").unlink()
        shutil.copy(plain_folder / "Sad" / f"{number}.png", photos / "sad")
    trainer = Retraining(open_dataset(photos), tmp_path, TuneOptions(), lambda *_: None)
    bundle = trainer.bundle("tuned", recipes.get("logistic_regression"), epochs=None, about="")
    assert bundle.config.training["rows"] + bundle.config.training["validation_rows"] == 20
    assert bundle.config.training["validation_rows"] > 0
