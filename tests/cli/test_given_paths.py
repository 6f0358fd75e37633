"""What stands on the command line: empty names and folders, photos and options given twice, names with a hyphen."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
_NOT_ROOT = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)


@pytest.fixture
def sad(rendered_faces: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two photos, in the working folder."""
    monkeypatch.chdir(tmp_path)
    Path("sad").mkdir()
    for name in ("01.jpg", "02.jpg"):
        shutil.copy(rendered_faces / "sad" / name, "sad")
    return Path("sad")


def told(done: subprocess.CompletedProcess[str]) -> str:
    """Standard error without the frame and the line breaks of a usage message."""
    return " ".join(done.stderr.replace("│", " ").split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", ""],
        ["predict", "sad", ""],
        ["predict", "sad", "--save", ""],
        ["predict", "sad", "--csv="],
        ["predict", "sad", "--model", ""],
        ["batch", "", "out"],
        ["batch", "sad", ""],
        ["watch", ""],
        ["check", ""],
        ["compare", "a", "", "sad"],
        ["train", "sad", "--out", ""],
        ["train", "sad", "--config", ""],
        ["train", "sad", "--out", "m", "--extra", ""],
        ["split", "sad", "--out", ""],
    ],
)
def test_an_empty_name_is_not_the_current_folder(run: Run, sad: Path, arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 2 and "An empty name was given" in done.stderr
    assert [path.name for path in Path().iterdir()] == ["sad"], "nothing is written"


@pytest.mark.parametrize(
    "arguments",
    [
        ["evaluate", "default", "sad", "--split", ""],
        ["train", "sad", "--out", "m", "--recipe", ""],
        ["train", "sad", "--out", "m", "--balance="],
        ["check", "sad", "--group-column", ""],
        ["reproduce", "sad", "--recipes", ""],
        ["predict", "sad", "--workers", ""],
    ],
)
def test_an_empty_value_is_not_the_same_as_none(run: Run, sad: Path, arguments: list[str]) -> None:
    done = run(*arguments)
    option = next(word for word in reversed(arguments) if word.startswith("--")).rstrip("=")
    assert done.returncode == 2 and f"for '{option}': An empty value was given" in done.stderr
    assert f"leave out {option}." in told(done)
    assert [path.name for path in Path().iterdir()] == ["sad"], "nothing is written"


@pytest.mark.parametrize("option", ["out", "recipe", "extra"])
def test_an_empty_value_in_a_file_of_options(run: Run, sad: Path, option: str) -> None:
    Path("o.toml").write_text(f'{option} = ""\n')
    done = run("train", sad, "--config", "o.toml")
    assert done.returncode == 2 and f"o.toml: {option} is empty." in done.stderr


@pytest.mark.parametrize(
    ("arguments", "metavar"),
    [
        (["tune", "", "sad", "--out", "t"], "RECIPE"),
        (["evaluate", "", "sad"], "BUNDLE"),
        (["watch", ""], "SOURCE"),
    ],
)
def test_an_empty_argument_that_is_no_path_is_told_by_its_own_name(
    run: Run, sad: Path, arguments: list[str], metavar: str
) -> None:
    done = run(*arguments)
    assert done.returncode == 2 and f"for '{metavar}': An empty name was given" in done.stderr
    assert f"Give {metavar}; --help says" in told(done) and "a file or a folder" not in told(done)


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "--seed", "1", "--seed", "2", "--help"],
        ["train", "--help", "--seed", "1", "--seed", "2"],
        ["predict", "", "--help"],
        ["evaluate", "default", "sad", "--split", "", "--help"],
    ],
)
def test_help_is_given_whatever_else_is_on_the_line(run: Run, sad: Path, arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 0 and "Examples" in done.stdout and not done.stderr


def test_an_empty_list_of_columns_names_no_file(run: Run, sad: Path) -> None:
    assert "An empty" not in run("check", sad, "--ignore", "").stderr


@pytest.mark.parametrize("out", ["notes", "notes/new", "notes/new/er"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", "sad", "--save"],
        ["batch", "sad"],
        ["clean", "sad", "--out"],
        ["train", "sad", "--out"],
        ["tune", "compact", "sad", "--out"],
        ["export", "--from-keras", "a.h5", "--out"],
        ["evaluate", "default", "sad", "--plots"],
        ["evaluate", "compact", "sad", "--folds", "2", "--work"],
        ["leaderboard", "sad", "--work"],
        ["reproduce", "sad", "--out"],
    ],
)
def test_what_cannot_be_a_folder_is_refused_before_the_work_begins(
    run: Run, sad: Path, arguments: list[str], out: str
) -> None:
    Path("notes").touch()
    done = run(*arguments, out)
    assert (
        done.returncode == 2 and f"for {'OUT' if arguments[0] == 'batch' else arguments[-1]}: " in done.stderr
    )
    assert ("notes is a file." if out == "notes" else f"{out} cannot be a folder") in told(done)
    assert "looking at" not in done.stderr and "reading" not in done.stderr
    assert sorted(path.name for path in Path().iterdir()) == ["notes", "sad"]


def test_a_folder_that_is_only_looked_at_is_not_left_behind(run: Run, sad: Path) -> None:
    assert run("train", sad, "--recipe", "unheard-of", "--out", "new/er").returncode == 1
    assert not Path("new").exists()


@pytest.mark.parametrize(
    "arguments",
    [["predict", "sad", "--save"], ["batch", "sad"], ["train", "sad", "--out"], ["clean", "sad", "--out"]],
)
def test_a_link_that_leads_nowhere_is_no_folder(run: Run, sad: Path, arguments: list[str]) -> None:
    Path("dang").symlink_to("gone")
    Path("ring").symlink_to("ring")
    for out in ("dang", "dang/new", "ring"):
        done = run(*arguments, out)
        assert done.returncode == 2
        assert f"{out.split('/')[0]} is a link to something that is not there." in told(done)
    assert sorted(path.name for path in Path().iterdir()) == ["dang", "ring", "sad"]


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="Windows has no devices by that name")
def test_a_table_is_written_where_a_link_points_to(run: Run, sad: Path) -> None:
    Path("faces.csv").symlink_to("elsewhere.csv")
    done = run("predict", sad, "--csv", "faces.csv")
    assert done.returncode == 0, done.stderr
    assert Path("faces.csv").is_symlink() and Path("elsewhere.csv").read_text().startswith("file,")


