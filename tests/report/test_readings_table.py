"""Tables of readings in files: the columns of a data frame, written row by row."""

from __future__ import annotations

import csv
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from emotion_classifier import EmotionClassifier, PhotoReading, to_frame
from emotion_classifier.report.readings_table import csv_table, parquet_table

Table = Callable[[Path], AbstractContextManager[Callable[[PhotoReading], None]]]


@pytest.fixture(scope="module")
def photos(rendered_faces: Path, tmp_path_factory: pytest.TempPathFactory) -> list[PhotoReading]:
    odd = tmp_path_factory.mktemp("odd") / 'a,"b"\nc.jpg'
    faces = [rendered_faces / "happy" / "01.jpg", rendered_faces / "sad" / "01.jpg"]
    return [
        *EmotionClassifier().predict_many([*faces, odd]),
        PhotoReading("\udce9.jpg", reason="no face found"),
    ]


def test_csv_has_the_columns_and_values_of_a_data_frame(photos: list[PhotoReading], tmp_path: Path) -> None:
    frame = to_frame(photos)
    with csv_table(tmp_path / "faces.csv") as write:
        for photo in photos:
            write(photo)
    with (tmp_path / "faces.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(frame.columns)
    assert [row["file"] for row in rows] == [*(photo.file for photo in photos[:3]), r"\udce9.jpg"]
    assert [row["file"] for row in rows] == list(frame["file"])
    assert [row["label"] for row in rows] == [*frame["label"][:2], "", ""]
    assert [float(row["degree"]) for row in rows[:2]] == list(frame["degree"][:2])
    assert [(row["face"], row["main"]) for row in rows[1:3]] == [("0", "True"), ("", "False")]
    assert "does not exist" in rows[2]["reason"] and rows[3]["reason"] == "no face found"


def test_parquet_holds_the_same_with_nulls_and_types(photos: list[PhotoReading], tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    with parquet_table(tmp_path / "faces.parquet") as write:
        for photo in photos:
            write(photo)
    table = parquet.read_table(tmp_path / "faces.parquet")
    assert table.column_names == list(to_frame(photos).columns)
    assert str(table.schema.field("face").type) == "int64" and str(table.schema.field("main").type) == "bool"
    assert table["face"].to_pylist() == [0, 0, None, None]
    assert table["degree"].to_pylist()[:2] == [photo.readings[0].to_dict()["degree"] for photo in photos[:2]]


@pytest.mark.parametrize("table", [csv_table, parquet_table])
def test_a_table_that_is_not_finished_leaves_the_old_one(
    table: Table, photos: list[PhotoReading], tmp_path: Path
) -> None:
    pytest.importorskip("pyarrow")
    out = tmp_path / "faces"
    out.write_text("old")
    with pytest.raises(KeyboardInterrupt), table(out) as write:
        write(photos[0])
        raise KeyboardInterrupt
    assert [path.name for path in tmp_path.iterdir()] == ["faces"] and out.read_text() == "old"


def test_no_photos_are_a_table_without_rows(tmp_path: Path) -> None:
    parquet: Any = pytest.importorskip("pyarrow.parquet")
    for name, table in (("a.csv", csv_table), ("a.parquet", parquet_table)):
        with table(tmp_path / name):
            pass
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 1
    assert parquet.read_table(tmp_path / "a.parquet").num_rows == 0
