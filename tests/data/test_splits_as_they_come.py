"""Splits, headers and names as people and tools write them: no photo kept for testing is learned from."""

from __future__ import annotations

import codecs
import json
import shutil
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emotion_classifier.data import open_dataset, read_folder
from emotion_classifier.data.parquet import VOTES
from emotion_classifier.errors import DatasetError


def splits(root: Path) -> dict[str, str]:
    data = read_folder(root)
    return dict(zip(data.ids, data.splits, strict=True))


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("file_name, label, split", "Happy/1.png, sad, test"),
        ("File_Name,LABEL,Split", "Happy/1.png,sad,TEST"),
        ("file_name,label,split", "./Happy/1.png,sad,testing "),
        ("file_name,label,split", "Happy\\1.png,sad,Testing"),
    ],
)
def test_headers_and_cells_as_they_come(plain_folder: Path, header: str, cells: str) -> None:
    (plain_folder / "metadata.csv").write_text(f"{header}\n{cells}\n")
    data = read_folder(plain_folder)
    row = data.ids.index("Happy/1.png")
    assert (data.splits[row], data.labels[int(data.hard[row])]) == ("test", "sad")
    assert data.problems == ()


def test_absolute_names_and_other_forms_of_unicode(plain_folder: Path) -> None:
    composed = unicodedata.normalize("NFC", "é.png")
    shutil.copy(
        plain_folder / "Happy" / "1.png", plain_folder / "Happy" / unicodedata.normalize("NFD", composed)
    )
    (plain_folder / "metadata.csv").write_text(
        f"file_name,split\n{plain_folder / 'Sad' / '2.png'},val\nHappy/{composed},dev\n", encoding="utf-8"
    )
    said = splits(plain_folder)
    assert [name for name, split in said.items() if split == "validation"] == [
        f"Happy/{unicodedata.normalize('NFD', composed)}",
        "Sad/2.png",
    ]
    assert read_folder(plain_folder).problems == ()


@pytest.mark.parametrize("mark", [codecs.BOM_UTF8, codecs.BOM_UTF16_LE])
@pytest.mark.parametrize("name", ["metadata.csv", "metadata.jsonl"])
def test_byte_order_marks(plain_folder: Path, mark: bytes, name: str) -> None:
    text = (
        "file_name,split\nSad/2.png,test\n"
        if name.endswith("csv")
        else '{"file_name": "Sad/2.png", "split": "test"}'
    )
    encoding = "utf-8" if mark == codecs.BOM_UTF8 else "utf-16-le"
    (plain_folder / name).write_bytes(mark + text.encode(encoding))
    assert splits(plain_folder)["Sad/2.png"] == "test"


def test_metadata_in_class_and_split_folders(plain_folder: Path) -> None:
    (plain_folder / "Happy" / "metadata.csv").write_text("file_name,gender\n1.png,female\n")
    data = read_folder(plain_folder)
    assert data.columns["gender"][data.ids.index("Happy/1.png")] == "female"


def test_both_kinds_of_metadata_are_refused(plain_folder: Path) -> None:
    for name in ("metadata.csv", "metadata.jsonl"):
        (plain_folder / name).write_text("")
    with pytest.raises(DatasetError, match="Keep the one that is right"):
        read_folder(plain_folder)


@pytest.mark.parametrize(
    ("folder", "split"), [("Training", "train"), ("TESTING", "test"), ("dev", "validation")]
)
def test_folders_named_after_splits(plain_folder: Path, tmp_path: Path, folder: str, split: str) -> None:
    shutil.move(plain_folder / "Sad", tmp_path / "Sad")
    (plain_folder / folder).mkdir()
    shutil.move(tmp_path / "Sad", plain_folder / folder / "Sad")
    assert splits(plain_folder)[f"{folder}/Sad/2.png"] == split


def test_a_folder_that_does_not_say_what_it_is_for(plain_folder: Path) -> None:
    shutil.copytree(plain_folder / "Sad", plain_folder / "holdout" / "Sad")
    with pytest.raises(DatasetError, match="'holdout' does not say whether to test or to validate"):
        read_folder(plain_folder)


def parquet(path: Path, labels: list[Any], *, names: list[str] | None = None, **columns: list[Any]) -> None:
    pyarrow, write = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet").write_table
    table = pyarrow.table({"image": [{"bytes": b"x", "path": "a"}] * len(labels), "label": labels, **columns})
    if names:
        features = {"info": {"features": {"label": {"_type": "ClassLabel", "names": names}}}}
        table = table.replace_schema_metadata({"huggingface": json.dumps(features)})
    write(table, path)


def test_shards_as_hugging_face_writes_them(tmp_path: Path) -> None:
    parquet(tmp_path / "train-00000-of-00001.parquet", [0, 1, 1], names=["happy", "sad"])
    parquet(tmp_path / "test-00000-of-00001.parquet", [1], names=["happy", "sad"])
    data = open_dataset(tmp_path)
    assert data.splits == ("train", "train", "train", "test")
    assert data.counts["sad"] == 3 and data.counts["happy"] == 1


def test_a_split_column_wins(tmp_path: Path) -> None:
    parquet(tmp_path / "faces.parquet", ["happy", "sad"], split=["train", "Test"])
    assert open_dataset(tmp_path).splits == ("train", "test")