def test_a_device_is_no_folder(run: Run, sad: Path) -> None:
    done = run("clean", sad, "--out", "/dev/null")
    assert done.returncode == 2 and "/dev/null is no folder. Name a folder." in told(done)


@pytest.fixture
def locked(sad: Path) -> Iterator[Path]:
    """A folder that cannot be written into, with a folder in it that can."""
    folder = Path("ro")
    (folder / "inside").mkdir(parents=True)
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)


@_NOT_ROOT
@pytest.mark.parametrize(
    "arguments",
    [
        ["clean", "sad", "--out"],
        ["train", "sad", "--out"],
        ["export", "--from-keras", "a.h5", "--out"],
    ],
)
def test_what_is_first_written_beside_its_folder_is_refused_where_it_cannot_be(
    run: Run, locked: Path, arguments: list[str]
) -> None:
    done = run(*arguments, locked / "inside")
    assert done.returncode == 2 and "which cannot be written into (Permission denied)" in told(done)
    assert "photos" not in done.stderr
    assert run("predict", "sad", "--save", locked / "inside").returncode == 0


@_NOT_ROOT
def test_split_does_not_look_at_photos_beside_which_it_cannot_write(run: Run, sad: Path) -> None:
    sad.chmod(0o555)
    done = run("split", sad)
    sad.chmod(0o755)
    assert done.returncode == 2 and "for --out: sad/metadata.csv cannot be written" in told(done)
    (sad / "metadata.csv").write_text("file_name,split\n01.jpg,test\n")
    sad.chmod(0o555)
    done = run("split", sad, "--overwrite")
    sad.chmod(0o755)
    assert done.returncode == 2 and "sad/metadata.csv is first written under another name" in told(done)
    assert "looking at" not in done.stderr and len(list(sad.iterdir())) == 3


