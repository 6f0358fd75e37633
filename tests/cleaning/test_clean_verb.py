"""`clean` on the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from findings_of_photos import WRONG, found, ledger
from typer.testing import CliRunner

from emotion_classifier.cli.program import program
from emotion_classifier.errors import DatasetError


def invoke(*arguments: object) -> Any:
    return CliRunner().invoke(program, ["clean", *map(str, arguments)])


def test_on_the_command_line(photos: Path, tmp_path: Path) -> None:
    findings = [found("DATA010", "Sad/01.jpg", **WRONG), found("DATA005", "Sad/02.jpg")]
    lines = "".join(json.dumps(finding.to_dict()) + "\n" for finding in findings)
    (tmp_path / "f.jsonl").write_text(lines)
    (tmp_path / "d.csv").write_text("file,decision\nHappy/03.jpg,drop\n")
    options = ("--findings", tmp_path / "f.jsonl", "--drop", "data005", "--relabel", "DATA010")
    done = invoke(photos, "--out", tmp_path / "out", *options, "--decisions", tmp_path / "d.csv", "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["photos"] == 8 and said["actions"] == {"kept": 5, "relabelled": 1, "dropped": 2}
    again = invoke(photos, "--out", tmp_path / "out")
    assert isinstance(again.exception, DatasetError), "before the photos are checked"
    for wrong in (("--drop", "faces"), ("--crop", "--manifest")):
        assert invoke(photos, "--out", tmp_path / "no", *wrong).exit_code == 2
    assert invoke(photos).exit_code == 2


def test_what_is_no_labelled_photo_is_named_and_not_counted(photos: Path, tmp_path: Path) -> None:
    shutil.copy(photos / "Sad" / "01.jpg", photos / "loose.jpg")
    (photos / "photos.zip").write_bytes(b"PK\x03\x04" + bytes(30))
    (tmp_path / "f.jsonl").write_text("")
    done = invoke(photos, "--out", tmp_path / "out", "--findings", tmp_path / "f.jsonl")
    assert "kept" in done.stdout and "8" in done.stdout and "dropped" not in done.stdout
    assert "2 left out:\n  loose.jpg: lies in no class folder\n  photos.zip: an archive" in done.stderr


def test_what_a_review_decided_is_applied_without_being_named(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.jsonl").write_text("")
    (tmp_path / "decisions.csv").write_text("file,decision\nHappy/03.jpg,drop\n")
    done = invoke(photos, "--out", "out", "--findings", "f.jsonl", "--json")
    assert json.loads(done.stdout)["actions"] == {"kept": 7, "dropped": 1}
    assert "Decisions of decisions.csv are applied." in done.stderr


def test_a_review_without_a_label_in_doubt_opens_no_page(photos: Path, tmp_path: Path) -> None:
    pytest.importorskip("gradio")
    (tmp_path / "f.jsonl").write_text(json.dumps(found("DATA005", "Sad/01.jpg").to_dict()))
    done = invoke(photos, "--review", "--findings", tmp_path / "f.jsonl", "--decisions", tmp_path / "d.csv")
    assert done.exit_code == 0 and "No label is in doubt" in done.stderr
    assert not (tmp_path / "d.csv").exists()


def test_without_findings_the_photos_are_checked(photos: Path, tmp_path: Path) -> None:
    pytest.importorskip("cleanlab")
    shutil.copy(photos / "Sad" / "01.jpg", photos / "Sad" / "02.jpg")
    done = invoke(photos, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "DATA002" in done.stdout and "ledger.csv" in done.stderr
    assert ledger(tmp_path / "out")["Sad/02.jpg"]["action"] == "dropped"
