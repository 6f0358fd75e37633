"""Copies and people are the same groups wherever photos are split, trained on, folded or counted."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps
from rich.console import Console

pytest.importorskip("sklearn")
pytest.importorskip("cleanlab")
pytest.importorskip("fairlearn")

from emotion_classifier.checks import CheckOptions, check
from emotion_classifier.cleaning.split_folder import SplitOptions, split_folder
from emotion_classifier.data import Dataset, read_folder
from emotion_classifier.data.fingerprint import Fingerprints, fingerprint_of
from emotion_classifier.data.groups import independent_groups, names_people
from emotion_classifier.data.twins import Twins
from emotion_classifier.errors import DatasetError
from emotion_classifier.evaluation.compare import compare
from emotion_classifier.evaluation.evaluate import evaluate, evaluation_of
from emotion_classifier.evaluation.intervals import bootstrap, effective_number, wilson
from emotion_classifier.evaluation.predictions import Predictions, predict_dataset, predict_grouped
from emotion_classifier.experiments.cross_validation import fold_groups
from emotion_classifier.faces.cache import FaceCache
from emotion_classifier.faces.face import Found
from emotion_classifier.faces.pipeline import FacePipeline
from emotion_classifier.fairness.audit import audit, audit_predictions, prepare
from emotion_classifier.fairness.survey import AuditOptions
from emotion_classifier.model.bundle import MODEL, Bundle, save_bundle
from emotion_classifier.model.preprocessing import Preprocessing
from emotion_classifier.report.evaluation_table import render
from emotion_classifier.training.inputs import prepare_inputs

# Who is in which photo, as people write it; the rest say nothing.
WRITTEN = {
    "happy/04.jpg": "Ann",
    "sad/04.jpg": " ann",
    "happy/05.jpg": "unknown",
    "happy/06.jpg": "n/a",
    "sad/05.jpg": "  ",
}


@pytest.fixture(scope="module")
def folder(rendered_faces: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 faces, copies of three of them, and a column that names one person in two spellings."""
    root = tmp_path_factory.mktemp("copies")
    for label in ("happy", "sad"):
        (root / label).mkdir()
        for photo in sorted((rendered_faces / label).glob("*.jpg")):
            (root / label / photo.name).write_bytes(photo.read_bytes())
    for number in ("01", "02", "03"):
        picture = Image.open(root / "happy" / f"{number}.jpg")
        width, height = picture.size
        cut = (0.06 * width, 0.05 * height, 0.97 * width, 0.96 * height)
        picture.save(root / "happy" / f"{number}-again.jpg", quality=60)
        ImageOps.mirror(picture).save(root / "happy" / f"{number}-mirrored.png")
        picture.crop(tuple(map(round, cut))).save(root / "happy" / f"{number}-cropped.png")
    with (root / "metadata.csv").open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(
            [("file_name", "identity", "light"), *((*each, "day") for each in WRITTEN.items())]
        )
    return root


@pytest.fixture(scope="module")
def data(folder: Path) -> Dataset:
    return read_folder(folder)


def sets(groups: np.ndarray, ids: tuple[str, ...]) -> set[frozenset[str]]:
    """Photos of each group of two or more, by name."""
    members = (np.flatnonzero(groups == group) for group in np.unique(groups))
    return {frozenset(ids[row] for row in rows) for rows in members if len(rows) > 1}


@pytest.fixture(scope="module")
def expected(data: Dataset) -> set[frozenset[str]]:
    named = [
        frozenset(f"happy/{number}{copy}" for copy in (".jpg", "-again.jpg", "-mirrored.png", "-cropped.png"))
        for number in ("01", "02", "03")
    ]
    return {*named, frozenset({"happy/04.jpg", "sad/04.jpg"})}


def test_check_and_split(folder: Path, data: Dataset, expected: set[frozenset[str]], tmp_path: Path) -> None:
    assert (
        sets(check(data, options=CheckOptions(group_column="IDENTITY")).context.people, data.ids) == expected
    )
    result = split_folder(folder, out=tmp_path / "split.csv", options=SplitOptions(0.2, 0.2))
    assert sets(result.groups, data.ids) == expected and result.people


