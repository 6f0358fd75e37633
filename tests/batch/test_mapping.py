"""The callable for `map_batches`."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np

from emotion_classifier import EmotionClassifier
from emotion_classifier.batch import ReadPhotos
from emotion_classifier.reading import COLUMNS, table_rows


def test_a_batch_of_bytes_becomes_a_table(rendered_faces: Path) -> None:
    photo = rendered_faces / "happy" / "01.jpg"
    content = np.array([photo.read_bytes(), b"nothing"], dtype=object)
    read = pickle.loads(pickle.dumps(ReadPhotos()))
    table = read({"bytes": content, "path": np.array([str(photo), "broken"], dtype=object)})
    assert tuple(table.column_names) == COLUMNS
    first, second = table.to_pylist()
    (expected,) = table_rows(EmotionClassifier().predict(photo))
    assert first == {name: expected.get(name) for name in COLUMNS}
    assert second["file"] == "broken" and second["face"] is None and second["reason"]
    assert read({"bytes": content[1:]})["file"].to_pylist() == ["photo 1"]
