"""Questions about labels, and answers that are on disk at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from findings_of_photos import STRANGE, found

from emotion_classifier.cleaning.decisions import Decision, read_decisions, write_decisions
from emotion_classifier.cleaning.review import Review
from emotion_classifier.cleaning.suggestions import suggestions
from emotion_classifier.data import Dataset, read_folder
from emotion_classifier.errors import DatasetError

FINDINGS = (
    found("DATA011", "Sad/03.jpg", suggested_label="neutral", probability_of_neutral=0.8),
    found("DATA010", f"Sad/{STRANGE}", suggested_label="happy", probability_of_suggestion=0.94),
    found("DATA010", "Sad/02.jpg", suggested_label="happy", probability_of_suggestion=0.7),
    found("DATA005", "Sad/02.jpg"),
    found("DATA011", "Sad/02.jpg", suggested_label="neutral"),
    found("DATA004", "Happy/01.jpg", "Sad/04.jpg", labels=["happy", "sad"]),
)


@pytest.fixture
def data(photos: Path) -> Dataset:
    (photos / "Sad" / "01.jpg").rename(photos / "Sad" / STRANGE)
    return read_folder(photos)


def test_one_question_per_photo_two_classes_first_then_by_the_order_found(data: Dataset) -> None:
    asked = suggestions(data, FINDINGS)
    assert [(one.file, one.label, one.suggested, one.probability) for one in asked] == [
        ("Happy/01.jpg", "Happy", "Sad", None),
        (f"Sad/{STRANGE}", "Sad", "Happy", 0.94),
        ("Sad/02.jpg", "Sad", "Happy", 0.7),
        ("Sad/03.jpg", "Sad", "neutral", 0.8),
    ]
    assert asked[0].others == (("Sad/04.jpg", "Sad"),)


def test_every_answer_is_written_at_once_and_the_next_time_goes_on(data: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "decisions.csv"
    review = Review(data, FINDINGS, path)
    assert (len(review), review.decided, review.following(0)) == (4, 0, 0)
    review.decide(1, "accept")
    (decision,) = read_decisions(path)
    assert (decision.file, decision.decision, decision.label) == (f"Sad/{STRANGE}", "accept", "Happy")
    assert decision.code == "DATA010" and decision.time.endswith("+00:00")
    review.decide(0, "reject")
    again = Review(data, FINDINGS, path)
    assert (again.decided, again.following(0)) == (2, 2)
    again.decide(2, "drop")
    again.decide(3, "reject")
    assert again.following(0) == len(again)
    assert [one.decision for one in read_decisions(path)] == ["accept", "reject", "drop", "reject"]


def test_undo_goes_back_step_by_step_also_after_reopening(data: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "decisions.csv"
    Review(data, FINDINGS, path).decide(2, "drop")
    review = Review(data, FINDINGS, path)
    review.decide(1, "accept")
    review.decide(1, "reject")
    assert review.undo() == 1
    assert [one.decision for one in read_decisions(path)] == ["drop", "accept"]
    assert review.undo() == 1
    assert review.undo() == 2
    assert review.undo() is None
    assert read_decisions(path) == ()


def test_decisions_from_elsewhere_are_kept(data: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "decisions.csv"
    write_decisions(path, [Decision("Happy/03.jpg", "drop")])
    review = Review(data, FINDINGS, path)
    review.decide(0, "drop")
    assert review.undo() == 0 and review.undo() is None
    assert [one.file for one in read_decisions(path)] == ["Happy/03.jpg"]
    path.write_text("file,decision\nb.jpg,drop\n")
    with pytest.raises(DatasetError, match=r"not there: 'b\.jpg'"):
        Review(data, FINDINGS, path)


def test_what_cannot_be_recorded_changes_nothing(data: Dataset, tmp_path: Path) -> None:
    review = Review(data, FINDINGS, tmp_path / "folder" / "decisions.csv")
    (tmp_path / "folder").write_text("in the way")
    with pytest.raises(DatasetError, match="could not be written"):
        review.decide(0, "drop")
    assert review.decided == 0 and review.undo() is None
    silent = Review(data, [found("DATA011", "Sad/02.jpg")], tmp_path / "d.csv")
    with pytest.raises(DatasetError, match="No label is suggested"):
        silent.decide(0, "accept")
