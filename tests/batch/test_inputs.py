"""What a batch reads: folders, patterns, lists, Parquet, and object storage."""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from emotion_classifier import EmotionClassifier
from emotion_classifier.batch.inputs import Inputs, photo_files
from emotion_classifier.errors import BatchError, EmotionClassifierError


def found(given: str | Path, out: Path, *, column: str | None = None) -> list[str]:
    """Return the photos that are meant, as they are handed to be read."""
    listing = out / "listing"
    out.mkdir(exist_ok=True)
    entries = Inputs(str(given), column, out).find(lambda ending, reason: None)
    listing.write_text("".join(f"{entry.line()}\n" for entry in entries))
    return [str(file.name) for file in photo_files(listing, lambda number: True)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("in/b.jpg", "in/a/c.png", "in/.hidden.jpg", "in/notes.txt", "in/name\nof two lines.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path / "in"


def test_folders_patterns_lists_and_addresses_find_the_same_photos(folder: Path, tmp_path: Path) -> None:
    out = folder / "out"
    walked = found(folder, out)
    assert walked == [str(folder / name) for name in ("a/c.png", "b.jpg", "name\nof two lines.jpg")]
    assert sorted(found(f"{folder}/**/*.[jp][pn]g", out)) == walked
    listed = tmp_path / "list.txt"
    listed.write_text(f"\ufeff{walked[1]}\n\n{walked[0]}\r\n{folder}/missing.jpg")
    assert found(listed, out) == [walked[1], walked[0], f"{folder}/missing.jpg"]
    assert found(folder / "b.jpg", out) == [walked[1]]
    pytest.importorskip("fsspec")
    assert found(f"file://{folder}", out) == [f"file://{path}" for path in walked]
    assert found(f"file://{folder}/*.jpg", out) == [f"file://{path}" for path in walked[1:]]


def test_stored_photos_are_read_like_files(rendered_faces: Path, tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    photo = rendered_faces / "happy" / "01.jpg"
    listing = tmp_path / "listing"
    for name in (photo, tmp_path / "missing.jpg"):
        with listing.open("a") as file:
            file.write(f'{{"path": "file://{name}"}}\n')
    sources = [file.source for file in photo_files(listing, lambda number: True)]
    classifier = EmotionClassifier()
    read, missing = classifier.predict_many(sources)
    assert read.readings == classifier.predict(photo).readings and read.file == f"file://{photo}"
    assert str(missing.reason).startswith(f"file://{tmp_path}/missing.jpg could not be fetched")


def test_rows_of_parquet_are_photos(rendered_faces: Path, tmp_path: Path) -> None:
    content = (rendered_faces / "happy" / "01.jpg").read_bytes()
    rows: list[Any] = [{"bytes": content, "path": "a.jpg"}, None, {"bytes": None, "path": "b.jpg"}]
    file = tmp_path / "train.parquet"
    parquet.write_table(pa.table({"image": rows * 20, "label": [0, 1, 2] * 20}), file, row_group_size=7)
    entry = next(Inputs(str(file), None, tmp_path).find(lambda ending, reason: None))
    listing = tmp_path / "listing"
    listing.write_text(f"{entry.line()}\n")
    files = list(photo_files(listing, lambda number: 30 <= number < 33))
    assert [file.name for file in files] == [f"{file}#{row}" for row in (30, 31, 32)]
    first, second, third = EmotionClassifier().predict_many([file.source for file in files])
    assert first.readings and second.reason == third.reason == "The row has no picture."
    parquet.write_table(pa.table({"image": rows}), file)
    late = [
        each.reason
        for each in EmotionClassifier().predict_many(
            [each.source for each in photo_files(listing, lambda number: number == 50)]
        )
    ]
    assert late == [f"{file} has fewer rows than when the batch began."]


def test_the_column_of_parquet_is_the_only_one_or_named(tmp_path: Path) -> None:
    file = tmp_path / "some.parquet"
    parquet.write_table(pa.table({"face": [b""], "scene": [b""], "age": [3]}), file)
    assert found(file, tmp_path / "out", column="scene") == [f"{file}#0"]
    assert found(tmp_path, tmp_path / "out", column="face") == [f"{file}#0"], "a folder of Parquet"
    with pytest.raises(BatchError, match="no column 'image' of pictures.*face, scene can hold pictures"):
        found(file, tmp_path / "out")
    file.write_bytes(b"no Parquet")
    with pytest.raises(BatchError, match="cannot be read as Parquet"):
        found(file, tmp_path / "out")


def test_what_is_passed_over_is_counted_and_the_web_left_alone(folder: Path, tmp_path: Path) -> None:
    counted: Counter[tuple[str, str]] = Counter()

    def count(ending: str, reason: str) -> None:
        counted[ending, reason] += 1

    list(Inputs(str(folder), None, tmp_path).find(count))
    assert counted == {(".txt", "the content is no picture"): 1}
    with pytest.raises(EmotionClassifierError, match="nothing is fetched from the web"):
        found("https://example.org/photos", tmp_path / "out")


def test_parquet_that_is_read_is_not_counted_as_skipped(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    parquet.write_table(pa.table({"image": [b""]}), tmp_path / "in" / "some.parquet")
    skipped: list[str] = []
    assert list(
        Inputs(str(tmp_path / "in"), None, tmp_path / "out").find(
            lambda ending, reason: skipped.append(ending)
        )
    )
    assert skipped == []


def test_a_zip_is_refused_where_predict_opens_it(tmp_path: Path) -> None:
    zipped, out = tmp_path / "album.zip", tmp_path / "out"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("notes.txt", "milk")
    zipped.with_name("before.zip").write_bytes(b"Sent from afar\n" + zipped.read_bytes())
    for name in ("album.zip", "before.zip"):
        with pytest.raises(BatchError, match=r"is named like a zip, and batch opens none\. Unpack it"):
            found(tmp_path / name, out)
    # What predict does not open has its reason, as any file that is no photo.
    zipped.rename(tmp_path / "photo.jpg")
    assert found(tmp_path / "photo.jpg", out) == [str(tmp_path / "photo.jpg")]


def test_zips_in_a_folder_are_told_from_files_that_are_only_named_so(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    with zipfile.ZipFile(folder / "album.zip", "w") as archive:
        archive.writestr("notes.txt", "milk")
    (folder / "text.zip").write_text("milk")
    skipped: list[tuple[str, str]] = []
    list(Inputs(str(folder), None, tmp_path / "out").find(lambda *told: skipped.append(told)))
    assert skipped == [
        (".zip", "batch opens no zips; unpack them, or name each to `emotion-classifier predict`"),
        (".zip", "the content is no picture"),
    ]
