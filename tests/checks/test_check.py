"""What the dataset doctor finds, and what it keeps quiet about."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from importlib import util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter, ImageOps

from emotion_classifier.checks import CHECKS, CheckContext, CheckOptions, Finding, check
from emotion_classifier.checks.context import ImageStats
from emotion_classifier.checks.copy_detail import jpeg_step
from emotion_classifier.checks.data011_ambiguous import Ambiguous
from emotion_classifier.checks.data013_shortcut import Shortcut
from emotion_classifier.checks.data017_metadata import Metadata
from emotion_classifier.checks.quality import QualityCheck
from emotion_classifier.checks.surroundings import describe_surroundings, is_in_colour, shrunk
from emotion_classifier.data import Dataset, merge, open_dataset
from emotion_classifier.data.labels import one_hot
from emotion_classifier.errors import DatasetError, UnknownCodeError
from emotion_classifier.faces.quality import FaceQuality, QualityLimits
from emotion_classifier.findings import Outcome, run_checks
from emotion_classifier.model.bundle import Bundle

pytest.importorskip("cleanlab")
ROOT = Path(__file__).parents[2]
Survey = Callable[..., CheckContext]
Find = Callable[..., list[Finding]]


@pytest.fixture
def faces(rendered_faces: Path, tmp_path: Path) -> Path:
    """A folder of one's own: the rendered faces by class."""
    folder = tmp_path / "photos"
    shutil.copytree(rendered_faces, folder, ignore=shutil.ignore_patterns("*.md", "*.csv"))
    return folder


def one_of(folder: Path, label: str, number: int = 0) -> Path:
    return sorted((folder / label).iterdir())[number]


@pytest.fixture
def findings(survey: Survey) -> Callable[..., list[Finding]]:
    """What the checks of some codes find in a folder or a dataset."""

    def find(folder: Path | Dataset, *codes: str, **options: Any) -> list[Finding]:
        dataset = folder if isinstance(folder, Dataset) else open_dataset(folder, tolerant=True)
        chosen = [one for one in CHECKS if one.code in codes]
        assert len(chosen) == len(codes)
        return list(run_checks(chosen, survey(dataset, **options)).findings)

    return find


@pytest.fixture
def outcomes(survey: Survey) -> Callable[..., dict[str, Outcome]]:
    """How each check of a folder ended, by code."""

    def run(folder: Path, *codes: str, ignore: tuple[str, ...] = ()) -> dict[str, Outcome]:
        chosen = [one for one in CHECKS if one.code in codes]
        checked = run_checks(chosen, survey(open_dataset(folder)), ignore=ignore)
        return {outcome.code: outcome for outcome in checked.outcomes}

    return run


