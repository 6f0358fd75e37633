"""Photos in a zip that `predict` is given: read where they are, whatever else is in it."""

from __future__ import annotations

import csv
import json
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path

import pytest

from emotion_classifier.cli.given_photos import GivenPhotos

Run = Callable[..., subprocess.CompletedProcess[str]]


def packed(files: Iterable[tuple[str, bytes]], *, locked: str = "") -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files:
            archive.writestr(name, content)
    content = bytearray(buffer.getvalue())
    if locked:
        content[content.rindex(b"PK\x01\x02", 0, content.rindex(locked.encode())) + 8] |= 1
    return bytes(content)


@pytest.fixture
def happy(rendered_faces: Path) -> bytes:
    return (rendered_faces / "happy" / "01.jpg").read_bytes()


@pytest.fixture
def mixed(rendered_faces: Path, happy: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A zip in the current folder with three faces, and all that can be wrong with a file."""
    monkeypatch.chdir(tmp_path)
    sad = (rendered_faces / "sad" / "01.jpg").read_bytes()
    inner = packed([("sad.jpg", sad), ("readme", b"text")])
    deep = packed([("3.zip", packed([("4.zip", packed([("5.jpg", sad)]))]))])
    files = [
        ("z/happy.jpg", happy),
        ("notes.txt", b"milk"),
        ("__MACOSX/z/._happy.jpg", b"\0\5\x16\7"),
        ("broken.jpg", happy[:600]),
        ("film.jpg", b"no photo"),
        ("inner.zip", inner),
        ("deep.zip", deep),
        ("locked.jpg", sad),
        ("a.jpg", sad),
    ]
    Path("mixed.zip").write_bytes(packed(files, locked="locked.jpg"))
    return "mixed.zip"


def test_photos_come_in_the_order_of_the_zip_and_the_rest_is_accounted_for(run: Run, mixed: str) -> None:
    done = run("predict", mixed, "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert {line["file"]: [face["label"] for face in line["readings"]] for line in lines} == {
        "mixed.zip/z/happy.jpg": ["happy"],
        "mixed.zip/broken.jpg": [],
        "mixed.zip/film.jpg": [],
        "mixed.zip/inner.zip/sad.jpg": ["sad"],
        "mixed.zip/deep.zip/3.zip/4.zip": [],
        "mixed.zip/locked.jpg": [],
        "mixed.zip/a.jpg": ["sad"],
    }
    assert [line["file"] for line in lines][::6] == ["mixed.zip/z/happy.jpg", "mixed.zip/a.jpg"]
    reasons = {line["file"].split("/")[-1]: line["reason"] for line in lines if line["reason"]}
    assert all(reason.startswith("mixed.zip/") for reason in reasons.values())
    assert "with the password" in reasons["locked.jpg"] and "Take it out" in reasons["4.zip"]
    assert "cut short" in reasons["broken.jpg"] and "not a picture" in reasons["film.jpg"]
    assert done.returncode == 3
    assert done.stderr.splitlines() == [
        "7 photos, 3 faces: 1 happy, 2 sad.",
        "4 of 7 photos could not be read.",
        "Skipped 2 files (the content is no picture): 1 without an ending, 1 .txt.",
    ]
    assert [path.name for path in Path().iterdir()] == [mixed], "nothing is unpacked"


def test_several_processes_read_a_zip_alike(run: Run, mixed: str) -> None:
    alone, together = (run("predict", mixed, "--json", "--sort", "degree", "--workers", n) for n in (1, 2))
    assert alone.stdout == together.stdout and alone.stdout.startswith('{"file": "mixed.zip/z/happy.jpg"')
    assert together.returncode == 3


def test_names_that_lead_elsewhere_stay_in_the_folder_for_pictures(
    run: Run, happy: bytes, tmp_path: Path
) -> None:
    evil = [
        *("../../up.jpg", "/abs.jpg", r"..\..\back.jpg", r"C:\drive.jpg", "nul.jpg", "..", "a/ .. /b.png"),
        *("A.jpg", "a.jpg", "=1+2.jpg", "x" * 300 + ".jpg", "d/" * 300 + "deep.jpg", "odd\x1b\n.jpg"),
    ]
    (tmp_path / "evil.zip").write_bytes(packed((name, happy) for name in evil))
    boxes, table = tmp_path / "out" / "boxes", tmp_path / "faces.csv"
    for number in (1, 2):
        done = run("predict", tmp_path / "evil.zip", "--save", boxes, "--csv", table)
        assert done.returncode == 0, done.stderr
        assert len([path for path in boxes.rglob("*") if path.is_file()]) == number * len(evil)
    assert {path.name for path in tmp_path.iterdir()} == {"evil.zip", "out", "faces.csv"}
    assert list((tmp_path / "out").iterdir()) == [boxes]
    found = {path.relative_to(boxes).as_posix() for path in boxes.rglob("*.jpg")}
    plain = {"up.jpg", "abs.jpg", "back.jpg", "C_/drive.jpg", "_nul.jpg", "a/b.png.jpg", "odd__.jpg"}
    assert found >= plain | {"d/d/d/d/d/d/d/deep.jpg"}
    with table.open(encoding="utf-8", newline="") as file:
        names = [row["file"] for row in csv.DictReader(file)]
    assert names == [f"{tmp_path / 'evil.zip'}/{name}" for name in evil]


def test_zips_beside_others_have_folders_of_their_own(run: Run, happy: bytes, tmp_path: Path) -> None:
    folder, other = tmp_path / "one", tmp_path / "two"
    for place in (folder, other):
        place.mkdir()
        (place / "trip.zip").write_bytes(packed([("a.jpg", happy)]))
    (folder / "plain.jpg").write_bytes(happy)
    done = run("predict", folder / "trip.zip", other / "trip.zip", folder, "--save", tmp_path / "boxes")
    assert done.returncode == 0
    found = {path.relative_to(tmp_path / "boxes").as_posix() for path in (tmp_path / "boxes").rglob("*.jpg")}
    assert found == {"trip/a.jpg", "trip-2/a.jpg", "one/plain.jpg"}
    assert "Skipped 1 file (a zip in a folder is not opened; name it to have it read): 1 .zip." in done.stderr


def test_what_is_no_whole_zip_is_told_what_it_is(
    run: Run, happy: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    whole = packed([("a.jpg", happy), ("b.jpg", happy)])
    Path("photo.zip").write_bytes(happy)
    Path("cut.zip").write_bytes(whole[:-60])
    Path("zeros.zip").write_bytes(bytes(900))
    Path("page.zip").write_bytes(b"<!doctype html><title>404</title>")
    Path("text.zip").write_bytes(b"milk")
    Path("whole.jpg").write_bytes(whole)
    Path("first.z01").write_bytes(b"PK\7\10" + whole[:500])
    names = ("photo", "cut", "zeros", "text", "page", "gone")
    given = (*(f"{name}.zip" for name in names), "whole.jpg", "first.z01")
    done = run("predict", *given, "--json")
    lines = {line["file"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 3 and tuple(lines) == given
    assert lines["photo.zip"]["readings"], "a photo under a wrong name"
    for name in ("cut.zip", "zeros.zip", "text.zip"):
        assert lines[name]["reason"].startswith(f"{name} is damaged")
        assert "download the zip again" in lines[name]["reason"]
    assert "web page" in lines["page.zip"]["reason"] and "does not exist" in lines["gone.zip"]["reason"]
    assert "Unpack it, or" in lines["whole.jpg"]["reason"] and "ends in .zip" in lines["whole.jpg"]["reason"]
    assert "Join the parts (zip -s 0 first.zip --out whole.zip)" in lines["first.z01"]["reason"]
    Path("named.zip").write_bytes(whole)
    explained = run("explain", "named.zip").stdout
    assert "give it to `emotion-classifier predict`." in explained and "name" not in explained.replace(
        "named.zip", ""
    )


def test_what_could_not_be_read_and_is_named_like_no_photo_is_only_counted(
    run: Run, happy: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    content = bytearray(
        packed(
            [
                ("a.jpg", happy),
                ("b.MOV", b"film" * 50),
                ("c.aae", b"edit" * 50),
                ("d.zip", b"milk"),
                ("IMG_1", happy[:20] + b"here" + happy[24:]),
            ]
        )
    )
    content[content.index(b"edit") + 9] ^= 1
    content[content.index(b"here", content.index(b"IMG_1"))] ^= 1
    content[content.rindex(b"PK\1\2", 0, content.rindex(b"b.MOV")) + 8] |= 1
    Path("a.zip").write_bytes(content)
    done = run("predict", "a.zip", "--save", "./")
    assert done.returncode == 3
    first, unread, named, photo, *closing = done.stderr.splitlines()
    assert (first, unread) == ("3 photos, 1 face: 1 happy.", "2 of 3 photos could not be read:")
    assert named.startswith("  a.zip/d.zip is damaged") and photo.startswith("  a.zip/IMG_1 is damaged")
    assert closing == [
        "Skipped 1 file (damaged, and not named like a photo): 1 .aae.",
        "Skipped 1 file (locked with a password, and not named like a photo): 1 .mov.",
        "Saved 1 picture in .",
    ]


def test_part_of_a_zip_is_told_what_to_do(
    run: Run, happy: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    part = b"PK\7\10" + packed([("a.jpg", happy)])[:900]
    Path("part.zip").write_bytes(part)
    Path("parts.zip").write_bytes(packed([("b/my part.zip", part)]))
    lines = [
        json.loads(line) for line in run("predict", "part.zip", "parts.zip", "--json").stdout.splitlines()
    ]
    assert [line["file"] for line in lines] == ["part.zip", "parts.zip/b/my part.zip"]
    assert "(zip -s 0 part.zip --out whole.zip)" in lines[0]["reason"]
    assert "(zip -s 0 'my part.zip' --out whole.zip)" in lines[1]["reason"]


def test_a_remark_on_a_zip_is_no_photo(
    run: Run, happy: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    whole = packed([("a.jpg", happy)])
    Path("before.zip").write_bytes(b"Sent from afar\n" + whole)
    done = run("predict", "before.zip", "--json")
    assert (done.returncode, done.stdout.count("\n")) == (0, 1)
    assert done.stderr.startswith(
        "before.zip has other bytes before the zip in it; what was found after them was read."
    )
    # Of the first zip, the list is lost; that of the zip in it is read.
    Path("cut.zip").write_bytes(packed([("1.jpg", happy), ("in.zip", whole)])[:-60])
    done = run("predict", "cut.zip", "--save", "boxes")
    assert done.returncode == 3
    first, remark, _ = done.stderr.splitlines()
    assert first == "1 photo, 1 face: 1 happy."
    assert (
        remark.startswith("cut.zip is damaged: its list lacks") and "those that it names were read" in remark
    )


def test_a_temporary_folder_without_room_is_named(
    run: Run, happy: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = pytest.importorskip("resource")
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile("a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("in.zip", b"PK\3\4" + bytes(33 << 20))
        archive.writestr("a.jpg", happy)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    try:
        done = run("predict", "a.zip", "--json")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    unread, read = map(json.loads, done.stdout.splitlines())
    assert done.returncode == 3 and read["readings"]
    assert f"the temporary folder ({tempfile.gettempdir()}: File too large)" in unread["reason"]


def test_a_limit_of_a_zip_is_told(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("many.zip").write_bytes(packed((f"{number}.txt", b"x") for number in range(20_001)))
    done = run("predict", "many.zip")
    assert "many.zip holds more than 20,000 files, which is the most that is read of a zip" in done.stderr


def test_a_zip_of_which_nothing_was_read_is_not_said_to_have_no_photos(
    run: Run, happy: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    long = "a" * 60_000
    Path("long.zip").write_bytes(packed((f"{long}{number}.jpg", happy) for number in range(180)))
    Path("empty").mkdir()
    done = run("predict", "./long.zip", "empty")
    assert done.returncode == 3
    assert "long.zip holds more than 20,000 files" in done.stderr
    assert "No photos in empty." in done.stderr and done.stderr.count("No photos") == 1


def test_files_of_one_name_have_a_picture_and_a_name_each(run: Run, happy: bytes, tmp_path: Path) -> None:
    content = packed([("a.jpg", happy), ("b.jpg", happy)]).replace(b"b.jpg", b"a.jpg")
    (tmp_path / "twins.zip").write_bytes(content)
    done = run("predict", tmp_path / "twins.zip", "--save", tmp_path / "boxes", "--json")
    names = [json.loads(line)["file"] for line in done.stdout.splitlines()]
    assert names == [f"{tmp_path / 'twins.zip'}/a.jpg", f"{tmp_path / 'twins.zip'}/a.jpg (2)"]
    assert {path.name for path in (tmp_path / "boxes").iterdir()} == {"a.jpg", "a-2.jpg"}


def test_progress_counts_what_may_be_photos(happy: bytes, tmp_path: Path) -> None:
    names = ["a.JPG", "b", "c.zip", *(f"{number}.mov" for number in range(9)), ".hidden.jpg"]
    (tmp_path / "a.zip").write_bytes(packed((name, b"x") for name in names))
    given = GivenPhotos([str(tmp_path / "a.zip")])
    assert given.count() == 3 and given.has_zips
    (tmp_path / "a.zip").unlink()
    assert [photo.source for photo in given.files()] == [tmp_path / "a.zip"], (
        "the reader says that it is gone"
    )
    assert given.count() == 1


def test_a_text_that_is_named_as_a_zip_is_no_zip(run: Run, happy: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(happy)
    (tmp_path / "c.zip").write_bytes(b"milk")
    assert "Skipped 1 file (the content is no picture): 1 .zip." in run("predict", tmp_path, "--json").stderr


def test_a_photo_in_a_zip_cannot_be_named_by_itself(
    run: Run, happy: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("album.zip").write_bytes(packed([("beach/ana.jpg", happy)]))
    Path("ana.jpg").write_bytes(happy)
    done = run("predict", "album.zip/beach/ana.jpg", "ana.jpg/ana.jpg", "ana.jpg")
    assert done.returncode == 3 and "Errno" not in done.stdout
    assert (
        "album.zip/beach/ana.jpg could not be opened: a photo in a zip cannot be named by itself. "
        "Have `emotion-classifier predict` read all of album.zip, or unpack it." in done.stdout
    )
    assert "ana.jpg/ana.jpg does not exist: ana.jpg is a file, not a folder." in done.stdout
    assert "face 1: happy" in done.stdout


@pytest.mark.parametrize("files", [[], [("notes.txt", b"milk")]])
def test_a_zip_without_photos_fails_as_an_empty_folder_does(
    run: Run, files: list[tuple[str, bytes]], tmp_path: Path
) -> None:
    (tmp_path / "a.zip").write_bytes(packed(files))
    done = run("predict", tmp_path / "a.zip")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith(f"Error: No photos in {tmp_path / 'a.zip'}.\n")


def test_no_zip_is_written_over(run: Run, mixed: str) -> None:
    before = Path(mixed).read_bytes()
    for option in ("--csv", "--parquet", "--save"):
        done = run("predict", mixed, option, mixed)
        assert done.returncode == 2 and "Traceback" not in done.stderr
    assert Path(mixed).read_bytes() == before
