"""`check` as typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

pytest.importorskip("cleanlab")

from emotion_classifier.checks import CheckOptions, check
from emotion_classifier.cli.program import program
from emotion_classifier.data.folder import read_folder
from emotion_classifier.errors import MissingExtraError


def run(*arguments: object) -> Result:
    return CliRunner().invoke(program, ["check", *map(str, arguments)], env={"COLUMNS": "200"})


def test_the_last_line_tells_how_the_checks_ended(plain_folder: Path) -> None:
    done = run(plain_folder, "--ignore", "data005,DATA015", "--ignore", "DATA013")
    last = done.stdout.splitlines()[-1]
    assert "checks passed" in last
    assert "DATA014: no splits" in last
    assert last.endswith("3 ignored (DATA005, DATA013, DATA015).")


def test_findings_that_are_ignored_do_not_count(plain_folder: Path) -> None:
    done = run(plain_folder, "--json")
    assert done.exit_code == 3
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(set(line) == {"code", "title", "severity", "files", "evidence"} for line in lines)
    warned = {line["code"] for line in lines if line["severity"] != "info"}
    quiet = run(plain_folder, "--json", "--ignore", ",".join(warned))
    assert quiet.exit_code == 0
    assert {json.loads(line)["code"] for line in quiet.stdout.splitlines()} == {
        line["code"] for line in lines if line["severity"] == "info"
    }


def test_an_unknown_code_names_the_known_ones(plain_folder: Path) -> None:
    done = run(plain_folder, "--ignore", "DATA099")
    assert done.exit_code == 2
    assert "DATA099" in done.stderr and "DATA001" in done.stderr


@pytest.mark.parametrize("package", ["cleanlab", "sklearn"])
def test_a_missing_package_is_said_before_the_first_photo_is_read(
    package: str, rendered_faces: Path, absent: Callable[[str], None]
) -> None:
    absent(package)
    photos, read = read_folder(rendered_faces), list[int]()
    with pytest.raises(MissingExtraError, match="not installed"):
        check(photos, progress=lambda done, _: read.append(done))
    assert not read
    assert isinstance(run(rendered_faces).exception, MissingExtraError)
    without = CheckOptions(ignore=("DATA010", "DATA013"))
    assert check(photos, options=without).outcomes, "the others need neither"


def test_rows_that_disagree_stop_only_the_other_verbs(plain_folder: Path) -> None:
    (plain_folder / "metadata.csv").write_text("file_name,age\nHappy/0.png,30\nHappy/0.png,40\n")
    assert "two rows in the metadata disagree" in run(plain_folder).stdout.lower()


@pytest.mark.parametrize("verb", ["check", "leaderboard"])
def test_a_page_is_named_as_one(verb: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(program, [verb, str(tmp_path), "--out", str(tmp_path / "r.txt")])
    assert done.exit_code == 2 and "ends in .html" in done.stderr