def test_files_that_are_no_photos_are_named_with_their_reason(faces: Path, findings: Find) -> None:
    whole = one_of(faces, "happy").read_bytes()
    (faces / "happy" / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (faces / "sad" / "empty.jpg").write_bytes(b"")
    (faces / "sad" / 'a "quoted"\nname.png').write_text("no picture")
    found = {finding.files[0]: finding.message for finding in findings(faces, "DATA001")}
    assert set(found) == {"happy/cut.jpg", "sad/empty.jpg", 'sad/a "quoted"\nname.png'}
    assert "empty" in found["sad/empty.jpg"]


def test_an_odd_jpeg_does_not_stop_the_check(faces: Path, findings: Find) -> None:
    odd = faces / "happy" / "odd.jpg"
    Image.open(one_of(faces, "happy")).convert("L").save(odd, quality=50)
    content = bytearray(odd.read_bytes())
    # Its one table of steps is number 1 instead of 0.
    content[content.index(b"\xff\xdb") + 4] = content[content.index(b"\xff\xc0") + 12] = 1
    odd.write_bytes(content)
    assert not findings(faces, "DATA001")
    assert jpeg_step(bytes(content)) == pytest.approx(58, abs=1)
    # Of what Pillow calls a decompression bomb it warns, and that is none below the limit of photos.
    at = content.index(b"\xff\xc0") + 5
    content[at : at + 4] = (10_000).to_bytes(2) * 2
    assert jpeg_step(bytes(content)) == pytest.approx(58, abs=1)


def test_equal_files_and_two_labels_for_one_picture(faces: Path, findings: Find) -> None:
    shutil.copy(one_of(faces, "happy"), faces / "sad" / "copy.png")
    found = findings(faces, "DATA002", "DATA004")
    by_code = {finding.code: finding for finding in found}
    pair = {f"happy/{one_of(faces, 'happy').name}", "sad/copy.png"}
    assert set(by_code["DATA002"].files) == pair
    assert set(by_code["DATA004"].files) == pair
    assert found[0].severity == "error"


@pytest.mark.parametrize("change", ["encoded", "smaller", "mirrored", "cropped"])
def test_copies_made_anew_are_found(astronaut: np.ndarray, faces: Path, change: str, findings: Find) -> None:
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


def on_white(face: Path) -> Image.Image:
    with Image.open(face) as photo:
        white = Image.new("RGB", (photo.width * 9 // 4, photo.height * 9 // 4), "white")
        white.paste(photo, (photo.width * 5 // 8, photo.height * 5 // 8))
    return white


def test_different_people_before_one_plain_wall_are_no_duplicates_and_copies_are(
    rendered_faces: Path, tmp_path: Path, findings: Find
) -> None:
    folder = tmp_path / "photos"
    for label in ("happy", "sad"):
        (folder / label).mkdir(parents=True)
        for face in sorted((rendered_faces / label).glob("*.jpg"))[:6]:
            on_white(face).save(folder / label / face.name)
    assert not findings(folder, "DATA003", "DATA004")
    ImageOps.mirror(on_white(rendered_faces / "sad" / "01.jpg")).save(folder / "sad" / "copy.jpg", quality=60)
    (found,) = findings(folder, "DATA003")
    assert set(found.files) == {"sad/01.jpg", "sad/copy.jpg"}


def test_different_faces_are_no_duplicates(faces: Path, findings: Find) -> None:
    assert not findings(faces, "DATA002", "DATA003", "DATA004")


def test_no_face_and_blurred_face(astronaut: np.ndarray, faces: Path, findings: Find) -> None:
    Image.new("RGB", (80, 60), "grey").save(faces / "happy" / "wall.png")
    Image.fromarray(astronaut).filter(ImageFilter.GaussianBlur(5)).save(faces / "happy" / "soft.png")
    found = {(finding.code, finding.files[0]) for finding in findings(faces, "DATA005", "DATA008")}
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


@pytest.mark.parametrize(
    ("measured", "says"),
    [
        ({"sharpness": 0.21}, "Sharpness 0.210; at least 0.295 is needed."),
        ({"sharpness": 0.2948}, "Sharpness 0.2948; at least 0.2950 is needed."),
        (
            {"contrast": 0.00996},
            "The grey levels spread by 0.996 % of white; at least 1.000 % is needed.",
        ),
        ({"blown_out": 0.6504}, "65.04 % of the face is white; at most 65.00 % may be."),
        ({"turn": 64.2}, "The head is turned by about 64.2 degrees; at most 64.0 can be read."),
    ],
)
def test_a_figure_just_beyond_a_limit_does_not_look_like_the_limit(
    measured: dict[str, float], says: str
) -> None:
    fair = FaceQuality(40.0, 5.0, 0.4, brightness=0.5, contrast=0.2, blown_out=0.0, margin=1.0)
    limits = QualityLimits(min_sharpness=0.295, min_contrast=0.01, max_blown_out=0.65)
    checks = [one for one in CHECKS if isinstance(one, QualityCheck)]
    assert says in [one.judge(replace(fair, **measured), limits, sized=True) for one in checks]


def test_pixels_between_the_eyes_are_counted_as_predict_counts_them() -> None:
    face = FaceQuality(6.9, 5.0, 0.4, brightness=0.5, contrast=0.2, blown_out=0.0, margin=1.0)
    limits = QualityLimits()
    said = [one.judge(face, limits, sized=True) for one in CHECKS if isinstance(one, QualityCheck)]
    assert "6 pixels between the eyes, 7 are needed." in said
    assert "6 pixels between the eyes, 7 are needed" in (limits.reason(face) or "")


def test_wrong_labels_are_found_and_right_ones_left_alone(shared_data: Path, findings: Find) -> None:
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


def test_rare_class_unclear_names_and_few_photos(faces: Path, findings: Find) -> None:
    for number in range(4, 0, -1):
        for photo in sorted((faces / "sad").iterdir())[number * 2 :]:
            photo.unlink()
    (faces / "banana").mkdir()
    shutil.copy(one_of(faces, "sad"), faces / "banana" / "x.png")
    (faces / "Smiling").mkdir()
    shutil.copy(one_of(faces, "sad", 1), faces / "Smiling" / "y.png")
    found = findings(faces, "DATA012", "DATA015", "DATA016")
    names = [finding.message for finding in found if finding.code == "DATA016"]
    assert any("banana" in message for message in names)
    assert any("Smiling" in message for message in names)
    assert any(finding.code == "DATA012" for finding in found)
    (few,) = [finding for finding in found if finding.code == "DATA015"][:1]
    assert few.evidence["needed"] == 385


def test_splits_that_share_a_picture_or_a_person(faces: Path, findings: Find) -> None:
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
    assert "1 person (column person) has photos in more than one split." in [each.message for each in found]
    missing = findings(faces, "DATA017")
    assert any(finding.files == ("happy/gone.png",) for finding in missing)
    assert any("with nothing in the further columns" in finding.message for finding in missing)


def noise(labels: list[str], darkest: list[int]) -> CheckContext:
    """Photos without a face: noise, each as dark as given."""
    rng = np.random.default_rng(1)
    pictures = [rng.integers(low, low + 100, (40, 50, 3), dtype=np.uint8) for low in darkest]
    n = len(labels)
    dataset = Dataset(
        labels=("happy", "sad"),
        sources=(b"",) * n,
        targets=one_hot(labels, ("happy", "sad")),
        ids=tuple(f"{row}.png" for row in range(n)),
        splits=("",) * n,
        cropped=(False,) * n,
    )
    size = (50, 40)
    smalls = [shrunk(Image.fromarray(picture)) for picture in pictures]
    images = tuple(
        ImageStats(size=size, surroundings=describe_surroundings(small, [], size=size)) for small in smalls
    )
    return CheckContext(dataset, Bundle.default(), images, np.full((n, 2), np.nan))


def test_a_photo_is_in_colour_where_it_is_not_grey() -> None:
    grey = Image.effect_noise((120, 90), 60)
    tinted = Image.merge("RGB", (grey, grey, grey.point(lambda level: level * 0.9)))
    assert not is_in_colour(shrunk(grey.convert("RGB"))) and is_in_colour(shrunk(tinted))


def test_light_that_tells_the_class_is_found() -> None:
    (found,) = Shortcut().find(noise(["happy", "sad"] * 28, [150, 0] * 28))
    assert found.evidence["what"] == "the picture outside the face"
    assert found.evidence["balanced_accuracy"]["value"] > 0.9


def test_light_that_tells_nothing_is_not() -> None:
    darkest = np.random.default_rng(2).integers(0, 150, 40).tolist()
    assert not list(Shortcut().find(noise(["happy", "sad"] * 20, darkest)))


def test_that_people_would_call_it_neutral_is_told_as_an_estimate() -> None:
    context = noise(["happy", "sad"], [0, 0])
    labels = context.bundle.labels
    raw = np.stack([0.97 * np.eye(len(labels))[labels.index(name)] + 0.01 for name in ("happy", "neutral")])
    (found,) = Ambiguous().find(replace(context, raw=raw))
    assert re.search(
        r"the model estimates that about \d+ % of people would call it neutral\.$", found.message
    )


def test_an_empty_dataset_and_one_class(faces: Path, findings: Find) -> None:
    with pytest.raises(DatasetError, match="no labelled photos"):
        check(open_dataset(faces).take([]))
    shutil.rmtree(faces / "sad")
    assert not findings(faces, "DATA010")


def test_lines_of_json_and_codes(faces: Path) -> None:
    result = check(open_dataset(faces).take([0, 12]))
    assert result.findings
    for finding in result.findings:
        line = json.loads(json.dumps(finding.to_dict()))
        assert set(line) == {"code", "title", "severity", "files", "evidence"}
    assert [outcome.code for outcome in result.outcomes] == [one.code for one in CHECKS]
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


def test_one_class_alone_is_an_error(faces: Path, findings: Find) -> None:
    shutil.rmtree(faces / "sad")
    (missing,) = findings(faces, "DATA019")
    assert missing.severity == "error"
    assert "sad" in missing.message


def test_class_folders_further_down_and_photos_beside_them(faces: Path, findings: Find) -> None:
    below = faces / "study" / "day1" / "happy"
    below.mkdir(parents=True)
    shutil.copy(one_of(faces, "happy"), below / "x.png")
    shutil.copy(one_of(faces, "happy", 1), faces / "stray.png")
    (unclear,) = findings(faces, "DATA016")
    assert "study/day1" in unclear.message
    assert ("stray.png",) in [finding.files for finding in findings(faces, "DATA017")]


def test_a_label_that_contradicts_its_folder(faces: Path, findings: Find) -> None:
    name = one_of(faces, "happy").name
    (faces / "metadata.csv").write_text(f"file_name,label\nhappy/{name},sad\n")
    assert (f"happy/{name}",) in [finding.files for finding in findings(faces, "DATA017")]


def test_shards_of_parquet_contradict_no_folder() -> None:
    data = noise(["happy", "sad"], [0, 0]).dataset
    shards = merge(
        [replace(data, ids=(f"sad/{name}#0", f"sad/{name}#1")) for name in ("train.parquet", "test.parquet")]
    )
    context = CheckContext(shards, Bundle.default(), (ImageStats(),) * 4, np.full((4, 2), np.nan))
    assert not list(Metadata().find(context))


def test_metadata_rows_that_disagree_are_found_and_the_first_is_used(faces: Path, findings: Find) -> None:
    name = f"happy/{one_of(faces, 'happy').name}"
    (faces / "metadata.csv").write_text(f"file_name,age\n{name},30\n{name},40\n{name},50\n")
    with pytest.raises(DatasetError, match="disagree"):
        open_dataset(faces)
    (found,) = [each for each in findings(faces, "DATA017") if each.files == (name,)]
    assert "age: '30' and '40'" in found.message
    dataset = open_dataset(faces, tolerant=True)
    assert dataset.columns["age"][dataset.ids.index(name)] == "30"


def test_a_misspelt_class_is_asked_about_and_an_unlike_one_is_not(faces: Path, findings: Find) -> None:
    for name in ("Neutrall", "banana"):
        (faces / name).mkdir()
        shutil.copy(one_of(faces, "sad"), faces / name / "x.png")
    said = {finding.files[0]: finding.message for finding in findings(faces, "DATA016")}
    assert "Did you mean neutral?" in said["Neutrall/x.png"]
    assert "Did you mean" not in said["banana/x.png"]


def test_every_check_tells_how_it_ended(faces: Path, outcomes: Callable[..., dict[str, Outcome]]) -> None:
    shutil.copy(one_of(faces, "happy"), faces / "happy" / "copy.png")
    shutil.copy(one_of(faces, "happy"), faces / "sad" / "copy.png")
    ended = outcomes(faces, "DATA001", "DATA002", "DATA004", "DATA014", ignore=("DATA004",))
    assert {code: outcome.outcome for code, outcome in ended.items()} == {
        "DATA001": "passed",
        "DATA002": "findings",
        "DATA004": "ignored",
        "DATA014": "not applicable",
    }
    assert (ended["DATA002"].findings, ended["DATA014"].reason) == (1, "no splits")


def test_what_is_missing_is_why_a_check_does_not_apply(
    plain_folder: Path, outcomes: Callable[..., dict[str, Outcome]]
) -> None:
    for label in ("Happy", "Sad"):
        (plain_folder / "train").mkdir(exist_ok=True)
        shutil.move(plain_folder / label, plain_folder / "train" / label)
    ended = outcomes(plain_folder, "DATA008", "DATA010", "DATA013", "DATA014")
    assert {code: outcome.reason for code, outcome in ended.items()} == {
        "DATA008": "no face to measure",
        "DATA010": "no two classes have 10 independent photos with a readable face",
        "DATA013": "no two classes have 10 independent photos",
        "DATA014": "no second split, only train",
    }


def test_a_group_column_that_is_not_there_is_an_error(faces: Path) -> None:
    with pytest.raises(DatasetError, match="no column 'persn'"):
        check(open_dataset(faces), options=CheckOptions(group_column="persn"))


def test_an_unknown_code_cannot_be_ignored(faces: Path) -> None:
    with pytest.raises(UnknownCodeError, match="DATA099.*DATA001"):
        check(open_dataset(faces), options=CheckOptions(ignore=("DATA099",)))
