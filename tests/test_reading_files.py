"""Files read in order by one process or several: all answered for, whatever one of them does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fragile import Fragile
from PIL import Image

from emotion_classifier import EmotionClassifier
from emotion_classifier.reading_files import TOGETHER, FileReading, PhotoFile, ReadingOptions, read_files


def read(files: Any, *, classifier: Any = None, **options: Any) -> list[FileReading]:
    found: list[FileReading] = []
    read_files(classifier or Fragile(), files, done=found.append, options=ReadingOptions(**options))
    return found


def written(folder: Path, contents: list[str]) -> list[PhotoFile]:
    files = [PhotoFile(folder / f"{number:03}") for number in range(len(contents))]
    for file, content in zip(files, contents, strict=True):
        Path(file.source).write_text(content)  # type: ignore[arg-type]
    return files


def test_several_processes_answer_in_the_order_of_the_files(tmp_path: Path) -> None:
    contents = ["fine"] * 40
    contents[0] = "slow"  # What comes after it is read before it.
    files = written(tmp_path, contents)
    alone, together = read(files), read(files, workers=3)
    assert together == alone, "and what is read together does not depend on the processes"
    assert [result.photo.file for result in alone] == [str(file.source) for file in files]


@pytest.mark.parametrize(
    ("content", "workers", "why"),
    [
        ("broken", 1, "ZeroDivisionError: division by zero"),
        ("broken", 2, "ZeroDivisionError: division by zero"),
        ("fatal", 2, "Its process ended with exit code 9"),
    ],
)
def test_one_file_costs_no_other(content: str, workers: int, why: str, tmp_path: Path) -> None:
    contents = ["fine"] * 2 * TOGETHER
    contents[3] = content
    found = [result.photo for result in read(written(tmp_path, contents), workers=workers)]
    assert len(found) == len(contents)
    assert found[3].file.endswith("003") and found[3].reason == f"{found[3].file} could not be read: {why}"
    assert [photo for photo in found if "could not be read" in str(photo.reason)] == [found[3]]


def test_files_are_taken_as_they_are_needed(tmp_path: Path) -> None:
    files = written(tmp_path, ["slow", *["fine"] * 400])
    taken: list[int] = []
    ahead: list[int] = []

    def stream() -> Iterator[PhotoFile]:
        for number, file in enumerate(files):
            taken.append(number)
            yield file

    def done(result: FileReading) -> None:
        ahead.append(len(taken) - len(ahead))

    read_files(Fragile(), stream(), done=done, options=ReadingOptions(workers=2))  # type: ignore[arg-type]
    assert len(ahead) == 401 and max(ahead) <= 8 * TOGETHER, "so that memory does not grow with the folder"


def test_pictures_with_boxes_replace_nothing(rendered_faces: Path, tmp_path: Path) -> None:
    photo = rendered_faces / "happy" / "01.jpg"
    taken = tmp_path / "01.jpg"
    taken.write_bytes(b"an original")
    files = [PhotoFile(photo, drawing=taken), PhotoFile(photo.read_bytes(), "piped in", taken)]
    first, second = read(files, classifier=EmotionClassifier())
    assert taken.read_bytes() == b"an original"
    assert (first.saved, second.saved) == (tmp_path / "01-2.jpg", tmp_path / "01-3.jpg")
    assert second.photo.file == "piped in" and second.photo.readings == first.photo.readings
    with Image.open(tmp_path / "01-2.jpg") as drawn, Image.open(photo) as original:
        assert drawn.format == "JPEG" and drawn.width >= original.width


def test_a_picture_that_cannot_be_saved_is_told_and_still_read(rendered_faces: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    photo = PhotoFile(rendered_faces / "happy" / "01.jpg", drawing=tmp_path / "file" / "01.jpg")
    (result,) = read([photo], classifier=EmotionClassifier())
    assert result.photo.readings and result.saved is None
    unsaved = str(result.unsaved)
    assert unsaved.startswith(f"{tmp_path / 'file'} cannot be written to (") and "Errno" not in unsaved
