"""What the dataset doctor finds, and what it keeps quiet about."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from importlib import util
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter, ImageOps

from emotion_classifier.checks import CHECKS, CheckOptions, Finding, check
from emotion_classifier.checks.quality import QualityCheck
from emotion_classifier.data import Dataset, open_dataset
from emotion_classifier.errors import DatasetError
from emotion_classifier.faces.quality import FaceQuality, QualityLimits

pytest.importorskip("cleanlab")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def faces(rendered_faces: Path, tmp_path: Path) -> Path:
    """A folder of one's own: the rendered faces by class."""
    folder = tmp_path / "photos"
    shutil.copytree(rendered_faces, folder, ignore=shutil.ignore_patterns("*.md", "*.csv"))
    return folder


def one_of(folder: Path, label: str, number: int = 0) -> Path:
    return sorted((folder / label).iterdir())[number]


def findings(folder: Path | Dataset, code: str, **options: object) -> list[Finding]:
    dataset = folder if isinstance(folder, Dataset) else open_dataset(folder)
    result = check(dataset, options=CheckOptions(**options))  # type: ignore[arg-type]
    return [finding for finding in result.findings if finding.code == code]


def test_files_that_are_no_photos_are_named_with_their_reason(faces: Path) -> None:
    whole = one_of(faces, "happy").read_bytes()
    (faces / "happy" / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (faces / "sad" / "empty.jpg").write_bytes(b"")
    (faces / "sad" / 'a "quoted"\nname.png').write_text("no picture")
    found = {finding.files[0]: finding.message for finding in findings(faces, "DATA001")}
    assert set(found) == {"happy/cut.jpg", "sad/empty.jpg", 'sad/a "quoted"\nname.png'}
    assert "empty" in found["sad/empty.jpg"]


def test_equal_files_and_two_labels_for_one_picture(faces: Path) -> None:
    shutil.copy(one_of(faces, "happy"), faces / "sad" / "copy.png")
    result = check(open_dataset(faces))
    by_code = {finding.code: finding for finding in result.findings}
    pair = {f"happy/{one_of(faces, 'happy').name}", "sad/copy.png"}
    assert set(by_code["DATA002"].files) == pair
    assert set(by_code["DATA004"].files) == pair
    assert result.findings[0].severity == "error"


@pytest.mark.parametrize("change", ["encoded", "smaller", "mirrored", "cropped"])
def test_copies_made_anew_are_found(astronaut: np.ndarray, faces: Path, change: str) -> None:
    picture = Image.fromarray(astronaut)
    picture.save(faces / "happy" / "original.png")
    copies = {
        "encoded": picture,
        "smaller": picture.resize((360, 360)),
        "mirrored": ImageOps.mirror(picture),
        "cropped": picture.crop((40, 10, 500, 470)),
    }
    copies[change].save(faces / "happy" / "copy.jpg", quality=80)
    (found,) = findings(faces, "DATA003")
    assert set(found.files) == {"happy/original.png", "happy/copy.jpg"}


def test_different_faces_are_no_duplicates(faces: Path) -> None:
    assert not findings(faces, "DATA002") + findings(faces, "DATA003") + findings(faces, "DATA004")


def test_no_face_and_blurred_face(astronaut: np.ndarray, faces: Path) -> None:
    Image.new("RGB", (80, 60), "grey").save(faces / "happy" / "wall.png")
    Image.fromarray(astronaut).filter(ImageFilter.GaussianBlur(5)).save(faces / "happy" / "soft.png")
    found = {
        (finding.code, finding.files[0]) for finding in check(open_dataset(faces)).findings if finding.files
    }
    assert ("DATA005", "happy/wall.png") in found
    assert ("DATA008", "happy/soft.png") in found


@pytest.mark.parametrize(
    ("code", "measured"),
    [
        ("DATA007", {"eye_distance": 5.0}),
        ("DATA009", {"contrast": 0.001, "brightness": 0.02}),
        ("DATA009", {"blown_out": 0.8}),
        ("DATA018", {"turn": 80.0}),
    ],
)
def test_what_a_bad_face_is_called(code: str, measured: dict[str, float]) -> None:
    fair = FaceQuality(40.0, 5.0, 0.4, brightness=0.5, contrast=0.2, blown_out=0.0, margin=1.0)
    checks = [one for one in CHECKS if isinstance(one, QualityCheck)]
    limits = QualityLimits()
    assert not any(one.judge(fair, limits, sized=True) for one in checks)
    said = [one.code for one in checks if one.judge(replace(fair, **measured), limits, sized=True)]
    assert said == [code]


def test_wrong_labels_are_found_and_right_ones_left_alone(shared_data: Path) -> None:
    dataset = open_dataset(shared_data / "ferplus").with_split("validation")
    clear = np.flatnonzero((dataset.targets.max(axis=1) >= 0.9) & np.isin(dataset.hard, (0, 2)))
    rows = np.concatenate([clear[dataset.hard[clear] == label][:100] for label in (0, 2)])
    chosen = dataset.take(rows)
    targets = chosen.targets.copy()
    flipped = np.arange(0, len(rows), 10)
    targets[flipped] = targets[flipped][:, [2, 1, 0, 3]]
    found = findings(replace(chosen, targets=targets), "DATA010")
    named = {finding.files[0] for finding in found}
    planted = {chosen.ids[row] for row in flipped}
    assert len(named & planted) >= 0.8 * len(planted)
    assert len(named & planted) >= 0.7 * len(named)
    assert all(finding.evidence["suggested_label"] in ("happy", "sad") for finding in found)


def test_rare_class_unclear_names_and_few_photos(faces: Path) -> None:
    for number in range(4, 0, -1):
        for photo in sorted((faces / "sad").iterdir())[number * 2 :]:
            photo.unlink()
    (faces / "banana").mkdir()
    shutil.copy(one_of(faces, "sad"), faces / "banana" / "x.png")
    (faces / "Smiling").mkdir()
    shutil.copy(one_of(faces, "sad", 1), faces / "Smiling" / "y.png")
    found = check(open_dataset(faces)).findings
    names = [finding.message for finding in found if finding.code == "DATA016"]
    assert any("banana" in message for message in names)
    assert any("Smiling" in message for message in names)
    assert any(finding.code == "DATA012" for finding in found)
    (few,) = [finding for finding in found if finding.code == "DATA015"][:1]
    assert few.evidence["needed"] == 385


def test_splits_that_share_a_picture_or_a_person(faces: Path) -> None:
    first, second, third = (one_of(faces, "happy", number).name for number in range(3))
    shutil.copy(faces / "happy" / first, faces / "happy" / "zz.png")
    rows = [(first, "train", "ann"), ("zz.png", "test", ""), (second, "train", "bob"), (third, "test", "bob")]
    table = "".join(f"happy/{name},{split},{person}\n" for name, split, person in rows)
    (faces / "metadata.csv").write_text(f"file_name,split,person\n{table}happy/gone.png,test,eve\n")
    found = findings(faces, "DATA014", group_column="person")
    assert {frozenset(finding.files) for finding in found} == {
        frozenset({f"happy/{first}", "happy/zz.png"}),
        frozenset({f"happy/{second}", f"happy/{third}"}),
    }
    missing = findings(faces, "DATA017")
    assert any(finding.files == ("happy/gone.png",) for finding in missing)
    assert any("without a row" in finding.message for finding in missing)


def test_light_that_tells_the_class_is_found(plain_folder: Path) -> None:
    rng = np.random.default_rng(1)
    for number in range(20):
        for label, low in (("Happy", 150), ("Sad", 0)):
            pixels = rng.integers(low, low + 100, (40, 50, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(plain_folder / label / f"more-{number}.png")
    (found,) = findings(plain_folder, "DATA013")
    assert found.evidence["what"] == "the picture outside the face"
    assert found.evidence["balanced_accuracy"]["value"] > 0.9


def test_light_that_tells_nothing_is_not(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    for number in range(40):
        label = ("Happy", "Sad")[number % 2]
        (tmp_path / label).mkdir(exist_ok=True)
        low = int(rng.integers(0, 150))
        pixels = rng.integers(low, low + 100, (40, 50, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / label / f"{number}.png")
    assert not findings(tmp_path, "DATA013")


def test_an_empty_dataset_and_one_class(faces: Path) -> None:
    with pytest.raises(DatasetError, match="no labelled photos"):
        check(open_dataset(faces).take([]))
    shutil.rmtree(faces / "sad")
    assert not findings(faces, "DATA010")


def test_lines_of_json_and_codes(faces: Path) -> None:
    for finding in check(open_dataset(faces)).findings:
        line = json.loads(json.dumps(finding.to_dict()))
        assert set(line) == {"code", "title", "severity", "files", "evidence"}
    codes = [one.code for one in CHECKS]
    assert codes == sorted(set(codes))


def test_the_documentation_has_every_finding_as_it_is() -> None:
    place = ROOT / "tools" / "finding_pages.py"
    if not place.is_file():
        pytest.skip("the repository's tools are not here")
    spec = util.spec_from_file_location("finding_pages", place)
    assert spec and spec.loader
    tool = util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    for name, text in tool.pages().items():
        assert (tool.FOLDER / name).read_text(encoding="utf-8") == text, f"run tools/finding_pages.py: {name}"


def test_one_class_alone_is_an_error(faces: Path) -> None:
    shutil.rmtree(faces / "sad")
    (missing,) = findings(faces, "DATA019")
    assert missing.severity == "error"
    assert "sad" in missing.message


def test_class_folders_further_down_and_photos_beside_them(faces: Path) -> None:
    below = faces / "study" / "day1" / "happy"
    below.mkdir(parents=True)
    shutil.copy(one_of(faces, "happy"), below / "x.png")
    shutil.copy(one_of(faces, "happy", 1), faces / "stray.png")
    (unclear,) = findings(faces, "DATA016")
    assert "study/day1" in unclear.message
    assert ("stray.png",) in [finding.files for finding in findings(faces, "DATA017")]


def test_a_label_that_contradicts_its_folder(faces: Path) -> None:
    name = one_of(faces, "happy").name
    (faces / "metadata.csv").write_text(f"file_name,label\nhappy/{name},sad\n")
    assert (f"happy/{name}",) in [finding.files for finding in findings(faces, "DATA017")]
