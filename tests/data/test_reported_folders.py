"""Folders and tables as users of other programs have reported them; docs/inputs.md lists them."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from emotion_classifier.data import open_dataset
from emotion_classifier.errors import DatasetError
from emotion_classifier.labelling.session import begin_labelling

APPLE = b"\0\5\x16\7\0\2\0\0" + b"\0" * 100


def refused(path: Path) -> str:
    with pytest.raises(DatasetError) as told:
        open_dataset(path)
    return str(told.value)


def a_photo(root: Path) -> Path:
    return min(root.glob("Happy/*.png"))


def test_what_systems_leave_is_no_photo_and_no_class(plain_folder: Path) -> None:
    before = open_dataset(plain_folder).ids
    for folder in (".ipynb_checkpoints", "Happy/.ipynb_checkpoints", "@eaDir"):
        (plain_folder / folder).mkdir()
        shutil.copy(a_photo(plain_folder), plain_folder / folder / "copy.jpg")
    (plain_folder / "__MACOSX").mkdir()
    for name in ("__MACOSX/._a.jpg", "Happy/._a.jpg", ".DS_Store", "Happy/.DS_Store"):
        (plain_folder / name).write_bytes(APPLE)
    assert open_dataset(plain_folder).ids == before


@pytest.mark.parametrize(
    "name", ["metadata1000.csv", "labels.csv", "Metadata.csv.txt", "metadata.json", "annotations.tsv"]
)
def test_tables_that_are_not_read_are_named(plain_folder: Path, name: str) -> None:
    (plain_folder / name).write_text(f"file_name,label\nHappy/{a_photo(plain_folder).name},sad\n")
    ((told, why),) = open_dataset(plain_folder).problems
    assert told == name and "metadata.csv" in why


def test_a_metadata_table_in_parquet_does_not_hide_the_photos(plain_folder: Path) -> None:
    (plain_folder / "metadata.parquet").write_bytes(b"PAR1")
    data = open_dataset(plain_folder)
    assert len(data) == 16 and data.problems[0][0] == "metadata.parquet"


def test_a_ledger_or_votes_are_no_such_table(plain_folder: Path) -> None:
    (plain_folder / "ledger.csv").write_text("a,b\n1,2\n")
    assert open_dataset(plain_folder).problems == ()


def test_a_zip_among_the_photos_is_named(plain_folder: Path) -> None:
    with zipfile.ZipFile(plain_folder / "Happy" / "album.zip", "w") as album:
        album.write(a_photo(plain_folder))
    assert open_dataset(plain_folder).problems == (
        ("Happy/album.zip", "an archive is not opened here; unpack it"),
    )


def test_an_unnamed_index_is_no_column(plain_folder: Path) -> None:
    name = f"Happy/{a_photo(plain_folder).name}"
    (plain_folder / "metadata.csv").write_text(f",file_name,age\n0,{name},30\n")
    assert list(open_dataset(plain_folder).columns) == ["age"]


def test_names_without_endings_and_columns_with_other_names(plain_folder: Path) -> None:
    (plain_folder / "metadata.csv").write_text(f"file_name,label\nHappy/{a_photo(plain_folder).stem},sad\n")
    ((told, why),) = open_dataset(plain_folder).problems
    assert told.startswith("Happy/") and "no such photo" in why
    (plain_folder / "metadata.csv").write_text("filepath,label\nhappy/a.jpg,sad\n")
    assert "found: filepath, label" in refused(plain_folder)


def test_metadata_that_the_system_does_not_let_one_read(plain_folder: Path) -> None:
    unreadable = Path("/proc/self/mem")
    if not unreadable.is_file():
        pytest.skip("there is no file here that exists and cannot be read")
    (plain_folder / "metadata.csv").symlink_to(unreadable)
    with pytest.raises(DatasetError, match=r"metadata\.csv cannot be read \(Input/output error\)"):
        open_dataset(plain_folder)


@pytest.mark.parametrize("label", [True, ["sad"], {"a": 1}])
def test_labels_that_are_no_words(plain_folder: Path, label: object) -> None:
    row = {"file_name": f"Happy/{a_photo(plain_folder).name}", "label": label}
    (plain_folder / "metadata.jsonl").write_text(json.dumps(row))
    assert json.dumps(label) in refused(plain_folder)


def test_train_in_a_name_is_no_split(plain_folder: Path, tmp_path: Path) -> None:
    for name in ("train station.jpg", "test_1.jpg"):
        shutil.copy(a_photo(plain_folder), plain_folder / "Happy" / name)
    renamed = plain_folder.rename(tmp_path / "train")
    assert set(open_dataset(renamed).splits) == {""}


@pytest.mark.parametrize("above", [("images",), ("ann", "bob"), ("train/images",)])
def test_class_folders_further_down(plain_folder: Path, tmp_path: Path, above: tuple[str, ...]) -> None:
    root = tmp_path / "above"
    for name in above:
        shutil.copytree(plain_folder, root / name)
    told = refused(root)
    assert all(str(root / name) in told for name in above)


def test_folders_below_a_class_belong_to_it(plain_folder: Path) -> None:
    (plain_folder / "Happy" / "sad").mkdir()
    shutil.copy(a_photo(plain_folder), plain_folder / "Happy" / "sad" / "a.jpg")
    assert Counter(open_dataset(plain_folder).names) == {"Happy": 9, "Sad": 8}


def test_numbered_classes(plain_folder: Path) -> None:
    (plain_folder / "Happy").rename(plain_folder / "0_happy")
    (plain_folder / "Sad").rename(plain_folder / "1-sad")
    assert open_dataset(plain_folder).counts == {"happy": 8, "sad": 8}


def test_archives(tmp_path: Path) -> None:
    archive = tmp_path / "photos.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("happy/a.jpg", b"")
    assert "Unpack it" in refused(archive)
    assert "photos.zip: unpack it there" in refused(tmp_path)


def test_pictures_as_numbers(tmp_path: Path) -> None:
    table = tmp_path / "fer2013.csv"
    table.write_text("emotion,pixels,Usage\n3,70 80 82,Training\n")
    for path in (table, tmp_path):
        assert "pictures as numbers" in refused(path)


def test_an_arrow_folder(tmp_path: Path) -> None:
    (tmp_path / "data-00000-of-00001.arrow").write_bytes(b"ARROW1")
    assert "to_parquet" in refused(tmp_path)


@pytest.fixture
def cell(plain_folder: Path) -> dict[str, object]:
    return {"bytes": a_photo(plain_folder).read_bytes(), "path": None}


def parquet(root: Path, cells: list[object], name: str = "train.parquet", column: str = "image") -> Path:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    root.mkdir(exist_ok=True)
    pq.write_table(pa.table({column: cells, "label": ["happy", "sad"]}), root / name)
    return root


def test_parquet_of_pictures_without_a_description(cell: dict[str, object], tmp_path: Path) -> None:
    data = open_dataset(parquet(tmp_path / "p", [cell, cell]))
    assert data.counts == {"happy": 1, "sad": 1} and set(data.splits) == {"train"}


def test_parquet_without_pictures(cell: dict[str, object], tmp_path: Path) -> None:
    paths = [{"bytes": None, "path": "happy/a.jpg"}] * 2
    assert "'happy/a.jpg'" in refused(parquet(tmp_path / "a", list(paths)))
    assert "'happy/a.jpg'" in refused(parquet(tmp_path / "b", ["happy/a.jpg"] * 2))
    assert "lists" in refused(parquet(tmp_path / "c", [[cell], [cell]]))
    assert "no column 'image'" in refused(parquet(tmp_path / "d", [cell, cell], column="img"))


def test_parquet_cut_short_or_further_down(cell: dict[str, object], tmp_path: Path) -> None:
    hub = tmp_path / "hub"
    hub.mkdir()
    file = parquet(hub / "data", [cell, cell]) / "train.parquet"
    assert f"name {hub / 'data'}" in refused(hub)
    file.write_bytes(file.read_bytes()[:-100])
    assert "not a Parquet file that can be read" in refused(file)


def test_votes_beside_parquet_and_grading_it(cell: dict[str, object], tmp_path: Path) -> None:
    root = parquet(tmp_path / "p", [cell, cell])
    for path in (root, root / "train.parquet"):
        with pytest.raises(DatasetError, match=r"as docs/label\.md shows"):
            begin_labelling(path, rater="ann", classifier=None)  # type: ignore[arg-type]
    (root / "votes-ann.csv").write_text("file_name,rater,grade\ntrain.parquet#0,ann,sad\n")
    for path in (root, root / "train.parquet"):
        assert "votes-ann.csv lies beside Parquet" in refused(path)