@pytest.mark.parametrize("looks_at", ["face", "photo"])
def test_train_and_folds(looks_at: str, data: Dataset, expected: set[frozenset[str]], tmp_path: Path) -> None:
    assert sets(fold_groups(data, "Identity "), data.ids) == expected
    preprocessing = Preprocessing(input=looks_at, height=32, width=32)
    for _ in range(2):  # The second time from the file that the first has left.
        inputs = prepare_inputs(data, preprocessing, cache=tmp_path, with_prints=True)
        grouped = inputs.grouped(data, column="identity")
        assert grouped.groups is not None
        assert sets(grouped.groups, data.take(inputs.rows).ids) == expected
    assert len(list(tmp_path.glob("*.npz"))) == 1


def test_inputs_kept_without_fingerprints_are_made_anew(data: Dataset, tmp_path: Path) -> None:
    preprocessing = Preprocessing(input="face", height=32, width=32)
    few = data.take(range(4))
    assert prepare_inputs(few, preprocessing, cache=tmp_path).prints is None
    assert prepare_inputs(few, preprocessing, cache=tmp_path, with_prints=True).prints is not None


def test_evaluate_compare_and_audit(data: Dataset, expected: set[frozenset[str]], tmp_path: Path) -> None:
    bundle, n = Bundle.default(), len(data) - 3 * 3 - 1
    predictions = predict_grouped(bundle, data)
    assert predictions.groups is not None and sets(predictions.groups, data.ids) == expected
    evaluation = evaluate(bundle, data)
    assert (evaluation.photos, evaluation.groups) == (len(data), n)
    console = Console(file=io.StringIO(), width=200)
    console.print(render(evaluation))
    assert f"{len(data)} photos in {n} groups" in console.file.getvalue()  # type: ignore[attr-defined]
    with pytest.raises(DatasetError, match="no column 'person'"):
        evaluate(bundle, data, column="person")
    other = bundle.config.model_copy(update={"id": "other"})
    save_bundle(tmp_path / "b", onnx=(bundle.path / MODEL).read_bytes(), config=other, card="# Other")
    comparison = compare(bundle, Bundle.load(tmp_path / "b"), data)
    assert comparison.verdict.groups == n
    assert comparison.metrics["accuracy"].a == evaluation.metrics["accuracy"]
    result = audit(bundle, data, ["light"], options=AuditOptions(rounds=100))
    assert {each.group: each.people for each in result.groups} == {"day": 4, "(not said)": n - 4}


class Counting(FaceCache):
    looked = 0

    def recall(self, how: str, photo: np.ndarray, find: Callable[[], Found]) -> Found:
        def counted() -> Found:
            self.looked += 1
            return find()

        return super().recall(how, photo, counted)


def test_faces_are_found_once_for_readings_and_groups(data: Dataset) -> None:
    cache = Counting()
    fresh = replace(data, sources=tuple(source.read_bytes() + b"\0" for source in data.sources))  # type: ignore[union-attr]
    predict_grouped(Bundle.default(), fresh, face_cache=cache)
    predict_dataset(Bundle.default(), fresh, face_cache=cache)
    assert cache.looked == len(cache) == len(data)


def of_people(make: Callable[..., Predictions], people: int, photos: int) -> Predictions:
    """Predictions about people of whom some are easier to read than others."""
    generator = np.random.default_rng(5)
    person = np.repeat(np.arange(people), photos)
    truth = generator.choice(["happy", "sad"], len(person))
    right = generator.random(len(person)) < generator.beta(3, 1, people)[person]
    said = np.where((truth == "happy") == right, 0.9, 0.1)
    return replace(make(truth.tolist(), said.tolist()), groups=person)


def test_evaluate_and_audit_give_one_interval(known_predictions: Callable[..., Predictions]) -> None:
    predictions = of_people(known_predictions, 80, 25)
    data = Dataset(
        ("happy", "sad"), (b"",) * 2000, np.eye(2, dtype=np.float32)[predictions.y_true],
        tuple(map(str, range(2000))), ("",) * 2000, (False,) * 2000, {"light": ("day", "night") * 1000},
    )  # fmt: skip
    evaluated = evaluation_of("m", predictions).metrics
    audited = audit_predictions(predictions, prepare(data, ["light"], AuditOptions(rounds=100))).overall
    for name in ("accuracy", "label_accuracy", "label_recall_sad", "faces_found"):
        assert evaluated[name].to_dict() == audited[name].to_dict(), name
    blind = evaluation_of("m", replace(predictions, groups=None)).metrics["accuracy"]
    assert evaluated["accuracy"].low < blind.low < blind.value < blind.high < evaluated["accuracy"].high  # type: ignore[operator]