def test_the_same_folder_is_not_called_inside_itself(run: Run, sad: Path) -> None:
    done = run("batch", sad, "../" + str(Path.cwd().name) + "/sad")
    assert done.returncode == 1
    assert "is the folder that is read" in done.stderr and "inside" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["predict", "sad", "--workers", "0"], "for '--workers': Write 1 or more."),
        (["check", "sad", "--points", "0"], "for '--points': Write 0.1 or more."),
        (["split", "sad", "--test", "1.5"], "for '--test': Write 1 or less."),
        (["predict", "sad", "--workers", "two"], "for '--workers': Write a whole number."),
        (["split", "sad", "--test", "half"], "for '--test': Write a number."),
        (["predict", "sad", "--sort"], "Option '--sort' requires an argument."),
    ],
)
def test_wrong_values_are_told_in_plain_words_below_the_usage(
    run: Run, sad: Path, arguments: list[str], says: str
) -> None:
    done = run(*arguments)
    assert done.returncode == 2 and done.stderr.startswith("Usage: ") and says in done.stderr


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('extra = "renders"', "path 'more/renders' does not exist. It was looked for in {folder}."),
        ("validation = 0.9", "Write 0.5 or less."),
    ],
)
def test_what_is_wrong_in_a_file_of_options_is_told_with_its_name(
    run: Run, sad: Path, line: str, says: str
) -> None:
    Path("more").mkdir()
    Path("more/o.toml").write_text(f"{line}\n")
    done = run("train", sad, "--out", "m", "--config", "more/o.toml")
    said = "".join(done.stderr.replace("│", "").split())  # As it is broken into lines.
    wanted = f"more/o.toml: {says.format(folder=Path('more').absolute())}"
    assert done.returncode == 2 and "".join(wanted.split()) in said
    on_the_line = run("train", sad, "--out", "m", "--config", "more/o.toml", "--" + line.split()[0], "7")
    assert on_the_line.returncode == 2 and "o.toml" not in on_the_line.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", "sad", "--csv", "a.csv", "--csv", "b.csv"],
        ["predict", "sad", "--workers", "1", "--workers=1"],
        ["watch", "a.mp4", "--from", "1", "--from", "2"],
        ["evaluate", "default", "sad", "--out", "a.html", "--out", "b.html"],
    ],
)
def test_an_option_that_takes_one_value_is_given_once(run: Run, sad: Path, arguments: list[str]) -> None:
    done = run(*arguments)
    option = next(word for word in arguments if word.startswith("--"))
    assert done.returncode == 2 and f"for '{option}': It was given 2 times" in done.stderr
    assert [path.name for path in Path().iterdir()] == ["sad"], "nothing is written"


def test_a_switch_and_an_option_that_takes_several_values_may_be_given_twice(run: Run, sad: Path) -> None:
    assert run("predict", sad, "--json", "--json").returncode == 0
    codes = ("--ignore", "DATA001", "--ignore", "DATA002")
    assert "given 2 times" not in run("check", sad, *codes).stderr


def test_a_file_that_begins_with_a_hyphen(run: Run, sad: Path) -> None:
    shutil.copy(sad / "01.jpg", "-dash.jpg")
    refused = run("predict", "-dash.jpg")
    assert refused.returncode == 2 and "write ./-dash.jpg" in refused.stderr
    assert "./-" not in run("predict", "-other.jpg").stderr, "there is no such file"
    assert run("predict", "./-dash.jpg").returncode == 0


def test_an_empty_folder_is_told_beside_photos(run: Run, sad: Path) -> None:
    Path("empty").mkdir()
    done = run("predict", "empty", sad, "--json")
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 2
    assert "No photos in empty.\n" in done.stderr and "No photos in sad" not in done.stderr


def test_what_is_given_twice_is_read_once(run: Run, sad: Path) -> None:
    Path("link").symlink_to(sad)
    done = run("predict", sad / "02.jpg", "sad", "link", "--json", "--save", "boxes")
    names = [json.loads(line)["file"] for line in done.stdout.splitlines()]
    assert names == [str(sad / "02.jpg"), str(sad / "01.jpg")]
    assert "3 given twice: read once.\n" in done.stderr
    saved = {path.relative_to("boxes").as_posix() for path in Path("boxes").rglob("*.jpg")}
    assert saved == {"02.jpg", "sad/01.jpg"}
    assert "given twice" not in run("predict", sad).stderr
