"""Folders are walked: which photos are found, in which order, and what is passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from emotion_classifier.errors import UnreadablePhotoError
from emotion_classifier.photo import find_photos, read_photo


def test_find_photos(tmp_path: Path) -> None:
    for name in ("b/2.JPG", "b/1.png", "a/x.heic", "top.webp", "notes.txt", ".hidden.jpg", ".cache/y.jpg"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    (tmp_path / "a" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "broken.jpg").symlink_to(tmp_path / "nowhere")
    found = [path.relative_to(tmp_path).as_posix() for path in find_photos(tmp_path)]
    assert found == ["a/x.heic", "b/1.png", "b/2.JPG", "broken.jpg", "top.webp"]


def test_find_photos_yields_a_file_whatever_its_name(tmp_path: Path) -> None:
    assert list(find_photos(tmp_path / "notes.txt")) == [tmp_path / "notes.txt"]
    assert list(find_photos(str(tmp_path))) == []


def test_find_photos_goes_on_after_what_cannot_be_reached(tmp_path: Path) -> None:
    too_long = "a" * 300
    for name in ("1.jpg", "3"):  # Python raises an error where it is asked whether they are folders.
        (tmp_path / name).symlink_to(too_long)
    (tmp_path / "2.jpg").touch()
    passed: dict[str, str] = {}
    found = find_photos(
        tmp_path,
        leave_out=tmp_path / "not there yet",
        passed_over=lambda path, reason: passed.update({path.name: reason}),
    )
    assert [path.name for path in found] == ["1.jpg", "2.jpg"]
    assert passed == {"3": "the file cannot be opened"}
    with pytest.raises(UnreadablePhotoError, match="could not be opened"):
        read_photo(tmp_path / "1.jpg")
    assert list(find_photos(too_long)) == [Path(too_long)]


def test_find_photos_says_what_it_passes_over_and_leaves_a_folder_out(tmp_path: Path) -> None:
    for name in ("a.jpg", "notes.txt", "boxes/b.jpg", "boxes/c.txt", ".hidden.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    passed: dict[str, str] = {}
    found = find_photos(
        tmp_path,
        leave_out=tmp_path / "boxes",
        passed_over=lambda path, reason: passed.update({path.name: reason}),
    )
    assert [path.name for path in found] == ["a.jpg"]
    assert passed == {"notes.txt": "the content is no picture"}


def test_content_decides_where_the_ending_does_not(astronaut_file: Path, tmp_path: Path) -> None:
    content = astronaut_file.read_bytes()
    for name in ("b", "c.jpg_large", "g.mpo", "h.JPG"):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "notes.txt").write_text("BMI and other numbers")
    (tmp_path / "@eaDir").mkdir()
    (tmp_path / "@eaDir" / "thumbnail.jpg").write_bytes(content)
    assert [path.name for path in find_photos(tmp_path)] == ["b", "c.jpg_large", "g.mpo", "h.JPG"]
