"""`audit` as typed."""

from __future__ import annotations

import io
import json
import re
import shutil
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

pytest.importorskip("fairlearn")
pytest.importorskip("scipy")

from emotion_classifier.cli.program import program
from emotion_classifier.evaluation.intervals import Estimate
from emotion_classifier.fairness.result import Gap
from emotion_classifier.model.bundle import CARD, SHIPPED
from emotion_classifier.report.groups_table import _gaps

QUICK = ("--rounds", "200", "--points", "30")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(program, ["audit", *map(str, arguments)], env={"COLUMNS": "100"})


def told(result: Result) -> str:
    """Standard error without the frame and the line breaks of a usage message."""
    return " ".join(result.stderr.replace("│", " ").split())


@pytest.fixture
def people(rendered_faces: Path, tmp_path: Path) -> Path:
    """The rendered faces with a metadata file: gender, and an age that one photo does not say."""
    rows = []
    for label in ("happy", "sad"):
        shutil.copytree(rendered_faces / label, tmp_path / "faces" / label)
        for number, photo in enumerate(sorted((tmp_path / "faces" / label).glob("*.jpg"))):
            age = "" if (label, number) == ("sad", 0) else 25 + 10 * (number % 2)
            rows.append(f"{label}/{photo.name},{'female' if number % 2 else 'male'},{age}")
    (tmp_path / "faces" / "metadata.csv").write_text("file_name,gender,age\n" + "\n".join(rows))
    return tmp_path / "faces"


def test_one_object_on_standard_output(people: Path) -> None:
    done = run("default", people, "--by", "gender,age", "--json", *QUICK)
    assert done.exit_code in (0, 3), done.output
    plain = json.loads(done.stdout)
    by_column = {
        by: {each["group"]: each["n"] for each in plain["groups"] if each["by"] == by}
        for by in ("gender", "age", "gender × age")
    }
    assert all(sum(counts.values()) == plain["n"] for counts in by_column.values())
    assert by_column["age"].keys() == {"18 to 29", "30 to 44", "(not said)"}
    figure = next(each for each in plain["groups"] if each["group"] == "female")["accuracy"]
    assert set(figure) == {"value", "low", "high", "n"}
    assert {"groups", "findings", "gaps", "overall", "not_measured"} <= plain.keys()
    assert "default model's card" in told(done)
    warned = any(finding["severity"] != "info" for finding in plain["findings"])
    assert done.exit_code == (3 if warned else 0)


def test_no_number_is_cut_whatever_the_width(people: Path) -> None:
    asked = ["audit", "default", str(people), "--by", "gender,age", *QUICK]
    figures = {}
    for width in (60, 80, 200):
        done = CliRunner().invoke(program, asked, env={"COLUMNS": str(width)})
        table = done.stdout[done.stdout.index("By gender") :].split("Gaps")[0]
        assert all(len(line.rstrip()) <= width for line in table.splitlines())
        assert "female" in done.stdout and "…" not in done.stdout
        figures[width] = set(re.findall(r"\d+\.\d+–\d+\.?\d*", table))
    assert figures[60] == figures[80] == figures[200] != set()


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_the_table_of_gaps_breaks_no_word_and_no_number(width: int) -> None:
    estimate = Estimate(0.0812, 0.0021, 0.1584, 900)
    gaps = tuple(
        Gap(
            "gender × age",
            metric,
            "female × 70 and older",
            "Southeast Asian",
            estimate,
            estimate,
            0.1,
            0.0123,
        )
        for metric in ("calibration", "balanced_accuracy", "neutral_called_sad")
    )
    console = Console(file=io.StringIO(), width=width)
    console.print(_gaps(gaps))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert all(len(line.rstrip()) <= width for line in text.splitlines())
    words = text.split()
    parts = words.count("metric")
    assert parts == (1 if width >= 80 else 2)
    for word, times in {
        "Calibration": parts,
        "Forced-choice": parts,
        "Southeast": 3,
        "0.2–15.8": 3,
        "0.012": 3,
    }.items():
        assert words.count(word) == times, text