def test_independent_photos_have_the_intervals_they_had(
    known_predictions: Callable[..., Predictions],
) -> None:
    predictions = of_people(known_predictions, 60, 1)
    alone = evaluation_of("m", replace(predictions, groups=None))
    # Whatever numbers the groups have.
    for groups in (np.arange(60), np.random.default_rng(0).permutation(60) * 7):
        assert evaluation_of("m", replace(predictions, groups=groups)).to_dict() == alone.to_dict()
    right = int(predictions.correct.sum())
    assert alone.metrics["accuracy"] == wilson(right, 60)
    rate = predictions.correct.astype(float)
    assert bootstrap(lambda rows: float(rate[rows].mean()), 60, groups=groups) == bootstrap(
        lambda rows: float(rate[rows].mean()), 60
    )


def test_the_effective_number_holds_the_truth_about_few_people() -> None:
    """Of 300 draws of 20 people with 25 photos, 95 in 100 intervals hold the share; counting photos, 73."""
    from emotion_classifier.evaluation.intervals import score_interval

    generator, person = np.random.default_rng(0), np.repeat(np.arange(20), 25)
    held = {"people": 0, "photos": 0}
    for _ in range(300):
        hits = (generator.random(500) < generator.beta(7.2, 1.8, 20)[person]).astype(np.float64)
        for name, n in (("people", effective_number(hits, person)), ("photos", 500.0)):
            low, high = score_interval(float(hits.mean()), n)
            held[name] += low <= 0.8 <= high
    assert 0.92 < held["people"] / 300 < 0.98
    assert held["photos"] / 300 < 0.85


def test_nobody_is_not_one_person(data: Dataset) -> None:
    few = data.take([12, 13, 14, 15, 16, 17])
    for nobody in ((None,) * 6, (None, float("nan"), "", "  ", "n/a", "Unknown")):
        assert len(set(independent_groups(replace(few, columns={"identity": nobody})))) == 6
    named = replace(few, columns={"person": ("Ann", "ann ", "ANN", 7, "7", None)})
    assert len(set(independent_groups(named))) == 6
    assert independent_groups(named, column="person").tolist() == [0, 0, 0, 3, 3, 5]


def test_the_column_of_people_is_found_whatever_its_capitals() -> None:
    who = ("Ann", "ann", "Bob")
    named = Dataset(
        ("happy",),
        (b"",) * 3,
        np.ones((3, 1), np.float32),
        ("1", "2", "3"),
        ("",) * 3,
        (False,) * 3,
        {"Identity": who},
    )
    for column in ("identity", "Identity", "IDENTITY "):
        assert independent_groups(named, column=column, twins=Twins(3, ())).tolist() == [0, 0, 2]
        assert names_people(named, column)
    with pytest.raises(DatasetError, match="no column 'person'"):
        independent_groups(named, column="person")
    twice = replace(named, columns={"Identity": who, "IDENTITY": who})
    with pytest.raises(DatasetError, match="Did you mean 'Identity' or 'IDENTITY'"):
        independent_groups(twice)


def test_a_fingerprint_knows_its_mirror_image(rendered_faces: Path) -> None:
    pipeline = FacePipeline()
    photo = pipeline.open(next(rendered_faces.rglob("*.jpg")))
    mirrored = pipeline.open(np.ascontiguousarray(photo.pixels[:, ::-1]))
    own, other = fingerprint_of(photo), fingerprint_of(mirrored)
    assert (own.mirrored_bits == other.bits).all() and (own.bits == other.mirrored_bits).all()
    both = Fingerprints.of([own, None, other], n=3)
    assert both.readable.tolist() == both.with_face.tolist() == [True, False, True]
    assert both.take(np.array([2])).join(both).readable.tolist() == [True, True, False, True]
