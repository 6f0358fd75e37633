"""Duplicates and people stay on one side."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emotion_classifier.data import Dataset, read_folder
from emotion_classifier.data.groups import independent_groups
from emotion_classifier.data.split import carve, repeated_group_folds, require_to_carve
from emotion_classifier.errors import DatasetError


def encoded(picture: Image.Image, kind: str = "PNG", **options: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def of_sources(*sources: bytes) -> Dataset:
    n = len(sources)
    targets = np.eye(2, dtype=np.float32)[np.arange(n) % 2]
    return Dataset(("happy", "sad"), sources, targets, ("",) * n, ("",) * n, (False,) * n)


def test_copies_share_a_group(astronaut: np.ndarray, rendered_faces: Path) -> None:
    picture = Image.fromarray(astronaut)
    other = next(rendered_faces.rglob("*.jpg")).read_bytes()
    copies = [encoded(picture), encoded(picture, "JPEG", quality=60), encoded(picture.resize((358, 358)))]
    groups = independent_groups(of_sources(*copies, other))
    assert len(set(groups[:3])) == 1
    assert groups[3] != groups[0]


def test_broken_pictures_are_nobodys_duplicates() -> None:
    assert len(set(independent_groups(of_sources(b"x", b"y", b"z")))) == 3


def dataset(groups: list[str]) -> Dataset:
    rng = np.random.default_rng(0)
    pictures = [encoded(Image.fromarray(rng.integers(0, 255, (32, 32, 3), dtype=np.uint8))) for _ in groups]
    hard = np.arange(len(groups)) % 2
    return Dataset(
        labels=("happy", "sad"),
        sources=tuple(pictures),
        targets=np.eye(2, dtype=np.float32)[hard],
        ids=tuple(map(str, range(len(groups)))),
        splits=("",) * len(groups),
        cropped=(False,) * len(groups),
        columns={"identity": tuple(groups)},
    )


def test_a_person_is_never_on_both_sides() -> None:
    data = dataset([f"person {row // 3}" for row in range(60)])
    groups = independent_groups(data)
    rest, carved = carve(data, groups, share=0.2, seed=3)
    assert sorted([*rest, *carved]) == list(range(60))
    assert not {data.columns["identity"][row] for row in rest} & {
        data.columns["identity"][row] for row in carved
    }
    for repeat, fold, train, test in repeated_group_folds(data, groups, repeats=2, folds=5, seed=0):
        assert not set(groups[train]) & set(groups[test]), (repeat, fold)


def test_too_few_photos_for_the_folds(plain_folder: Path) -> None:
    data = read_folder(plain_folder).take([0, 1, 2, 8, 9, 10])
    with pytest.raises(DatasetError, match="3 independent photos labelled 'happy'"):
        list(repeated_group_folds(data, range(6), repeats=1, folds=5, seed=0))


def test_the_studys_three_twins_are_found(shared_data: Path) -> None:
    data = read_folder(shared_data / "stock_photos")
    groups = independent_groups(data)
    twins = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    named = sorted("".join(filter(str.isdigit, data.ids[pair[0]]))[:10] for pair in twins if len(pair) == 2)
    assert named == ["1157741177", "1362448780", "1363870324"]
    assert all(len(pair) <= 2 for pair in twins), "no photo is taken for a third one"


@pytest.mark.parametrize(
    ("photos", "share", "said"),
    [
        (
            4,
            0.2,
            "A fifth of the photos is .* at least 5 .* there are 4 labelled 'sad'. Try --validation 0.25, or 0",
        ),
        (
            1,
            0.15,
            "15 % of the photos are .* at least 7 .* there is 1 labelled 'sad'. Try --validation 0 to hold",
        ),
    ],
)
def test_a_share_that_needs_more_photos_than_there_are(photos: int, share: float, said: str) -> None:
    """Sad photos are copies of a few."""
    data = of_sources(*(b"",) * 40)  # Happy and sad in turn.
    copies = [2 * (row // 2 % photos) + 1 if row % 2 else row for row in range(40)]
    with pytest.raises(DatasetError, match=said):
        require_to_carve(data, copies, share=share)


@pytest.mark.parametrize("share", [0.1, 0.2, 0.3, 0.4, 0.45, 0.5])
def test_as_many_are_carved_as_asked_for(share: float) -> None:
    data = of_sources(*[b"x"] * 200)
    rest, carved = carve(data, np.arange(200), share=share, seed=1)
    assert len(carved) / 200 == pytest.approx(share, abs=0.01)
    assert sorted([*rest, *carved]) == list(range(200))