def test_groups_too_small_for_figures_are_named(people: Path) -> None:
    assert "Too few to say" in run("default", people, "--by", "gender,age", *QUICK).stdout


def test_that_groups_are_too_small_is_said_once(people: Path) -> None:
    said = " ".join(run("default", people, "--by", "gender", "--rounds", "200").stdout.split())
    assert "Too few to say (FAIR004), 35 photos are needed: female (12), male (12)." in said
    assert "No group is measured: each needs 35 photos." in said
    assert said.count("FAIR004") == said.count("female") == said.lower().count("too few") == 1
    assert "By gender, no two groups" not in said and "No findings" not in said


def test_with_too_few_photos_everybody_has_figures_and_no_card_an_empty_section(
    people: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    shutil.copytree(SHIPPED / "default", own)
    before = (own / CARD).read_text(encoding="utf-8")
    done = run(own, people, "--by", "gender,age", "--rounds", "200", "--out", tmp_path / "page.html")
    assert re.search(r"everybody +24 +\d+\.\d", done.stdout)
    assert "gender ×" not in done.stdout, "both columns are too small already"
    assert "Card not written: no group is large enough" in " ".join(told(done).split())
    assert (own / CARD).read_text(encoding="utf-8") == before
    assert "<li>Label accuracy: <b>" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_the_card_of_an_own_bundle(people: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    shutil.copytree(SHIPPED / "default", own)
    before = (own / CARD).read_text(encoding="utf-8")
    run(own, people, "--by", "gender", "--no-card", *QUICK)
    assert (own / CARD).read_text(encoding="utf-8") == before
    done = run(own, people, "--by", "gender", *QUICK)
    assert "Wrote the audit into" in told(done), done.output
    assert "female" in (own / CARD).read_text(encoding="utf-8")


def test_a_page(people: Path, tmp_path: Path) -> None:
    pytest.importorskip("jinja2")
    run("default", people, "--by", "gender", "--out", tmp_path / "audit.html", *QUICK)
    assert "female" in (tmp_path / "audit.html").read_text(encoding="utf-8")


def test_photos_that_were_learned_from_are_counted_and_warned_of(
    people: Path, knowing_bundle: Path, tmp_path: Path
) -> None:
    pytest.importorskip("jinja2")
    page = tmp_path / "audit.html"
    done = run(knowing_bundle, people, "--by", "gender", "--out", page, "--json", *QUICK)
    assert json.loads(done.stdout)["trained_on"] == {"value": 3, "n": 24}
    assert "Warning: 3 of 24 photos are among those" in told(done)
    said = "3 of 24 photos are among those the model learned from or was fitted on."
    assert said in page.read_text(encoding="utf-8")
    assert said in (knowing_bundle / CARD).read_text(encoding="utf-8")
    assert said in " ".join(run(knowing_bundle, people, "--by", "gender", *QUICK).stdout.split())


def test_a_page_that_cannot_be_written_is_refused_before_photos_are_read(
    people: Path, tmp_path: Path
) -> None:
    done = run("default", people, "--by", "gender", "--out", tmp_path / "nowhere" / "audit.html")
    assert done.exit_code == 2 and "in a folder that exists" in told(done)
    assert "reading photos" not in done.output


def test_thresholds_by_group_are_refused_with_the_reason(people: Path) -> None:
    done = run("default", people, "--by", "gender", "--thresholds-by", "gender")
    assert done.exit_code == 2
    assert "disparate treatment" in told(done)
    assert "--balance" in told(done)


def test_without_columns_those_there_are_named(people: Path) -> None:
    done = run("default", people)
    assert done.exit_code == 2
    assert "gender" in told(done)
    assert "age" in told(done)


def test_rows_of_the_metadata_that_name_no_photo_here_are_said(rendered_faces: Path, tmp_path: Path) -> None:
    photos = Path(shutil.copytree(rendered_faces, tmp_path / "photos"))
    (photos / "metadata.csv").write_text("file_name,gender\nold/a.jpg,woman\nold/b.jpg,man\n")
    done = run("default", photos, "--by", "gender")
    said = str(done.exception)
    assert "no column 'gender' (further columns found: none)." in said
    assert "2 rows of the metadata name no photo here, such as 'old/a.jpg'" in said
    assert "2 rows of the metadata name no photo here" in told(run("default", photos))


def test_columns_in_other_capitals(people: Path) -> None:
    done = run(
        "default", people, "--by", "Gender", "--bands", "AGE=0,30", "--group-column", " Age", "--json", *QUICK
    )
    assert {group["by"] for group in json.loads(done.stdout)["groups"]} == {"gender"}


def test_a_misspelt_column_and_odd_bands(people: Path) -> None:
    done = run("default", people, "--by", "gendre")
    assert "Did you mean 'gender'?" in str(done.exception)
    done = run("default", people, "--by", "gender", "--bands", "age")
    assert done.exit_code == 2
    done = run("default", people, "--by", "age", "--age-bands", "ten")
    assert "--age-bands 'ten'" in str(done.exception)


def test_labels_that_are_left_out_are_said(people: Path, rendered_faces: Path) -> None:
    shutil.copytree(rendered_faces / "sad", people / "neutral")
    done = run("default", people, "--by", "gender", "--labels", "happy,sad", *QUICK)
    assert "left out: neutral" in done.stdout
    assert "Only photos labelled happy or sad" in done.stdout


def test_one_label_alone_can_be_read_wrongly(people: Path) -> None:
    """Smiles called sad, and audited alone, are not all right."""
    for photo in (people / "happy").glob("*.jpg"):
        shutil.copy(photo, people / "sad" / photo.name)
    done = run("default", people, "--by", "gender", "--labels", "sad", "--json", *QUICK)
    assert json.loads(done.stdout)["overall"]["accuracy"]["value"] == 0.0
    assert json.loads(done.stdout)["labels"] == ["sad"]


def test_help_says_that_nobody_is_guessed() -> None:
    text = " ".join(run("--help").stdout.split())
    assert "Nobody's race, gender or age is ever guessed" in text


def test_a_column_in_which_everybody_is_a_group_of_one(people: Path) -> None:
    rows = (people / "metadata.csv").read_text().splitlines()
    named = [f"{row.split(',')[0]},g{number}" for number, row in enumerate(rows[1:])]
    (people / "metadata.csv").write_text("\n".join(["file_name,gender", *named]))
    done = run("default", people, "--by", "gender", "--json", *QUICK)
    assert done.exit_code in (0, 3), done.stderr
    said = json.loads(done.stdout)
    assert len(said["groups"]) == 24 and not said["gaps"]


def test_ages_in_words_are_taken_as_they_are_and_it_says_so(people: Path) -> None:
    rows = (people / "metadata.csv").read_text().splitlines()
    named = [f"{row.split(',')[0]},{'old' if number % 2 else 'young'}" for number, row in enumerate(rows[1:])]
    (people / "metadata.csv").write_text("\n".join(["file_name,age", *named]))
    done = run("default", people, "--by", "age", "--age-bands", "0,40", *QUICK)
    assert "'age' holds words" in " ".join(done.output.split())


def test_outcomes_are_told_and_checks_can_be_ignored(people: Path) -> None:
    done = run("default", people, "--by", "gender", "--ignore", "fair004", "--json", *QUICK)
    ended = {each["code"]: each for each in json.loads(done.stdout)["outcomes"]}
    assert ended["FAIR004"]["outcome"] == "ignored"
    assert ended["FAIR009"]["reason"] == "no column identity says who is in the photos"
    assert ended["FAIR020"]["reason"] == "rendered faces were not read"
    shown = run("default", people, "--by", "gender", "--ignore", "FAIR004", *QUICK).stdout
    assert "did not apply" in shown and "1 ignored (FAIR004)" in shown
    done = run("default", people, "--by", "gender", "--ignore", "DATA001")
    assert done.exit_code == 2
    assert "FAIR001" in told(done)
