"""Agreement among raters: published examples, what a user sees, and what is too little to say."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from emotion_classifier.cli.program import program
from emotion_classifier.data.labels import SCALE
from emotion_classifier.data.votes import Vote, votes_file, write_votes
from emotion_classifier.errors import DatasetError
from emotion_classifier.evaluation.agreement import (
    Agreement,
    agreement_of,
    krippendorff_alpha,
    measure_agreement,
    weighted_kappa,
)

# Krippendorff (2011), example C: four observers, twelve units, five values; 0 where nothing was said.
OBSERVERS = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3),
    (0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0),
)


def agree(**raters: str) -> Agreement:
    """Agreement of raters whose grades are digits, 1 sad to 5 happy, and a dash where there is none."""
    photos = len(next(iter(raters.values())))
    votes = [
        {name: SCALE[int(said[row]) - 1] for name, said in raters.items() if said[row] != "-"}
        for row in range(photos)
    ]
    return measure_agreement(votes, np.arange(photos))


def test_alpha_of_the_published_example() -> None:
    votes = [
        {str(number): SCALE[row[unit] - 1] for number, row in enumerate(OBSERVERS) if row[unit]}
        for unit in range(12)
    ]
    alpha = measure_agreement(votes, np.arange(12)).metrics["alpha"]
    assert alpha.value == pytest.approx(0.815, abs=0.001)
    assert alpha.n == 11  # One unit has one observer only.
    assert alpha.low is not None and alpha.high is not None and alpha.low < alpha.value < alpha.high


def test_nominal_alpha_of_the_published_example() -> None:
    counts = np.array(
        [[sum(row[unit] == value for row in OBSERVERS) for value in range(1, 6)] for unit in range(12)]
    )
    pairs = np.zeros((5, 5))
    for each in counts[counts.sum(axis=1) > 1]:
        pairs += (np.outer(each, each) - np.diag(each)) / (each.sum() - 1)
    assert krippendorff_alpha(pairs, ordinal=False) == pytest.approx(0.743, abs=0.001)


def test_kappa_is_that_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    one, other = np.random.default_rng(3).integers(0, 5, (2, 200))
    confusion = np.bincount(one * 5 + other, minlength=25).reshape(5, 5)
    expected = metrics.cohen_kappa_score(one, other, weights="quadratic")
    assert weighted_kappa(confusion) == pytest.approx(expected)


def test_perfect_none_and_undefined() -> None:
    same = agree(ann="1234512345", bob="1234512345")
    assert same.metrics["alpha"].value == 1 and same.metrics["icc"].value == pytest.approx(1)
    assert same.kappa[("ann", "bob")].value == 1
    opposed = agree(ann="15151515", bob="51515151")
    assert opposed.metrics["alpha"].value is not None and opposed.metrics["alpha"].value < 0
    assert agree(ann="3333", bob="3333").metrics["alpha"].value is None  # Nothing to tell agreement from.
    apart = agree(ann="12--", bob="--45")
    assert apart.metrics["alpha"].n == 0 and apart.kappa[("ann", "bob")].n == 0


def test_slightly_off_is_better_than_far_off() -> None:
    near = agree(ann="1234512345", bob="2234512344").metrics["alpha"].value
    far = agree(ann="1234512345", bob="5234512341").metrics["alpha"].value
    assert near is not None and far is not None and near > far


def test_copies_count_as_one() -> None:
    votes = [
        {"ann": SCALE[grade], "bob": SCALE[max(grade - 1, 0)]} for grade in (0, 1, 2, 3, 4) for _ in range(8)
    ]
    alone = measure_agreement(votes, np.arange(40)).metrics["alpha"]
    copies = measure_agreement(votes, np.repeat(np.arange(5), 8)).metrics["alpha"]
    assert copies.value == alone.value
    assert None not in (copies.low, alone.low) and copies.high - copies.low > alone.high - alone.low  # type: ignore[operator]


def test_nobody_to_agree_with(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="only ann has graded photos.*--model"):
        agree(ann="123")
    with pytest.raises(DatasetError, match="no votes in"):
        agreement_of(tmp_path)


def test_the_command_with_a_model(rendered_faces: Path, tmp_path: Path) -> None:
    root = tmp_path / "photos"
    root.mkdir()
    said = {"ann": {}, "bob": {}}
    for label in ("happy", "sad"):
        for number in range(1, 5):
            name = f"{label}{number}.jpg"
            (root / name).write_bytes((rendered_faces / label / f"{number:02}.jpg").read_bytes())
            said["ann"][name] = label
            said["bob"][name] = f"slightly {label}" if number > 2 else label
    for rater, votes in said.items():
        write_votes(votes_file(root, rater), [Vote(name, rater, grade) for name, grade in votes.items()])
    ran = CliRunner().invoke(program, ["label", str(root), "--agreement", "--model", "default", "--json"])
    assert ran.exit_code == 0, ran.output
    found = json.loads(ran.stdout)
    assert found["raters"] == {"ann": 8, "bob": 8} and found["photos"] == 8
    assert found["alpha"]["value"] > 0.8 and found["alpha"]["low"] <= found["alpha"]["value"]
    assert [pair["between"] for pair in found["kappa"]] == [
        ["ann", "bob"], ["ann", found["model"]], ["bob", found["model"]],
    ]  # fmt: skip
    assert found["degree_spearman"]["value"] > 0.5 and found["degree_mae"]["n"] == 8
    table = CliRunner().invoke(program, ["label", str(root), "--agreement"])
    assert "Krippendorff's alpha" in table.stdout and "ann and bob" in table.stdout
