"""The study's protocol, the honest one beside it, and what a kill costs."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("keras")
pytest.importorskip("sklearn")

from emotion_classifier import recipes
from emotion_classifier.errors import DatasetError, RecipeError
from emotion_classifier.experiments.reproduce import ReproduceOptions, reproduce
from emotion_classifier.experiments.reproduce.flaws import price_flaws
from emotion_classifier.experiments.reproduce.schedule import jobs_of, stages
from emotion_classifier.experiments.reproduce.single_fit import Fit, fit_once
from emotion_classifier.experiments.reproduce.study import Study, load_study, study_split
from emotion_classifier.report.reproduction_table import to_markdown, write_results

QUICK = ReproduceOptions(recipes=("initial",), repeats=1, folds=2, epochs=1, spread=2)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Eight happy and eight sad squares, and a twin of the first."""
    root, rng = tmp_path_factory.mktemp("study"), np.random.default_rng(0)
    for label, low in (("Happy", 150), ("Sad", 0)):
        (root / label).mkdir()
        for number in range(8):
            pixels = rng.integers(low, low + 100, (40, 50, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / label / f"{number}.png")
    shutil.copy(root / "Happy" / "0.png", root / "Happy" / "twin.png")
    return load_study(root)


def fit(study: Study, test: list[int], p_sad: list[float], **changes: object) -> Fit:
    history = {"val_accuracy": [0.5, 0.75, 0.5], "val_loss": [0.7, 0.6, 0.8]}
    known = Fit("initial", 0, len(study) - len(test), test, history, p_sad, p_sad, 1.0)
    return replace(known, **changes)  # type: ignore[arg-type]


def test_happy_comes_first_and_twins_share_a_group(study: Study) -> None:
    assert study.sad.tolist() == [0] * 9 + [1] * 8
    assert study.pixels.shape == (17, 150, 150, 3)
    twins = [row for row, name in enumerate(study.dataset.ids) if name in ("Happy/0.png", "Happy/twin.png")]
    assert len(set(study.groups[twins])) == 1
    assert len(np.unique(study.groups)) == 16


def test_other_classes_are_refused(plain_folder: Path) -> None:
    (plain_folder / "Sad").rename(plain_folder / "neutral")
    with pytest.raises(DatasetError):
        load_study(plain_folder)


def test_folds_keep_twins_together_and_ungrouped_folds_do_not_care(study: Study) -> None:
    options = replace(QUICK, repeats=3)
    grouped = list(jobs_of("folds", "initial", study, options))
    assert len(grouped) == 6
    for job in grouped:
        assert not set(study.groups[job.train]) & set(study.groups[job.test])
        assert sorted([*job.train, *job.test]) == list(range(17))
    ungrouped = list(jobs_of("ungrouped", "initial", study, options))
    assert any(set(study.groups[job.train]) & set(study.groups[job.test]) for job in ungrouped)


def test_no_two_fits_share_a_key(study: Study) -> None:
    options = ReproduceOptions(repeats=2, folds=3)
    steps = [step for step in stages(options) if step[0] != "search"]
    keys = [job.key for step in steps for job in jobs_of(*step, study, options)]
    assert len(keys) == len(set(keys)) == 7 + 7 * 6 + 2 * 10 + 2 * 6


def test_cheap_fits_come_first() -> None:
    order = list(stages(ReproduceOptions()))
    assert order[7] == ("search", "attempt_4")
    assert order.index(("folds", "attempt_3")) < order.index(("folds", "attempt_5"))
    assert all(stage in ("protocol", "search") for stage, _ in stages(ReproduceOptions(protocol_only=True)))


def test_unknown_recipe() -> None:
    with pytest.raises(RecipeError, match="attempt_5_batchnorm"):
        ReproduceOptions(recipes=("compact",)).chosen()


def test_prices_of_flaws_are_the_differences_they_claim(study: Study) -> None:
    half = np.array_split(np.arange(17), 2)
    right = [[0.1 if study.sad[row] < 0.5 else 0.9 for row in rows] for rows in half]
    wrong = [[1 - p for p in answers] for answers in right]
    folds = [
        fit(study, list(rows), good, p_sad_swapped=bad)
        for rows, good, bad in zip(half, right, wrong, strict=True)
    ]
    fits = {
        ("folds", "initial"): folds,
        ("folds", "attempt_1"): [replace(each, p_sad=each.p_sad_swapped) for each in folds],
        ("faces", "initial"): [replace(each, test=each.test[1:], p_sad=each.p_sad[1:]) for each in folds],
        ("splits", "initial"): folds,
    }
    prices = {flaw.name: flaw.price.value for flaw in price_flaws(study, fits, QUICK)}
    assert prices["the test photos also chose when to stop"] == pytest.approx(0.25)
    assert prices["the test photos also chose the model"] == pytest.approx(0.0)
    # initial loses everything, attempt_1 is wrong either way.
    assert prices["trained on BGR, served RGB"] == pytest.approx(0.5)
    assert prices["the whole frame squashed"] == pytest.approx(-np.mean([1 / 9, 1 / 8]))
    assert prices["shuffled without a seed"] == 0.0


def test_a_twin_in_training_is_priced(study: Study) -> None:
    twin = study.dataset.ids.index("Happy/twin.png")
    others = [row for row in range(17) if study.dataset.ids[row] not in ("Happy/0.png", "Happy/twin.png")][:3]
    test = [twin, *others]
    # Only the twin is right.
    answers = [0.1, *(0.9 if study.sad[row] < 0.5 else 0.1 for row in others)]
    (flaw,) = price_flaws(study, {("ungrouped", "initial"): [fit(study, test, answers)] * 2}, QUICK)
    assert flaw.price.value == pytest.approx(1 / 4)
    assert flaw.detail.startswith("2 such tests, 2 right")


@pytest.mark.slow
def test_one_fit(study: Study) -> None:
    train, test = np.arange(0, 17, 2), np.arange(1, 17, 2)
    done = fit_once(
        recipes.get_network("initial"), study.pixels, study.sad, train=train, test=test, seed=3, epochs=1
    )
    assert (done.train_rows, done.test) == (9, list(range(1, 17, 2)))
    assert {name: len(values) for name, values in done.history.items()} == {
        "accuracy": 1, "loss": 1, "val_accuracy": 1, "val_loss": 1,
    }  # fmt: skip
    assert np.mean(done.correct(study.sad)) == pytest.approx(done.history["val_accuracy"][0])
    # Grey noise: exchanging the channels changes the answers, if little.
    assert done.p_sad != done.p_sad_swapped
    assert Fit.from_dict(json.loads(json.dumps(done.to_dict()))) == done


def test_a_small_reproduction_and_its_resumption(rendered_faces: Path, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    shutil.copytree(rendered_faces, photos)
    shutil.copy(photos / "happy" / "01.jpg", photos / "happy" / "twin.jpg")
    (photos / "sad" / "broken.jpg").write_bytes(b"no picture")
    study, out = load_study(photos), tmp_path / "out"
    trained: list[int] = []

    def guess(
        recipe: recipes.Recipe,
        pixels: object,
        sad: object,
        *,
        train: np.ndarray,
        test: np.ndarray,
        seed: int,
        epochs: int,
    ) -> Fit:
        trained.append(seed)
        answers = np.random.default_rng(seed).random(len(test)).tolist()
        return fit(study, test.tolist(), answers)

    said: list[str] = []
    stages_seen: list[int] = []
    result = reproduce(
        photos,
        out=out,
        options=QUICK,
        fit=guess,
        progress=lambda done, total, text: said.append(f"{done}/{total}"),
        on_stage=lambda known: stages_seen.append(len(known.flaws)),
    )
    assert said == [f"{number}/11" for number in range(12)]
    assert stages_seen == sorted(stages_seen)
    (model,) = result.models
    assert model.published_accuracy is not None and model.protocol is not None and model.honest is not None
    assert (model.published_accuracy.n, model.protocol.n, model.fits) == (67, 7, 2)
    assert len(result.flaws) == 6

    lines = (out / "fits.jsonl").read_text().splitlines()
    assert len(lines) == 11
    # A kill that lost the last two fits costs these two, and gives the same.
    (out / "fits.jsonl").write_text("\n".join(lines[:9]) + "\n")
    again = reproduce(photos, out=out, options=QUICK, fit=guess)
    assert again.models[0].honest == model.honest
    assert len((out / "fits.jsonl").read_text().splitlines()) == 11
    assert len(trained) == 11 + 2

    as_json, as_markdown = write_results(result, out, day=date(2030, 1, 2))
    told = json.loads(as_json.read_text())
    assert told["photos"] == 25 and [each["file"] for each in told["problems"]] == ["sad/broken.jpg"]
    assert "sad/broken.jpg" in to_markdown(result)
    assert as_markdown.name == "reproduce-2030-01-02.md"
    assert to_markdown(result) in as_markdown.read_text()


def test_the_studys_own_split(shared_data: Path) -> None:
    """67 photos, 25 of them sad; the published accuracies are whole numbers of 67."""
    sad = np.repeat([0, 1], [166, 100]).astype(np.float32)
    train, test = study_split(sad)
    assert (len(train), len(test), int(sad[test].sum())) == (199, 67, 25)
    folder = shared_data / "stock_photos"
    assert [len(list((folder / name).iterdir())) for name in ("Happy", "Sad")] == [166, 100]


def test_from_the_command_line(
    run: Callable[..., subprocess.CompletedProcess[str]], rendered_faces: Path, tmp_path: Path
) -> None:
    command = ("reproduce", rendered_faces, "--recipes", "initial", "--protocol-only", "--out", tmp_path)
    first = run(*command)
    assert first.returncode == 0 and "| initial | 67.2 %" in first.stdout
    assert "1/1 protocol/initial" in first.stderr
    again = run(*command)
    assert again.stdout == first.stdout and "kept from before" in again.stderr
