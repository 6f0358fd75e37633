"""`evaluate` and `compare` as typed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

pytest.importorskip("scipy")

from emotion_classifier.cli.program import program
from emotion_classifier.errors import CardError, DatasetError, EmotionClassifierError
from emotion_classifier.model.bundle import SHIPPED, Bundle


def run(*arguments: object) -> Result:
    return CliRunner().invoke(program, [str(argument) for argument in arguments])


def told(result: Result) -> str:
    """Standard error without the frame and the line breaks of a usage message."""
    return " ".join(result.stderr.replace("│", " ").split())


@pytest.fixture
def lit_faces(rendered_faces: Path, tmp_path: Path) -> Path:
    """The rendered faces with a metadata file: light is left, right, or not said."""
    for label in ("happy", "sad"):
        shutil.copytree(rendered_faces / label, tmp_path / "faces" / label)
    lines = [f"{label}/{number:02}.jpg,{light},{label}{number}" for label, number, light in _lights()]
    (tmp_path / "faces" / "metadata.csv").write_text("file_name,light,room\n" + "\n".join(lines))
    return tmp_path / "faces"


def _lights() -> list[tuple[str, int, str]]:
    lights = ["left"] * 6 + ["right"] * 4
    return [(label, number, light) for label in ("happy", "sad") for number, light in enumerate(lights, 1)]


def test_slices_and_plots(lit_faces: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    page = tmp_path / "report.html"
    options = (
        "--by",
        "Light,room",
        "--group-column",
        "ROOM ",
        "--plots",
        tmp_path / "plots",
        "--out",
        page,
        "--json",
    )
    done = run("evaluate", "default", lit_faces, *options)
    assert done.exit_code == 0, done.output
    plain = json.loads(done.stdout)
    by_light = [each for each in plain["slices"] if each["by"] == "light"]
    assert [(each["value"], each["n"], each["too_few"]) for each in by_light] == [
        ("left", 12, False),
        ("right", 8, True),
        ("(not said)", 4, True),
    ]
    assert set(by_light[0]["false_happy"]) == {"value", "low", "high", "n"}
    assert {each["by"] for each in plain["slices"]} == {"light", "room"}
    assert set(plain["error_by_grade"]) == {
        "sad", "slightly sad", "neutral", "slightly happy", "happy", "mixed",
    }  # fmt: skip
    for name in ("reliability.png", "risk_coverage.png"):
        assert (tmp_path / "plots" / name).read_bytes().startswith(b"\x89PNG")
    html = page.read_text(encoding="utf-8")
    assert "Forced-choice accuracy" in html and "By light" in html and f"Wrote {page}" in told(done)


def test_one_class_alone_is_warned_of(lit_faces: Path) -> None:
    shutil.rmtree(lit_faces / "sad")
    done = run("evaluate", "default", lit_faces)
    assert done.exit_code == 0 and "No readable photo is labelled sad (found: 12 happy)." in told(done)


def test_an_unknown_column_is_told_before_any_photo_is_read(lit_faces: Path) -> None:
    done = run("evaluate", "default", lit_faces, "--by", "gender")
    assert isinstance(done.exception, DatasetError)
    assert "no column 'gender' (further columns found: light, room)" in str(done.exception)
    assert "reading photos" not in done.output


def test_a_recipe_has_learned_nothing_yet(rendered_faces: Path) -> None:
    done = run("evaluate", "compact", rendered_faces)
    assert done.exit_code == 2
    assert "'compact' is a recipe" in told(done) and "--folds 5" in told(done)


@pytest.mark.parametrize("bundle", ["default", "some/folder"])
def test_a_bundle_has_seen_its_data(bundle: str, rendered_faces: Path) -> None:
    done = run("evaluate", bundle, rendered_faces, "--folds", "5")
    assert done.exit_code == 2
    assert "a trained bundle has seen its data" in told(done) and "initial" in told(done)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("default", "--repeats", "3"), "--repeats goes with --folds"),
        (("initial", "--folds", "2", "--by", "light"), "--by goes with a bundle, not with --folds"),
    ],
)
def test_options_that_do_not_belong(arguments: tuple[str, ...], says: str, rendered_faces: Path) -> None:
    done = run("evaluate", arguments[0], rendered_faces, *arguments[1:])
    assert done.exit_code == 2
    assert says in told(done)


@pytest.mark.parametrize("work", ["--work", None])
def test_folds_are_not_kept_among_the_photos(
    work: str | None, rendered_faces: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = shutil.copytree(rendered_faces, tmp_path / "photos")
    before = sorted(photos.rglob("*"))
    monkeypatch.chdir(photos)
    done = run("evaluate", "initial", photos, "--folds", "2", *((work, "sad/fits") if work else ()))
    assert isinstance(done.exception, DatasetError)
    assert "Name a folder outside of it for --work" in str(done.exception)
    assert sorted(photos.rglob("*")) == before


def test_compare_prints_one_object(lit_faces: Path, tmp_path: Path) -> None:
    shutil.copytree(Bundle.default().path, tmp_path / "other")
    config = tmp_path / "other" / "config.json"
    config.write_text(config.read_text().replace(f'"id": "{Bundle.default().id}"', '"id": "other"'))
    page = tmp_path / "report.html"
    done = run("compare", "default", tmp_path / "other", lit_faces, "--by", "light", "--out", page, "--json")
    assert done.exit_code == 0, done.output
    plain = json.loads(done.stdout)
    assert (plain["a"], plain["b"]) == (Bundle.default().id, "other")
    assert plain["sentence"] == "A and B answer alike on all 24 photos."
    assert plain["differences"] == plain["label_differences"] == []
    assert plain["accuracy"]["difference"] == {"value": 0.0, "low": -0.137976, "high": 0.137976, "n": 24}
    assert "None: both answer alike on all 24 photos." in page.read_text(encoding="utf-8")
    assert [(each["value"], each["photos"], each["too_few"]) for each in plain["slices"]] == [
        ("left", 12, False),
        ("right", 8, True),
        ("(not said)", 4, True),
    ]


def test_photos_that_were_learned_from_are_counted_and_warned_of(
    knowing_bundle: Path, rendered_faces: Path
) -> None:
    model = Bundle.load(knowing_bundle).id
    counted = f"3 of 24 photos are among those {model} learned from or was fitted on"
    done = run("evaluate", knowing_bundle, rendered_faces, "--json", "--card", "Rendered faces")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["trained_on"] == {"value": 3, "n": 24}
    assert f"Warning: {counted}" in told(done)
    assert f"Wrote the figures into {knowing_bundle / 'README.md'}" in told(done)
    card = (knowing_bundle / "README.md").read_text(encoding="utf-8")
    block = card.partition("### Rendered faces")[2].partition("\n#")[0]
    assert "3 of 24 photos are among those the model learned from" in block
    assert "No photo below was trained on" not in card
    assert "3 of 24 photos are among those" in run("evaluate", knowing_bundle, rendered_faces).stdout


def test_without_a_record_nothing_is_promised(
    unknowing_bundle: Path, rendered_faces: Path, tmp_path: Path
) -> None:
    done = run("evaluate", unknowing_bundle, rendered_faces, "--json", "--card", "Rendered faces")
    assert json.loads(done.stdout)["trained_on"] is None
    assert "Warning" not in told(done)
    card = (unknowing_bundle / "README.md").read_text(encoding="utf-8")
    assert "The photos the model learned from are not recorded." in card
    assert "No photo below was trained on" not in card


def test_compare_says_what_was_not_read(unknowing_bundle: Path, tmp_path: Path) -> None:
    for label in ("happy", "sad"):
        (tmp_path / "photos" / label).mkdir(parents=True)
        Image.new("RGB", (60, 60), "grey").save(tmp_path / "photos" / label / "wall.png")
    (tmp_path / "photos" / "sad" / "note.jpg").write_text("no picture")
    config = unknowing_bundle / "config.json"
    plain = json.loads(config.read_text())
    plain["scale"]["intercept"] += 1
    config.write_text(json.dumps(plain))
    done = run("compare", "default", unknowing_bundle, tmp_path / "photos")
    assert done.exit_code == 0, done.output
    assert "1 photo of 3 could not be read and counts as wrong" in told(done)
    assert "Neither found a face in any of the 3 photos." in " ".join(done.stdout.split())


def test_compare_counts_for_each_model(
    knowing_bundle: Path, unknowing_bundle: Path, rendered_faces: Path
) -> None:
    done = run("compare", unknowing_bundle, knowing_bundle, rendered_faces, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["trained_on"] == {"a": None, "b": {"value": 3, "n": 24}}
    assert told(done).count("Warning: 3 of 24 photos") == 1
    shown = run("compare", unknowing_bundle, knowing_bundle, rendered_faces).stdout
    assert "The photos A learned from are not recorded." in shown
    assert "3 of 24 photos are among those B learned from" in shown


def test_the_installed_default_model_is_never_written_to(rendered_faces: Path) -> None:
    card = SHIPPED / "default" / "README.md"
    before = card.read_bytes()
    done = run("evaluate", "default", rendered_faces, "--json", "--card", "Rendered faces")
    assert "Card not written" in done.stderr
    assert card.read_bytes() == before


@pytest.mark.parametrize("verb", ["evaluate default", "compare default default"])
def test_only_html_is_a_report_and_that_is_said_first(
    verb: str, rendered_faces: Path, tmp_path: Path
) -> None:
    done = run(*verb.split(), rendered_faces, "--out", tmp_path / "report.pdf")
    assert done.exit_code == 2
    assert "Its name ends in .html or .htm; report.pdf does not." in told(done)
    assert not (tmp_path / "report.pdf").exists()


@pytest.mark.parametrize("label", ["sad", "neutral"])
def test_photos_of_one_class_can_be_read_wrongly(label: str, rendered_faces: Path, tmp_path: Path) -> None:
    """Smiles under another label are no perfect score, though it is the only label there is."""
    (tmp_path / label).mkdir()
    for name in ("03.jpg", "06.jpg"):
        shutil.copy(rendered_faces / "happy" / name, tmp_path / label)
    done = run("evaluate", "default", tmp_path, "--json", "--out", tmp_path / "page.html")
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout)
    assert figures["accuracy"]["value"] == figures[f"recall_{label}"]["value"] == 0.0
    assert figures["confusion"][label]["happy"] == 2
    assert (tmp_path / "page.html").is_file()


def test_what_cannot_be_written_is_refused_before_photos_are_read(
    unknowing_bundle: Path, rendered_faces: Path
) -> None:
    card = unknowing_bundle / "README.md"
    done = run("evaluate", unknowing_bundle, rendered_faces, "--plots", card)
    assert done.exit_code == 2 and "is a file. Name a folder." in told(done)
    done = run("evaluate", unknowing_bundle, rendered_faces, "--card", " ")
    assert done.exit_code == 2 and "Give the figures a title" in told(done)
    card.write_text("---\nlicense: [\n---\nMine.\n")
    done = run("evaluate", unknowing_bundle, rendered_faces, "--card", "Mine")
    assert isinstance(done.exception, CardError) and "reading photos" not in done.output
    card.unlink()
    done = run("audit", unknowing_bundle, rendered_faces, "--by", "gender")
    assert isinstance(done.exception, CardError) and "no README.md" in str(done.exception)


@pytest.mark.parametrize(
    ("verb", "option"),
    [
        (("evaluate", "--card", "Mine"), "leave out --card"),
        (("audit", "--by", "light", "--rounds", "200", "--points", "30"), "say --no-card"),
    ],
)
@pytest.mark.parametrize("as_json", [True, False])
def test_figures_are_printed_where_the_card_cannot_be_written(
    verb: tuple[str, ...],
    option: str,
    as_json: bool,
    unknowing_bundle: Path,
    lit_faces: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(path: Path, content: object) -> None:
        raise PermissionError(13, "Permission denied", f"{path.parent}/.part-1-{path.name}")

    monkeypatch.setattr("emotion_classifier.model.bundle.atomic_write", refuse)
    page = tmp_path / "page.html"
    asked = (
        verb[0],
        unknowing_bundle,
        lit_faces,
        *verb[1:],
        "--out",
        page,
        *(("--json",) if as_json else ()),
    )
    done = run(*asked)
    assert done.exit_code == 1 and isinstance(done.exception, EmotionClassifierError)
    card = unknowing_bundle / "README.md"
    assert f"{card}, the bundle's card, cannot be written (Permission denied)" in str(done.exception)
    assert option in str(done.exception) and page.is_file()
    if as_json:
        assert json.loads(done.stdout)["model"] == "unknowing"
    else:
        assert "unknowing" in done.stdout and "accuracy" in done.stdout


def test_photos_that_cannot_be_read_are_told_and_count_as_wrong(rendered_faces: Path, tmp_path: Path) -> None:
    for label in ("happy", "sad"):
        (tmp_path / label).mkdir()
        shutil.copy(rendered_faces / label / "01.jpg", tmp_path / label)
    (tmp_path / "sad" / "note.jpg").write_text("no picture")
    done = run("evaluate", "default", tmp_path, "--json")
    assert done.exit_code == 0
    assert "1 photo of 3 could not be read and counts as wrong; check says why." in told(done)
    assert json.loads(done.stdout)["accuracy"]["value"] == pytest.approx(2 / 3, abs=1e-5)
