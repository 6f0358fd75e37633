"""Of several copies of a picture the best is kept, whatever the files are called."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from findings_of_photos import found, ledger
from PIL import Image, ImageFilter, ImageOps

from emotion_classifier.checks import check
from emotion_classifier.cleaning.clean import CleanOptions, clean
from emotion_classifier.cleaning.decisions import Decision
from emotion_classifier.cleaning.plan import DROPPED
from emotion_classifier.data import read_folder

COPIES = ("Happy/01.jpg", "Happy/02.jpg", "Happy/03.jpg")


def kept(photos: Path, out: Path, **evidence: object) -> list[str]:
    clean(photos, out, findings=[found("DATA003", *COPIES, **evidence)])
    return [name for name in COPIES if ledger(out)[name]["action"] == "kept"]


@pytest.mark.parametrize("name", ["a_original.png", "z_original.png"])
def test_the_sharp_large_original_is_kept_whatever_its_name(
    astronaut: np.ndarray, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "photos" / "happy"
    folder.mkdir(parents=True)
    picture = Image.fromarray(astronaut)
    picture.save(folder / name)
    picture.filter(ImageFilter.GaussianBlur(8)).save(folder / "blurred.png")
    picture.resize((256, 256)).save(folder / "small.png")
    picture.resize((40, 40)).resize((1024, 1024)).save(folder / "enlarged.png")
    picture.save(folder / "compressed.jpg", quality=2)
    picture.convert("L").save(folder / "grey.png")
    findings = check(read_folder(folder.parent)).findings
    clean(folder.parent, tmp_path / "out", findings=findings)
    lines = ledger(tmp_path / "out")
    assert [file for file, line in lines.items() if line["action"] == "kept"] == [f"happy/{name}"]
    why = {file: line["reason"].partition(", which is kept: ")[2] for file, line in lines.items()}
    assert why == {
        f"happy/{name}": "",
        "happy/blurred.png": "its face is clearer",
        "happy/enlarged.png": "its face is clearer",
        "happy/small.png": "it has more pixels",
        "happy/compressed.jpg": "it is compressed less",
        "happy/grey.png": "it is in colour",
    }


UNKNOWN = "which is better cannot be told, and it is the first by name"
NO_MORE = "this one looks enlarged or blurred, and has no more detail"


@pytest.mark.parametrize(
    ("name", "change", "why"),
    [
        ("again", lambda photo: photo, UNKNOWN),
        ("mirrored", ImageOps.mirror, UNKNOWN),
        ("enlarged", lambda photo: photo.resize((1024, 1024)), NO_MORE),
        ("enlarged-mirrored", lambda photo: ImageOps.mirror(photo.resize((800, 800))), NO_MORE),
        ("blurred", lambda photo: photo.filter(ImageFilter.GaussianBlur(2)), NO_MORE),
    ],
)
def test_a_copy_made_of_the_original_is_not_preferred_to_it(
    astronaut_file: Path,
    tmp_path: Path,
    name: str,
    change: Callable[[Image.Image], Image.Image],
    why: str,
) -> None:
    folder = tmp_path / "photos" / "happy"
    folder.mkdir(parents=True)
    shutil.copy(astronaut_file, folder / "photo.jpg")
    with Image.open(astronaut_file) as photo:
        change(photo).save(folder / f"photo-{name}.jpg", quality=95)
    clean(folder.parent, tmp_path / "out", findings=check(read_folder(folder.parent)).findings)
    lines = ledger(tmp_path / "out")
    assert lines["happy/photo.jpg"]["action"] == "kept"
    reason = lines[f"happy/photo-{name}.jpg"]["reason"]
    assert reason == f"nearly the same picture as happy/photo.jpg, which is kept: {why}"


def resized(photo: Image.Image, share: float) -> Image.Image:
    size = (round(photo.width * share), round(photo.height * share))
    return photo.resize(size, Image.Resampling.BICUBIC)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda photo: resized(photo, 1.5), NO_MORE),
        (lambda photo: resized(photo, 2), NO_MORE),
        (lambda photo: resized(resized(photo, 0.4), 4), NO_MORE),
        (lambda photo: resized(resized(photo, 0.5), 2), NO_MORE),
        (lambda photo: photo.filter(ImageFilter.GaussianBlur(1.5)), NO_MORE),
        (lambda photo: resized(photo, 0.4), "it has more pixels"),
        (lambda photo: resized(photo, 0.67), "it has more pixels"),
    ],
)
def test_a_soft_original_is_kept_beside_its_copies(
    rendered_faces: Path, tmp_path: Path, change: Callable[[Image.Image], Image.Image], why: str
) -> None:
    folder = tmp_path / "photos" / "happy"
    folder.mkdir(parents=True)
    with Image.open(rendered_faces / "happy" / "01.jpg") as photo:
        photo.filter(ImageFilter.GaussianBlur(0.7)).save(folder / "z.jpg", quality=90)
    with Image.open(folder / "z.jpg") as original:
        change(original).save(folder / "a.jpg", quality=95)
    clean(folder.parent, tmp_path / "out", findings=check(read_folder(folder.parent)).findings)
    lines = ledger(tmp_path / "out")
    assert lines["happy/z.jpg"]["action"] == "kept"
    reason = f"nearly the same picture as happy/z.jpg, which is kept: {why}"
    assert lines["happy/a.jpg"]["reason"] == reason


@pytest.mark.parametrize(
    ("evidence", "best"),
    [
        ({}, 0),
        ({"sizes": [[60, 40], [60, 40], [60, 40]]}, 0),
        ({"sizes": [[60, 40], [40, 80], [70, 45]]}, 1),
        ({"sizes": [[90, 90], [50, 50], [40, 40]], "sharpness": [None, 0.38, 0.4]}, 1),
        # The blocks of strong compression pass for detail.
        ({"sharpness": [0.48, 0.42, 0.47], "jpeg_steps": [95.7, 34.5, 57.6]}, 1),
        # A finer step tells nothing: a copy saved anew has that of its last saving.
        ({"jpeg_steps": [34.5, 5.8, None]}, 0),
        ({"sizes": [[40, 40], [20, 20], [80, 80]], "real_sizes": [[20, 20], [20, 20], [20, 20]]}, 1),
        ({"sizes": "large", "sharpness": [1, 2], "in_colour": None, "jpeg_steps": ["a", [], {}]}, 0),
    ],
)
def test_what_decides(photos: Path, tmp_path: Path, evidence: dict[str, object], best: int) -> None:
    assert kept(photos, tmp_path / "out", **evidence) == [COPIES[best]]


def test_a_photo_that_somebody_decided_on_comes_before_better_ones(photos: Path, tmp_path: Path) -> None:
    findings = [found("DATA003", *COPIES, sizes=[[90, 90], [10, 10], [80, 80]])]
    clean(photos, tmp_path / "out", findings=findings, decisions=[Decision(COPIES[1], "reject")])
    lines = ledger(tmp_path / "out")
    assert lines[COPIES[1]]["action"] == "kept"
    assert lines[COPIES[0]]["reason"].endswith("which is kept: a person decided on it")


def test_the_best_under_each_label_is_kept_where_two_classes_are(photos: Path, tmp_path: Path) -> None:
    among = ("Happy/01.jpg", "Happy/02.jpg", "Sad/01.jpg", "Sad/02.jpg")
    sizes = [[10, 10], [20, 20], [30, 30], [40, 40]]
    findings = [found("DATA003", *among, sizes=sizes), found("DATA004", *among)]
    options = CleanOptions(drop=tuple(code for code in DROPPED if code != "DATA004"))
    clean(photos, tmp_path / "out", findings=findings, options=options)
    lines = ledger(tmp_path / "out")
    assert [name for name in among if lines[name]["action"] == "kept"] == ["Happy/02.jpg", "Sad/02.jpg"]