def test_numbers_without_names_are_refused(tmp_path: Path) -> None:
    parquet(tmp_path / "train.parquet", [0, 1])
    with pytest.raises(DatasetError, match="does not say what they stand for"):
        open_dataset(tmp_path)


def test_photos_right_below_a_split_folder(plain_folder: Path) -> None:
    for split, label in (("train", "happy"), ("test", "sad")):
        (plain_folder / split).mkdir()
        shutil.copy(plain_folder / "Happy" / "1.png", plain_folder / split / "0.png")
        (plain_folder / split / "metadata.csv").write_text(f"file_name,label\n0.png,{label}\n")
    shutil.copy(plain_folder / "Happy" / "2.png", plain_folder / "test" / "unlabelled.png")
    data = read_folder(plain_folder)
    said = dict(zip(data.ids, zip(data.names, data.splits, strict=True), strict=True))
    assert (said["train/0.png"], said["test/0.png"]) == (("happy", "train"), ("sad", "test"))
    assert data.problems == (("test/unlabelled.png", "lies in no class folder"),)


def test_every_file_named_after_a_split_is_read(tmp_path: Path) -> None:
    for stem in ("testing", "train", "test-00000-of-00001", "val", "audit"):
        parquet(tmp_path / f"{stem}.parquet", ["happy", "sad"])
    data = open_dataset(tmp_path)
    assert data.splits == ("train",) * 2 + ("validation",) * 2 + ("test",) * 4
    assert [name for name, _ in data.problems] == ["audit.parquet"]


def test_rows_without_a_label_are_left_out(tmp_path: Path) -> None:
    parquet(tmp_path / "train.parquet", [0, 1, -1], names=["happy", "sad"])
    assert open_dataset(tmp_path).counts == {"happy": 1, "sad": 1}
    parquet(tmp_path / "train.parquet", ["happy", "", "nan", "sad"])
    data = open_dataset(tmp_path)
    assert data.counts == {"happy": 1, "sad": 1}
    assert data.problems == (("train.parquet", "2 rows have no usable label or picture"),)


def test_votes_that_are_missing_are_no_votes(tmp_path: Path) -> None:
    votes = {name: [0, 0] for name in VOTES} | {"happiness": [5, 5], "neutral": [1, None], "NF": [None, 0]}
    parquet(tmp_path / "train.parquet", [None, None], **votes)
    data = open_dataset(tmp_path)
    assert len(data) == 1 and np.isfinite(data.targets).all()


def test_a_label_in_the_metadata_is_a_word_or_nothing(plain_folder: Path) -> None:
    (plain_folder / "metadata.csv").write_text("file_name,label\nHappy/1.png,nan\nSad/1.png,N/A\n")
    assert set(read_folder(plain_folder).labels) == {"happy", "sad"}
    (plain_folder / "metadata.csv").write_text("file_name,label\nHappy/1.png,1\n")
    with pytest.raises(DatasetError, match="nothing says what it stands for"):
        read_folder(plain_folder)


def test_rows_of_one_photo_complete_each_other(plain_folder: Path) -> None:
    (plain_folder / "Happy" / "metadata.csv").write_text("file_name,gender\n1.png,female\n")
    (plain_folder / "metadata.csv").write_text("file_name,split\nHappy/1.png,test\n")
    data = read_folder(plain_folder)
    row = data.ids.index("Happy/1.png")
    assert (data.splits[row], data.columns["gender"][row]) == ("test", "female")


def test_what_is_not_read_is_named(plain_folder: Path) -> None:
    (plain_folder / "Happy" / "votes-ann.csv").write_text("file_name,rater,grade\n")
    (plain_folder / "Sad" / "deep").mkdir()
    (plain_folder / "Sad" / "labels.csv").write_text("a,b\n")
    (plain_folder / "Sad" / "scan.pdf").write_bytes(b"%PDF-1.7")
    (plain_folder / "Sad" / "notes.txt").write_text("taken in May")
    assert [name for name, _ in read_folder(plain_folder).problems] == [
        "Happy/votes-ann.csv",
        "Sad/labels.csv",
        "Sad/scan.pdf",
    ]


def test_people_are_known_however_their_column_is_headed(plain_folder: Path) -> None:
    (plain_folder / "metadata.csv").write_text("file_name,Identity \nHappy/1.png,ann\n")
    assert "ann" in read_folder(plain_folder).columns["identity"]


def test_two_columns_of_one_name_are_refused(plain_folder: Path) -> None:
    (plain_folder / "metadata.csv").write_text("file_name,label,Label\nHappy/1.png,happy,sad\n")
    with pytest.raises(DatasetError, match="two columns 'label'"):
        read_folder(plain_folder)


def test_votes_are_read_however_their_file_is_written(plain_folder: Path) -> None:
    (plain_folder / "Votes-Ann.csv").write_text("file_name,rater,grade\nHappy/1.png,ann,sad\n")
    data = read_folder(plain_folder)
    assert data.labels[int(data.hard[data.ids.index("Happy/1.png")])] == "sad" and not data.problems


def test_parquet_without_rows_and_with_other_pictures(tmp_path: Path) -> None:
    pyarrow, write = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet").write_table
    parquet(tmp_path / "train.parquet", [])
    assert open_dataset(tmp_path).counts == {}
    write(pyarrow.table({"image": [{"data": b"x"}], "label": ["happy"]}), tmp_path / "train.parquet")
    with pytest.raises(DatasetError, match="structs of data"):
        open_dataset(tmp_path)
