"""Folders and Parquet files become rows; what cannot is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emotion_classifier import Bundle, audit, check, compare, evaluate, independent_groups, train
from emotion_classifier.data import merge, open_dataset, read_folder, read_parquet
from emotion_classifier.data.labels import require_happy_and_sad
from emotion_classifier.errors import DatasetError


def test_class_folders(plain_folder: Path) -> None:
    data = read_folder(plain_folder)
    assert data.labels == ("happy", "sad")
    assert data.counts == {"happy": 8, "sad": 8}
    assert data.ids[0] == "Happy/0.png"


def test_split_folders_and_metadata(plain_folder: Path) -> None:
    root = plain_folder.parent / "split"
    for split in ("train", "validation"):
        shutil.copytree(plain_folder, root / split)
    (root / "metadata.csv").write_text(
        "file_name,age,label\ntrain/Happy/0.png,34,\ntrain/Happy/1.png,8,sad\ntrain/Happy/none.png,9,\n",
        encoding="utf-8",
    )
    data = read_folder(root)
    assert set(data.splits) == {"train", "validation"}
    row = data.ids.index("train/Happy/1.png")
    assert data.labels[data.hard[row]] == "sad"
    assert data.columns["age"][row] == "8"
    assert data.problems == (("train/Happy/none.png", "listed in the metadata, but there is no such photo"),)


def test_json_lines_metadata(plain_folder: Path) -> None:
    (plain_folder / "metadata.jsonl").write_text(json.dumps({"file_name": "Sad/2.png", "gender": "female"}))
    data = read_folder(plain_folder)
    assert data.columns["gender"][data.ids.index("Sad/2.png")] == "female"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("metadata.csv", "path,age\na.png,3\n", "no 'file_name'"),
        ("metadata.csv", b"file_name\n\x80\xff", "UTF-8"),
        ("metadata.csv", "file_name,age\nHappy/1.png,8,sad\n", "line 2: more cells"),
        (
            "metadata.csv",
            "file_name,label\nHappy/1.png,sad\nHappy/1.png,happy\n",
            "disagree .label: 'sad' and 'happy'",
        ),
        (
            "metadata.csv",
            "file_name,split\nHappy/1.png,holdout\n",
            "'holdout' is not understood. Write train",
        ),
        ("metadata.jsonl", "{not json", "JSON Lines"),
        ("metadata.jsonl", "[1, 2]", "no 'file_name'"),
    ],
)
def test_broken_metadata_is_named(plain_folder: Path, name: str, content: str | bytes, says: str) -> None:
    (plain_folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DatasetError, match=says):
        read_folder(plain_folder)


def test_an_empty_folder_and_none_at_all(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no photos in class folders"):
        read_folder(tmp_path)
    with pytest.raises(DatasetError, match="There is no folder"):
        read_folder(tmp_path / "gone")


def test_one_class_only_says_what_is_missing(plain_folder: Path) -> None:
    for path in (plain_folder / "Sad").iterdir():
        path.unlink()
    data = read_folder(plain_folder)
    with pytest.raises(DatasetError, match="no photos labelled sad"):
        require_happy_and_sad(data.labels, str(plain_folder))


def test_two_files_of_one_name_are_two_rows(plain_folder: Path) -> None:
    assert len(set(read_folder(plain_folder).ids)) == 16


def test_votes_become_shares(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet

    from emotion_classifier.data.parquet import VOTES

    votes = {name: [0, 0] for name in (*VOTES, "NF")}
    votes["happiness"], votes["neutral"], votes["surprise"], votes["NF"] = [6, 0], [3, 1], [1, 0], [0, 9]
    table = pa.table({"image": [{"bytes": b"x", "path": "a"}] * 2, **votes})
    pyarrow.parquet.write_table(table, tmp_path / "train.parquet")
    data = open_dataset(tmp_path)
    assert len(data) == 1, "the row that nine of ten raters call no face is left out"
    assert dict(zip(data.labels, data.targets[0].tolist(), strict=True)) == pytest.approx(
        {"happy": 0.6, "neutral": 0.3, "sad": 0.0, "other": 0.1}
    )
    assert data.cropped == (True,)
    detailed = open_dataset(tmp_path, detailed=True)
    whole = table.append_column("cropped", pa.array([False, True]))
    pyarrow.parquet.write_table(whole, tmp_path / "train.parquet")
    assert open_dataset(tmp_path).cropped == (False,), "a column says which pictures are tight crops"
    assert detailed.labels[:4] == data.labels and detailed.targets[0].sum() == pytest.approx(1)
    assert detailed.targets[0, detailed.labels.index("surprise")] == pytest.approx(0.1)


def test_rows_of_a_parquet_file_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet

    table = pa.table({"image": [b"x", b"y"], "label": ["happy", "sad"]})
    pyarrow.parquet.write_table(table, tmp_path / "faces.parquet")
    assert read_parquet(tmp_path / "faces.parquet").ids[1] == f"{tmp_path.name}/faces.parquet#1"
    monkeypatch.chdir(tmp_path)
    assert read_parquet("faces.parquet").ids == ("faces.parquet#0", "faces.parquet#1")


def test_parquet_without_labels_or_pictures(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet

    pyarrow.parquet.write_table(pa.table({"image": [b"x"], "age": [3]}), tmp_path / "a.parquet")
    with pytest.raises(DatasetError, match="no column with labels"):
        open_dataset(tmp_path)
    pyarrow.parquet.write_table(pa.table({"label": ["happy"]}), tmp_path / "a.parquet")
    with pytest.raises(DatasetError, match="no column 'image'"):
        open_dataset(tmp_path)
    (tmp_path / "a.parquet").write_text("no parquet")
    with pytest.raises(DatasetError, match="not a Parquet file"):
        open_dataset(tmp_path)


def test_merging_keeps_columns_apart(plain_folder: Path) -> None:
    (plain_folder / "metadata.csv").write_text("file_name,age\nSad/2.png,7\n")
    first, second = read_folder(plain_folder), read_folder(plain_folder).take(range(3))
    both = merge([first, second])
    assert len(both) == 19
    assert both.columns["age"].count("7") == 1
    assert np.allclose(both.targets.sum(axis=1), 1)


def test_lfw_levels_and_fer_votes_become_the_same_labels(shared_data: Path) -> None:
    both = open_dataset([shared_data / "lfw", shared_data / "ferplus"]).with_split("validation")
    assert both.labels == ("happy", "neutral", "sad", "other")
    assert np.allclose(both.targets.sum(axis=1), 1, atol=1e-5)
    assert {row_id.split("/")[0] for row_id in both.ids} == {"lfw", "ferplus"}
    assert both.columns["identity"][0] is not None


@pytest.mark.parametrize("paths", ["", ["photos", ""]])
def test_an_empty_name_is_not_the_current_folder(
    paths: str | list[str], plain_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(plain_folder, plain_folder / "photos")
    monkeypatch.chdir(plain_folder)
    with pytest.raises(DatasetError, match="An empty name was given"):
        open_dataset(paths)


@pytest.mark.parametrize(
    "use",
    [
        lambda path: check(path),
        lambda path: evaluate(Bundle.default(), path),
        lambda path: compare(Bundle.default(), Bundle.default(), path),
        lambda path: audit(Bundle.default(), path, ["age"]),
        lambda path: independent_groups(path),
        lambda path: train(path, out="model"),
        lambda path: train(read_folder(path), extra=path, out="model"),
        lambda path: train(read_folder(path), calibration=path, out="model"),
    ],
)
@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_in_place_of_a_dataset_is_told(
    use: Callable[[Any], object], kind: Callable[[Path], object], plain_folder: Path
) -> None:
    with pytest.raises(TypeError, match=r"A Dataset is needed, not \w+\. Read one with open_dataset"):
        use(kind(plain_folder))


@pytest.mark.parametrize(
    "use",
    [
        lambda photos: evaluate("default", photos),  # type: ignore[arg-type]
        lambda photos: compare(Bundle.default(), "default", photos),  # type: ignore[arg-type]
        lambda photos: audit("default", photos, ["age"]),  # type: ignore[arg-type]
    ],
)
def test_a_name_in_place_of_a_bundle_is_told(use: Callable[[Any], object], plain_folder: Path) -> None:
    with pytest.raises(TypeError, match=r"A Bundle is needed, not str\. Load it with Bundle\.load\."):
        use(read_folder(plain_folder))
