"""Grades, degrees and votes are targets between happy and sad, and what was understood is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emotion_classifier.cleaning.clean import clean
from emotion_classifier.data import open_dataset, read_folder, read_parquet
from emotion_classifier.data.dataset import Dataset
from emotion_classifier.data.votes import Vote, read_votes, votes_file, write_votes
from emotion_classifier.errors import DatasetError


@pytest.fixture
def graded_folder(tmp_path: Path) -> Path:
    """One small picture in a folder of each name, and one beside them."""
    rng = np.random.default_rng(1)
    for name in ("slightly_happy", "very sad", "Slightly-Sad", "mixed", "neutral", "can't tell", "Surprise"):
        (tmp_path / name).mkdir()
        Image.fromarray(rng.integers(0, 255, (30, 30, 3), np.uint8)).save(tmp_path / name / "a.png")
    Image.fromarray(rng.integers(0, 255, (30, 30, 3), np.uint8)).save(tmp_path / "loose.png")
    return tmp_path


def shares(data: Dataset) -> dict[str, dict[str, float]]:
    """Name what each photo has weight on."""
    return {
        name: {label: round(float(share), 2) for label, share in zip(data.labels, row, strict=True) if share}
        for name, row in zip(data.ids, data.targets, strict=True)
    }


def test_folders_named_after_grades(graded_folder: Path) -> None:
    data = read_folder(graded_folder)
    assert shares(data) == {
        "slightly_happy/a.png": {"happy": 0.6, "neutral": 0.4},
        "very sad/a.png": {"sad": 1.0},
        "Slightly-Sad/a.png": {"neutral": 0.4, "sad": 0.6},
        "mixed/a.png": {"happy": 0.5, "sad": 0.5},
        "neutral/a.png": {"neutral": 1.0},
        "Surprise/a.png": {"other": 1.0},
    }
    assert ("can't tell/a.png", "graded 'cannot tell', so it is left out") in data.problems
    assert data.notes == (
        "Read as shares of raters: slightly sad 1 (40 % neutral, 60 % sad); slightly happy 1 (60 % happy, "
        "40 % neutral); mixed 1 (50 % happy, 50 % sad); cannot tell 1 (left out).",
    )
    assert open_dataset(graded_folder).counts["happy"] == 2


def test_plain_labels_say_nothing_more(plain_folder: Path) -> None:
    assert read_folder(plain_folder).notes == ()


def test_labels_and_degrees_in_the_metadata(graded_folder: Path) -> None:
    (graded_folder / "metadata.csv").write_text(
        "file_name,label,Degree\nneutral/a.png,slightly sad,\nvery sad/a.png,,-0.5\nloose.png,,0.25\n"
        "Surprise/a.png,surprise,0.9\nmixed/a.png,,unknown\n"
    )
    data = read_folder(graded_folder)
    found = shares(data)
    assert found["neutral/a.png"] == {"neutral": 0.4, "sad": 0.6}
    assert found["very sad/a.png"] == {"neutral": 0.5, "sad": 0.5}
    assert found["loose.png"] == {"happy": 0.25, "neutral": 0.75}
    assert found["Surprise/a.png"] == {"other": 1.0}  # A degree says nothing of a face off the scale.
    assert found["mixed/a.png"] == {"happy": 0.5, "sad": 0.5}
    assert "degree 2;" in data.notes[0]


@pytest.mark.parametrize("degree", ["1.2", "much", "inf", "-7"])
def test_a_degree_off_the_scale_is_named(graded_folder: Path, degree: str) -> None:
    (graded_folder / "metadata.csv").write_text(f"file_name,degree\nneutral/a.png,{degree}\n")
    with pytest.raises(DatasetError, match=f"neutral/a.png: the degree '{degree}' is no number from −1"):
        read_folder(graded_folder)


def test_degrees_of_photos_in_a_folder_that_names_no_class(graded_folder: Path) -> None:
    (graded_folder / "images").mkdir()
    (graded_folder / "loose.png").rename(graded_folder / "images" / "b.png")
    (graded_folder / "metadata.csv").write_text("file_name,degree\nimages/b.png,-1\n")
    data = read_folder(graded_folder)
    assert shares(data)["images/b.png"] == {"sad": 1.0}
    assert data.names[data.ids.index("images/b.png")] == "sad"


def test_grades_and_degrees_in_parquet(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    Image.new("RGB", (8, 8)).save(tmp_path / "one.png")
    content = (tmp_path / "one.png").read_bytes()
    pictures = [{"bytes": content, "path": None}] * 4
    columns = {"image": pictures, "label": ["slightly_sad", None, "cannot tell", "sad"]}
    parquet.write_table(pyarrow.table(columns), tmp_path / "train.parquet")
    data = read_parquet(tmp_path)
    assert list(shares(data).values()) == [{"neutral": 0.4, "sad": 0.6}, {"sad": 1.0}]
    assert data.problems[0][1] == "2 rows have no usable label or picture"
    parquet.write_table(
        pyarrow.table({"image": pictures, "degree": [1, -0.5, None, 0.0]}), tmp_path / "train.parquet"
    )
    graded = read_parquet(tmp_path)
    assert list(shares(graded).values()) == [{"happy": 1.0}, {"neutral": 0.5, "sad": 0.5}, {"neutral": 1.0}]


def test_votes_of_several_raters_win(graded_folder: Path) -> None:
    said = {
        "ann": {"loose.png": "slightly happy", "neutral/a.png": "neutral", "mixed/a.png": "cannot tell"},
        "bob": {"loose.png": "neutral", "neutral/a.png": "sad", "Surprise/a.png": "cannot tell"},
    }
    for rater, votes in said.items():
        write_votes(
            votes_file(graded_folder, rater), [Vote(name, rater, grade) for name, grade in votes.items()]
        )
    (graded_folder / "votes.csv").write_text("file_name,rater,grade\n./gone.png,Cy,Happy\n")
    data = read_folder(graded_folder)
    found = shares(data)
    assert found["loose.png"] == {"happy": 0.3, "neutral": 0.7}
    assert found["neutral/a.png"] == {"neutral": 0.5, "sad": 0.5}
    assert not {"mixed/a.png", "Surprise/a.png"} & set(found)
    assert ("gone.png", "graded by raters, but there is no such photo") in data.problems
    assert "votes 4 (of ann, bob)" in data.notes[0]


def test_the_latest_of_two_votes_counts(tmp_path: Path) -> None:
    (tmp_path / "votes.csv").write_text(
        "file_name,rater,grade,time\na.png,ann,sad,2026-02-01\na.png,ann,happy,2026-01-01\n"
    )
    assert read_votes(tmp_path) == {"a.png": {"ann": "sad"}}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("file,label\na,b\n", "has the columns file, label. Votes have file_name"),
        (
            "file_name,rater,grade\na.png,ann,hapy\n",
            "line 2 .*'hapy'.* is not understood. A grade is one of sad",
        ),
        ("file_name,rater,grade\na.png,,sad\n", "line 2"),
    ],
)
def test_files_that_are_no_votes(graded_folder: Path, content: str, says: str) -> None:
    (graded_folder / "votes-ann.csv").write_text(content)
    with pytest.raises(DatasetError, match=says):
        read_folder(graded_folder)


@pytest.mark.parametrize("rater", ["", "../ann", "a/b", "x" * 41, "."])
def test_names_of_raters_that_no_file_can_have(tmp_path: Path, rater: str) -> None:
    with pytest.raises(DatasetError, match="cannot be part of a file's name"):
        votes_file(tmp_path, rater)


def test_votes_go_with_the_photos_into_a_cleaned_copy(graded_folder: Path, tmp_path: Path) -> None:
    votes = [Vote("loose.png", "ann", "slightly happy"), Vote("neutral/a.png", "ann", "cannot tell")]
    write_votes(votes_file(graded_folder, "ann"), votes)
    before = read_folder(graded_folder)
    out = tmp_path.parent / f"{tmp_path.name}-cleaned"
    result = clean(graded_folder, out, findings=())
    assert "votes 2" in result.notices[0]
    after = read_folder(out)
    assert sorted(map(str, shares(after).values())) == sorted(map(str, shares(before).values()))
    assert list(read_votes(out).values()) == [{"ann": "slightly happy"}]
    ledger = (out / "ledger.csv").read_text()
    assert "neutral/a.png,left out" in ledger
