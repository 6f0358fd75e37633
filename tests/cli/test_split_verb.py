"""A folder is split, and the split stands in a file that others read too."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from emotion_classifier.cleaning.split_folder import SplitOptions, split_folder
from emotion_classifier.cli.program import program
from emotion_classifier.data import Dataset, read_folder
from emotion_classifier.data.groups import independent_groups
from emotion_classifier.data.split import assign_splits
from emotion_classifier.errors import DatasetError

STRANGE = 'says "hi", \nнью 笑.jpg'


@pytest.fixture
def photos(rendered_faces: Path, tmp_path: Path) -> Path:
    root = tmp_path / "photos"
    for label in ("happy", "sad"):
        shutil.copytree(rendered_faces / label, root / label.title())
    return root


def written(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def dataset(groups: list[int], labels: list[int]) -> Dataset:
    n = len(groups)
    return Dataset(
        ("happy", "sad"),
        (b"",) * n,
        np.eye(2, dtype=np.float32)[labels],
        tuple(map(str, range(n))),
        ("",) * n,
        (False,) * n,
    )


@pytest.mark.parametrize(("validation", "test"), [(0.15, 0.15), (0.1, 0.4), (0.0, 0.2), (0.25, 0.0)])
def test_every_class_has_its_share_in_every_part(validation: float, test: float) -> None:
    labels = [0] * 200 + [1] * 40
    splits = assign_splits(
        dataset(list(range(240)), labels), np.arange(240), validation=validation, test=test, seed=1
    )
    for label, size in ((0, 200), (1, 40)):
        mine = [split for split, own in zip(splits, labels, strict=True) if own == label]
        assert mine.count("validation") == round(size * validation)
        assert mine.count("test") == round(size * test)


def test_groups_of_any_size_stay_whole_and_shares_are_near() -> None:
    rng = np.random.default_rng(0)
    sizes = rng.geometric(0.2, 300)
    groups = np.repeat(np.arange(300), sizes)
    labels = rng.integers(0, 2, len(groups)).tolist()
    splits = np.array(
        assign_splits(dataset(groups.tolist(), labels), groups, validation=0.15, test=0.15, seed=0)
    )
    assert all(len(set(splits[groups == group])) == 1 for group in range(300))
    for part in ("validation", "test"):
        for label in (0, 1):
            share = (splits[np.array(labels) == label] == part).mean()
            assert abs(share - 0.15) < 0.02


def test_a_group_larger_than_a_part_goes_to_training() -> None:
    groups = np.array([0] * 30 + list(range(1, 31)))
    labels = [0] * 30 + [0, 1] * 15
    splits = assign_splits(dataset(groups.tolist(), labels), groups, validation=0.2, test=0.2, seed=0)
    assert set(splits[:30]) == {"train"}


def test_the_seed_decides() -> None:
    data = dataset(list(range(60)), [0, 1] * 30)
    first, again, other = (
        assign_splits(data, np.arange(60), validation=0.2, test=0.2, seed=seed) for seed in (0, 0, 1)
    )
    assert first == again != other


@pytest.mark.parametrize(("validation", "test"), [(0.5, 0.5), (-0.1, 0.2), (0.9, 0.3)])
def test_shares_that_leave_nothing(validation: float, test: float) -> None:
    with pytest.raises(DatasetError, match="leave nothing to train on"):
        assign_splits(dataset([0, 1], [0, 1]), [0, 1], validation=validation, test=test, seed=0)


def test_too_few_independent_photos_are_named() -> None:
    data = dataset([0] * 20 + [1] * 10 + list(range(2, 32)), [1] * 30 + [0] * 30)
    with pytest.raises(
        DatasetError, match="2 independent photos labelled 'sad' cannot be spread over 3 parts"
    ):
        assign_splits(data, [0] * 20 + [1] * 10 + list(range(2, 32)), validation=0.15, test=0.15, seed=0)


def test_the_file_is_read_back_with_strange_names_and_every_column(photos: Path) -> None:
    (photos / "Sad" / "01.jpg").rename(photos / "Sad" / STRANGE)
    (photos / "Happy" / "copy.png").write_bytes((photos / "Happy" / "02.jpg").read_bytes())
    rows = [
        ("Happy/01.jpg", "Ann"),
        ("Sad/02.jpg", "Ann"),
        (f"Sad/{STRANGE}", "Bo"),
        ("Happy/gone.jpg", "Cy"),
    ]
    with (photos / "metadata.csv").open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([("file_name", "identity"), *rows])
    with pytest.raises(DatasetError, match="there already"):
        split_folder(photos)
    result = split_folder(photos, options=SplitOptions(0.2, 0.2), overwrite=True)
    assert result.path == photos / "metadata.csv" and not result.cut
    lines = written(result.path)
    assert list(lines[0]) == ["file_name", "label", "split", "identity"]
    assert {line["label"] for line in lines} == {"Happy", "Sad", ""}
    assert lines[-1] == {"file_name": "Happy/gone.jpg", "label": "", "split": "", "identity": "Cy"}
    data = read_folder(photos)
    split_of = dict(zip(data.ids, data.splits, strict=True))
    assert split_of[f"Sad/{STRANGE}"] in ("train", "validation", "test")
    assert split_of["Happy/01.jpg"] == split_of["Sad/02.jpg"], "one person"
    assert split_of["Happy/02.jpg"] == split_of["Happy/copy.png"], "one picture"
    assert data.columns["identity"][data.ids.index(f"Sad/{STRANGE}")] == "Bo"
    assert len(set(independent_groups(data))) == len(data) - 2
    before = result.path.read_bytes()
    split_folder(photos, options=SplitOptions(0.2, 0.2), overwrite=True)
    assert result.path.read_bytes() == before, "reproducible"


def test_json_lines_stay_json_lines(photos: Path) -> None:
    (photos / "metadata.jsonl").write_text(
        json.dumps({"file_name": "Sad/02.jpg", "votes": [1, 2]}) + "\n", encoding="utf-8"
    )
    result = split_folder(photos, overwrite=True)
    assert result.path.name == "metadata.jsonl" and not (photos / "metadata.csv").exists()
    lines = [json.loads(line) for line in result.path.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == 24
    assert next(line for line in lines if line["file_name"] == "Sad/02.jpg")["votes"] == [1, 2]


def test_what_cannot_be_split_is_explained(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no column 'name' \(further columns found: none; a metadata.csv"):
        split_folder(photos, options=SplitOptions(group_column="name"))
    (tmp_path / "table").mkdir()
    (tmp_path / "table" / "train.parquet").touch()
    with pytest.raises(DatasetError, match="holds Parquet"):
        split_folder(tmp_path / "table")
    with pytest.raises(DatasetError, match="no folder"):
        split_folder(tmp_path / "nowhere")
    name = (bytes(photos / "Sad") + b"/\xe9.jpg").decode("utf-8", "surrogateescape")
    shutil.copy(photos / "Sad" / "01.jpg", name)
    with pytest.raises(DatasetError, match="not UTF-8"):
        split_folder(photos)
    assert not (photos / "metadata.csv").exists()


def test_on_the_command_line(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine.csv"
    done = CliRunner().invoke(program, ["split", str(photos), "--out", str(out), "--test", "0.25", "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["splits"]["test"] == {"photos": 6, "groups": 6, "labels": {"happy": 3, "sad": 3}}
    assert said["groups_cut"] == 0
    assert "To be read with them the file has to be" in done.stderr
    assert len(written(out)) == 24
    shown = CliRunner().invoke(program, ["split", str(photos)])
    assert "No set of copies is cut." in shown.stdout
    assert "validation" in shown.stdout


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("notes/x.csv", "in a folder that exists"),
        ("new/x.csv", "in a folder that exists"),
        ("x.parquet", "another kind of file. Name one that ends in .csv or .jsonl."),
        ("x.jpg", "named like a photo"),
        (".", "is a folder"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_before_photos_are_read(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("notes").touch()
    done = CliRunner().invoke(program, ["split", str(photos), "--out", name])
    told = " ".join(done.stderr.replace("│", " ").split())
    assert done.exit_code == 2 and says in told and "looking at" not in told
    assert sorted(path.name for path in Path().iterdir()) == ["notes", "photos"]


def test_folders_named_after_splits_are_pointed_out(photos: Path) -> None:
    (photos / "train").mkdir()
    for label in ("Happy", "Sad"):
        (photos / label).rename(photos / "train" / label)
    assert "folders named train" in split_folder(photos).notices[0]
    assert {"train", "validation", "test"} == set(read_folder(photos).splits)


def test_photos_of_no_use_are_split_too_and_told_of(photos: Path) -> None:
    (photos / "Sad" / "empty.png").touch()
    Image.new("RGB", (8, 8)).save(photos / "Happy" / "plain.png")
    shutil.copy(photos / "Sad" / "03.jpg", photos / "Happy" / "copy.jpg")
    result = split_folder(photos)
    assert sum(row["photos"] for row in result.table.values()) == 27
    (said,) = result.notices
    assert (
        "1 photo could not be read (Sad/empty.png); 1 photo without a face; 1 picture under more than" in said
    )
    assert f"`emotion-classifier check {photos}`" in said


def test_a_class_that_is_missing_is_pointed_out(photos: Path) -> None:
    assert not split_folder(photos, out=photos.parent / "both.csv").notices[1:], "but for where it is written"
    shutil.rmtree(photos / "Sad")
    (said,) = split_folder(photos).notices
    assert said.startswith("No readable photo is labelled sad (found: 12 happy).")
