"""A batch: every photo answered for once, whatever happened on the way."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from fragile import Fragile
from pyarrow import parquet

from emotion_classifier import Bundle
from emotion_classifier.batch import Batch, BatchOptions, claimed
from emotion_classifier.batch.parts import BatchFolder
from emotion_classifier.errors import BatchError
from emotion_classifier.reading import COLUMNS


def photos(folder: Path, contents: list[str]) -> str:
    folder.mkdir()
    for number, content in enumerate(contents):
        (folder / f"{number:03}.jpg").write_text(content)
    return str(folder)


def begin(given: str, out: Path, **options: Any) -> Batch:
    with claimed(out):
        return Batch(given, out, bundle=Bundle.default(), options=BatchOptions(**{"part_size": 8, **options}))


def run(given: str, out: Path, **options: Any) -> Any:
    return begin(given, out, **options).run(Fragile())  # type: ignore[arg-type]


def rows(out: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = parquet.read_table(out).to_pylist()
    return found


def test_a_broken_off_batch_goes_on_and_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    given = photos(tmp_path / "in", ["fine"] * 30)
    whole, out = tmp_path / "whole", tmp_path / "out"
    run(given, whole)
    told: list[int] = []

    def stop() -> None:
        told.append(1)
        if len(told) == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        begin(given, out).run(Fragile(), advanced=stop)  # type: ignore[arg-type]
    assert len(list(out.glob("*.parquet"))) == 2
    (out / "part-000000.parquet").unlink()
    (out / ".part-0badcafe-part-000002.parquet").write_bytes(b"PAR1 what a kill has left")
    again = begin(given, out, workers=2)
    assert (again.photos, again.left) == (30, 22)
    summary = again.run(Fragile())  # type: ignore[arg-type]
    assert rows(out) == rows(whole) and tuple(rows(out)[0]) == COLUMNS
    assert [row["file"] for row in rows(out)] == sorted(str(path) for path in Path(given).iterdir())
    assert not list(out.glob(".part-*"))
    assert json.loads((out / "_summary.json").read_text()) == summary.to_dict()
    assert begin(given, out).left == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_whatever_a_file_is_called_its_row_says_so(tmp_path: Path) -> None:
    given = photos(tmp_path / "in", ["fine"])
    strange = tmp_path / "in" / 'two\nlines\u2028 "é" \U0001f600.jpg'
    strange.write_text("fine")
    run(given, tmp_path / "out")
    assert [row["file"] for row in rows(tmp_path / "out")] == [str(tmp_path / "in/000.jpg"), str(strange)]


def test_photos_that_end_their_process_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    contents = ["fine"] * 12
    contents[2], contents[10] = "fatal", "broken"
    summary = run(photos(tmp_path / "in", contents), tmp_path / "out")
    assert summary.photos == summary.unread == 12, "the stand-in gives a reason for every photo"
    (died,) = summary.died
    assert died["file"].endswith("002.jpg") and "Its process ended with exit code 9" in died["reason"]
    reasons = {row["file"][-7:-4]: row["reason"] for row in rows(tmp_path / "out")}
    assert "ZeroDivisionError" in reasons.pop("010") and "exit code 9" in reasons.pop("002")
    assert all(reason.startswith("read with") for reason in reasons.values()) and len(reasons) == 10


@pytest.mark.slow
def test_photos_that_hang_are_given_up(tmp_path: Path) -> None:
    contents = ["fine"] * 12
    contents[5] = "hanging"
    summary = run(photos(tmp_path / "in", contents), tmp_path / "out", seconds=15.0)
    (died,) = summary.died
    assert died["file"].endswith("005.jpg") and "took longer than 15 s" in died["reason"]
    assert summary.photos == 12


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"cropped": True}, "cropped=False"),
        ({"part_size": 16}, "8 photos a part"),
        ({"column": "face"}, "the column None"),
    ],
)
def test_another_batch_in_the_same_folder_is_refused(
    options: dict[str, Any], why: str, tmp_path: Path
) -> None:
    given = photos(tmp_path / "in", ["fine"])
    begin(given, tmp_path / "out")
    with pytest.raises(BatchError, match=f"{why}.*or name another folder"):
        begin(given, tmp_path / "out", **options)


def test_another_input_is_refused_and_a_changed_one_only_on_request_passed_by(tmp_path: Path) -> None:
    given, out = photos(tmp_path / "in", ["fine"] * 3), tmp_path / "out"
    begin(given, out)
    with pytest.raises(BatchError, match="reads .*in. Go on with the same"):
        begin(photos(tmp_path / "other", ["fine"] * 3), out)
    (tmp_path / "in" / "new.jpg").touch()
    with pytest.raises(BatchError, match=r"\(3 then, 4 now\).*--as-begun"):
        begin(given, out)
    assert run(given, out, as_begun=True).photos == 3


def test_relative_paths_are_read_only_from_the_folder_in_which_the_batch_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        photos(tmp_path / place / "in", ["fine"] * 2)
    listed = tmp_path / "list.txt"
    listed.write_text("in/000.jpg\nin/001.jpg\n")
    monkeypatch.chdir(tmp_path / "a")
    begin(str(listed), out)
    monkeypatch.chdir(tmp_path / "b")
    with pytest.raises(BatchError, match="was begun in .*a, and names photos from there. Run the command"):
        begin(str(listed), out)
    begin(str(tmp_path / "a" / "in"), tmp_path / "whole")
    monkeypatch.chdir(tmp_path)
    assert begin(str(tmp_path / "a" / "in"), tmp_path / "whole").left == 2, "an absolute path is one anywhere"


def test_a_pattern_that_covers_the_results_leaves_them_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos(tmp_path / "in", ["fine"] * 3)
    monkeypatch.chdir(tmp_path)
    run("**", Path("out"))
    assert begin("**", Path("out")).left == 0


def test_what_a_batch_cannot_begin_with_is_told(tmp_path: Path) -> None:
    given = photos(tmp_path / "in", ["fine"])
    with pytest.raises(BatchError, match="holds other files, such as 000.jpg"):
        begin(given, tmp_path / "in")
    with pytest.raises(BatchError, match="does not exist"):
        begin(str(tmp_path / "missing"), tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BatchError, match="No photos in"):
        begin(str(tmp_path / "empty"), tmp_path / "out")
    with pytest.raises(BatchError, match="Name a folder on this machine"):
        begin(given, Path("s3://bucket/out"))
    with pytest.raises(BatchError, match="No photos in"):
        begin(str(tmp_path / "empty"), tmp_path / "new" / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "in"], "no empty folder is left"
    assert begin(given, tmp_path / "out").left == 1


def test_two_batches_at_once_do_not_write_to_one_folder(tmp_path: Path) -> None:
    given, out = photos(tmp_path / "in", ["fine"] * 3), tmp_path / "out"
    with claimed(out):
        begun = Batch(given, out, bundle=Bundle.default(), options=BatchOptions(part_size=8))
        with pytest.raises(BatchError, match=rf"Another batch writes to .*out \(process {os.getpid()} on "):
            begin(given, out)
        assert begun.run(Fragile()).photos == 3  # type: ignore[arg-type]
    assert begin(given, out).left == 0
    assert {path.name[:5] for path in out.iterdir()} == {"_batc", "_inpu", "_summ", "part-"}


def test_a_damaged_part_is_told_with_what_to_do(tmp_path: Path) -> None:
    given, out = photos(tmp_path / "in", ["fine"] * 9), tmp_path / "out"
    run(given, out)
    (out / "part-000001.parquet").write_bytes(b"nothing")
    with pytest.raises(BatchError, match="part-000001.parquet is damaged.*Delete it"):
        run(given, out)


@pytest.mark.parametrize("content", ["[1]", "{}", "{"])
def test_a_damaged_record_of_what_was_asked_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "_batch.json").write_text(content)
    with pytest.raises(BatchError, match=r"_batch\.json is damaged"):
        BatchFolder(tmp_path).open()
