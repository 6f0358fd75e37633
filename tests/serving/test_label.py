"""The page on which raters grade photos: what it asks, what keys do, and that no vote is lost."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from emotion_classifier.classifier import EmotionClassifier
from emotion_classifier.cli.program import program
from emotion_classifier.data import read_folder
from emotion_classifier.data.votes import Vote, read_vote_file, votes_file
from emotion_classifier.errors import DatasetError
from emotion_classifier.labelling.session import Asked, Labelling, begin_labelling, doubt, only_session
from emotion_classifier.serving import label

from .conftest import HERE, serving
from .test_review import press

STRANGE = 'a "quoted" <img src=x onerror=alert(1)>\nнью.jpg'


@pytest.fixture
def photos(rendered_faces: Path, tmp_path: Path) -> Path:
    """Four faces in no class folders, a photo without a face, and one that is broken."""
    root = tmp_path / "photos"
    root.mkdir()
    for name, kept in (
        ("happy/01", "a.jpg"),
        ("happy/02", STRANGE),
        ("sad/01", "c.jpg"),
        ("sad/02", "d.jpg"),
    ):
        shutil.copy(rendered_faces / f"{name}.jpg", root / kept)
    Image.new("RGB", (80, 80), "grey").save(root / "empty.png")
    (root / "broken.jpg").write_bytes(b"\xff\xd8\xff no more")
    return root


@pytest.fixture(scope="module")
def classifier() -> EmotionClassifier:
    return EmotionClassifier()


@pytest.fixture
def session(photos: Path, classifier: EmotionClassifier) -> Labelling:
    return begin_labelling(photos, rater="ann", classifier=classifier)


def votes(session: Labelling) -> list[tuple[str, str]]:
    return [(vote.file_name, vote.grade) for vote in read_vote_file(session.path)]


def test_the_doubtful_come_first_and_those_without_a_face_last(
    session: Labelling, classifier: EmotionClassifier
) -> None:
    doubts = [doubt(classifier.predict(asked.path)) for asked in session.photos]
    assert doubts == sorted(doubts, reverse=True)
    assert {asked.name for asked in session.photos[-2:]} == {"empty.png", "broken.jpg"}
    assert len(session) == 6 and session.graded == 0 and session.following(0) == 0


def test_a_question_shows_the_photo_and_gives_nothing_away(session: Labelling) -> None:
    html = label.show(session, 0)
    assert "How does this face look?" in html and "Photo 1 of 6" in html and "0 graded" in html
    for grade in (
        "sad",
        "slightly sad",
        "neutral",
        "slightly happy",
        "happy",
        "mixed",
        "other",
        "cannot tell",
    ):
        assert f'data-action="{grade}" aria-pressed="false"' in html
    assert "data:image/jpeg;base64," in html and "<img src=x" not in html
    assert not re.search(r"\d ?%|probab|model", re.sub("<header.*?</header>", "", html, flags=re.DOTALL))
    places = {asked.name: place for place, asked in enumerate(session.photos)}
    assert "&lt;img src=x" in label.show(session, places[STRANGE])
    broken = label.show(session, places["broken.jpg"])
    assert "rv-broken" in broken and 'data-action="cannot tell"' in broken


def test_answers_are_on_disk_at_once_and_can_be_taken_back(session: Labelling) -> None:
    first, second = session.photos[0].name, session.photos[1].name
    assert 'data-place="1"' in label.answer(session, "slightly happy", 0)
    assert votes(session) == [(first, "slightly happy")]
    assert 'data-place="2"' in label.answer(session, "cannot tell", 1)
    assert 'aria-pressed="true"><kbd>4' in label.answer(session, "previous", 1)
    label.answer(session, "happy", 0)
    assert votes(session) == [(second, "cannot tell"), (first, "happy")]
    assert "Taken back." in label.answer(session, "undo", 1)
    assert votes(session) == [(second, "cannot tell"), (first, "slightly happy")]
    label.answer(session, "undo", 1)
    label.answer(session, "undo", 1)
    assert votes(session) == [] and "nothing to undo" in label.answer(session, "undo", 1)
    for action, place in (("fly", 0), ("sad", 99), ("sad", "1"), ("sad", None), ("sad", -1), ("sad", 6)):
        label.answer(session, action, place)
    assert votes(session) == []


def test_a_session_goes_on_where_it_was(
    session: Labelling, photos: Path, classifier: EmotionClassifier
) -> None:
    session.give(2, "mixed")
    session.give(0, "sad")
    names = [session.photos[place].name for place in (2, 0)]
    again = begin_labelling(photos, rater="ann", classifier=classifier)
    assert [asked.name for asked in again.photos[:2]] == names
    assert again.graded == 2 and again.following(0) == 2 and again.grade(0) == "mixed"
    assert again.undo() == 1 and [name for name, _ in votes(again)] == names[:1]
    other = begin_labelling(photos, rater="bob", classifier=classifier)
    assert other.graded == 0 and other.path != again.path


def test_two_sessions_at_once_lose_no_vote(photos: Path) -> None:
    asked = [Asked(photos / name, name) for name in ("a.jpg", "c.jpg")]
    one, other = (Labelling(photos, asked, rater="ann") for _ in range(2))
    label.answer(one, "sad", 0)
    label.answer(one, "happy", 1)
    assert "was changed by another session. Start the command again." in label.answer(other, "neutral", 1)
    assert votes(one) == [("a.jpg", "sad"), ("c.jpg", "happy")]
    label.answer(one, "undo", 1)
    assert votes(Labelling(photos, asked, rater="ann")) == [("a.jpg", "sad")]


def test_a_second_session_of_a_rater_is_told_when_it_starts(photos: Path) -> None:
    with only_session(photos, "ann"):
        done = CliRunner().invoke(program, ["label", str(photos), "--rater", "ann", "--no-browser"])
        assert isinstance(done.exception, DatasetError)
        assert f"ann is grading {photos} in another session (process {os.getpid()}" in str(done.exception)
        with only_session(photos, "bob"):
            pass
    with only_session(photos, "ann"):
        pass


def test_votes_of_others_are_not_overwritten(photos: Path) -> None:
    table = "file_name,rater,grade\na.jpg,ann,sad\na.jpg,bob,happy\n"
    (photos / "votes-team.csv").write_text(table)
    with pytest.raises(DatasetError, match="holds votes of 'ann'"):
        Labelling(photos, [Asked(photos / "a.jpg", "a.jpg")], rater="team")


def test_the_end_says_what_to_do_with_the_votes(session: Labelling) -> None:
    for place in range(len(session)):
        html = label.answer(session, "neutral", place)
    assert "All graded" in html and "--agreement" in html and "emotion-classifier train" in html
    assert "votes-ann.csv" in html
    label.answer(session, "undo", 6)
    assert "1 still without a grade" in label.show(session, 6)


def test_votes_are_what_the_data_then_say(session: Labelling, photos: Path) -> None:
    places = {asked.name: place for place, asked in enumerate(session.photos)}
    session.give(places["a.jpg"], "slightly happy")
    session.give(places[STRANGE], "sad")
    session.give(places["empty.png"], "cannot tell")
    data = read_folder(photos)
    assert dict(zip(data.ids, data.names, strict=True)) == {"a.jpg": "slightly happy", STRANGE: "sad"}
    assert ("empty.png", "graded 'cannot tell', so it is left out") in data.problems


def test_what_cannot_be_written_changes_nothing(session: Labelling) -> None:
    session.give(0, "sad")
    session.path.unlink()
    session.path.mkdir()
    (session.path / "in the way").touch()
    assert "could not be written" in label.answer(session, "happy", 1)
    assert session.grade(1) is None and session.grade(0) == "sad"


def test_several_faces_have_a_frame_around_the_one_in_question(
    rendered_faces: Path, tmp_path: Path, classifier: EmotionClassifier
) -> None:
    faces = [Image.open(rendered_faces / name) for name in ("happy/01.jpg", "sad/01.jpg")]
    both = Image.new("RGB", (sum(face.width for face in faces), max(face.height for face in faces)))
    both.paste(faces[0], (0, 0))
    both.paste(faces[1], (faces[0].width, 0))
    root = tmp_path / "two"
    root.mkdir()
    both.save(root / "two.png")
    faces[0].save(root / "one.png")
    session = begin_labelling(root, rater="ann", classifier=classifier)
    for place, asked in enumerate(session.photos):
        shown, kept = np.asarray(session.picture(place)), np.asarray(Image.open(asked.path).convert("RGB"))
        assert np.array_equal(shown, kept) == (asked.name == "one.png")


def test_no_photos_and_names_no_file_can_have(
    photos: Path, tmp_path: Path, classifier: EmotionClassifier
) -> None:
    (tmp_path / "none").mkdir()
    with pytest.raises(DatasetError, match="holds no photos"):
        begin_labelling(tmp_path / "none", rater="ann", classifier=classifier)
    with pytest.raises(DatasetError, match="There is no folder"):
        begin_labelling(tmp_path / "gone", rater="ann", classifier=classifier)
    with pytest.raises(DatasetError, match="cannot be part of a file's name"):
        begin_labelling(photos, rater="../ann", classifier=classifier)
    wrong = CliRunner().invoke(program, ["label", str(photos), "--json"])
    assert wrong.exit_code == 2 and "--agreement" in wrong.output


def test_a_kill_at_any_moment_leaves_whole_votes(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from emotion_classifier.labelling.session import Asked, Labelling
root = Path(sys.argv[1])
session = Labelling(root, [Asked(root / f"{n}.jpg", f"{n}.jpg") for n in range(5000)], rater="ann")
for place in range(5000):
    session.give(place, "slightly happy")
    print(place, flush=True)
"""
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1] / "src")}
    for lines in (1, 9, 60):
        command = [sys.executable, "-c", code, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
            assert process.stdout
            said = [process.stdout.readline() for _ in range(lines)]
            process.kill()
            said += process.stdout.readlines()
        kept = read_vote_file(votes_file(tmp_path, "ann"))
        assert len(kept) >= len(said) and {vote.grade for vote in kept} == {"slightly happy"}


@pytest.mark.browser
def test_keys_grade_undo_and_go_on_another_day(
    browser: Any,
    photos: Path,
    tmp_path: Path,
    text_contrasts: Any,
) -> None:
    path = votes_file(photos, "ann")
    with serving(["label", str(photos), "--rater", "ann", "--port", "0"], tmp_path / "home") as url:
        requested: list[str] = []
        dialogs: list[str] = []
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport={"width": 320, "height": 700}, color_scheme=scheme)
            page.goto(url)
            page.wait_for_selector("[data-place]", timeout=60_000)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320
            places = [".lb-scale button b", ".lb-rest button span", ".lb-scale kbd", ".rv-side h2", ".rv-why"]
            assert min(text_contrasts(page, places).values()) >= 4.5
            page.close()
        page = browser.new_page()
        page.on("request", lambda request: requested.append(request.url))
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        page.goto(url)
        page.wait_for_selector('[data-place="0"]', timeout=60_000)
        press(page, "4", 1)
        press(page, "M", 2)
        press(page, "ArrowRight", 3)
        press(page, "c", 4)
        press(page, "u", 3)
        assert page.get_by_text("Taken back.").is_visible()
        assert [vote.grade for vote in read_vote_file(path)] == ["slightly happy", "mixed"]
        page.close()
        page = browser.new_page()
        page.goto(url)
        page.wait_for_selector('[data-place="2"]', timeout=60_000)
        page.get_by_role("button", name="Slightly sad").click()
        page.wait_for_selector('[data-place="3"]', timeout=30_000)
        page.close()
        assert [one for one in requested if not one.startswith((url, "data:", "blob:"))] == []
        assert dialogs == []
    kept = read_vote_file(path)
    assert kept[-1] == Vote(kept[-1].file_name, "ann", "slightly sad", kept[-1].time)
