"""The web app as its users and its callers in Python see it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from emotion_classifier.errors import MissingExtraError
from emotion_classifier.serving import app, offline, page

from .conftest import RunningApp, running
from .fake_server import CUTS, HAPPY, SAD, UNCERTAIN

BOX = (10.0, 10.0, 50.0, 50.0)
Encode = Callable[..., bytes]


def test_a_card_says_label_scale_probabilities_and_what_p_happy_means() -> None:
    card = page.answer([HAPPY(BOX)], CUTS)
    assert "Looks happy" in card
    assert 'role="meter"' in card and 'aria-valuetext="+0.94, happy"' in card
    assert "95 %" in card and "&lt;1 %" in card
    assert "If it had to be happy or sad: <b>happy</b> (99 %)" in card


def test_a_degree_that_rounds_to_zero_has_no_minus_sign() -> None:
    card = page.answer([replace(SAD(BOX), degree=-0.004)], CUTS)
    assert '<span class="ec-degree">+0.00</span>' in card and 'aria-valuenow="0.00"' in card


def test_an_uncertain_face_gets_its_reason() -> None:
    assert "Uncertain: the face is too dark" in page.answer([UNCERTAIN(BOX)], CUTS)


def test_both_answers_are_there_and_the_switch_shows_one() -> None:
    answer = page.answer([UNCERTAIN(BOX)], CUTS)
    assert '<span class="ec-as-label">Uncertain: the face is too dark</span>' in answer
    assert '<span class="ec-as-leaning">Looks happy</span>' in answer
    assert 'type="checkbox"' in page.switch()


def test_a_card_says_where_its_answer_comes_from_if_somebody_looked() -> None:
    assert '<p class="ec-explained">Mostly the mouth.</p>' in page.answer(
        [HAPPY(BOX)], CUTS, sentences=["Mostly the mouth."]
    )
    assert "ec-explained" not in page.answer([HAPPY(BOX)], CUTS)


def test_what_the_model_does_not_know_has_no_bar() -> None:
    two = replace(HAPPY(BOX), probabilities={"happy": 0.9, "neutral": None, "sad": 0.1, "other": None})
    assert page.answer([two], CUTS).count("–</span>") == 2


def test_a_label_that_is_not_the_largest_bar_is_explained() -> None:
    shares = {"happy": 0.01, "neutral": 0.6, "sad": 0.3, "other": 0.09}
    card = page.answer([replace(SAD(BOX), probabilities=shares)], CUTS)
    assert "few neutral faces look as sad as this one" in card
    assert "few neutral faces" not in page.answer([SAD(BOX), HAPPY(BOX)], CUTS)


def test_several_faces_are_counted_and_numbered() -> None:
    answer = page.answer([HAPPY(BOX), SAD(BOX), SAD(BOX)], CUTS)
    assert "3 faces: 1 looks happy, 2 look sad" in answer
    assert 'aria-label="Face 3"' in answer


def test_the_scale_follows_the_cut_points_of_the_model() -> None:
    assert "left:10.0%" in page.answer([HAPPY(BOX)], (-0.8, -0.1, 0.1, 0.8))


def test_what_a_file_is_called_cannot_become_part_of_the_page() -> None:
    assert "<script>" not in page.unreadable("<script>alert(1)</script>.jpg is not a photo")


@pytest.mark.parametrize(
    ("reach", "said"),
    [
        ("local", "Stays on this computer"),
        ("network", "computer that runs this page"),
        ("shared", "gradio.live"),
    ],
)
def test_the_notice_tells_where_photos_go(reach: str, said: str) -> None:
    header = page.header(reach)
    assert said in header
    assert "An expression, not a feeling" in header and "at work, in school or in hiring" in header


def test_a_taken_port_gives_the_next_free_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with app.free_socket("127.0.0.1", port) as found:
            assert port < found.getsockname()[1] <= port + 100


def test_a_port_that_was_claimed_is_listened_on_at_once() -> None:
    with app.free_socket("127.0.0.1", 7860) as first:
        port = first.getsockname()[1]
        with app.free_socket("127.0.0.1", port) as second:
            assert second.getsockname()[1] != port


def test_an_address_of_another_computer_is_explained() -> None:
    with pytest.raises(OSError, match=r"Cannot listen on 192\.0\.2\.1, port 7860.*Choose another host"):
        app.free_socket("192.0.2.1", 7860)


def test_without_gradio_the_pip_line_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'emotion-classifier\[app\]'"):
        app.build_app()


def test_only_files_in_the_folder_of_uploads_are_taken(tmp_path: Path) -> None:
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(b"kept")
    with pytest.raises(ValueError, match="only uploaded photos"):
        offline.take_upload(secret)
    assert secret.read_bytes() == b"kept"


def test_importing_the_app_module_does_not_import_gradio() -> None:
    code = "import sys, emotion_classifier.serving.app; sys.exit('gradio' in sys.modules)"
    source = Path(app.__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(source)}).returncode == 0


def test_an_upload_is_answered_and_leaves_no_copy(fake_app: RunningApp, encoded: Encode) -> None:
    answer = fake_app.ask(encoded())
    assert "Looks happy" in answer and "data:image/jpeg;base64," in answer
    assert fake_app.files() == []


def test_a_picture_without_a_face_is_a_calm_answer(fake_app: RunningApp, encoded: Encode) -> None:
    answer = fake_app.ask(encoded(noise=False))
    assert "No face found" in answer and "looks roughly at the camera" in answer


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"just text", "holiday.jpg is not"),
        (b"", "holiday.jpg is empty"),
        (b"\xff\xd8\xff\xe0", "damaged"),
    ],
)
def test_a_broken_file_gets_its_reason_and_leaves_no_copy(
    fake_app: RunningApp, content: bytes, said: str
) -> None:
    answer = fake_app.ask(content, "holiday.jpg")
    assert said in unescape(answer)
    assert "Traceback" not in answer
    assert fake_app.files() == []


def test_a_web_address_in_place_of_an_upload_is_not_fetched(fake_app: RunningApp) -> None:
    answer = fake_app.ask_about({"path": "http://192.0.2.1/photo.jpg", "meta": {"_type": "gradio.FileData"}})
    assert json.loads(answer).get("data") is None
    assert fake_app.process.poll() is None  # an attempt to reach it would have ended the app


def test_a_path_on_this_computer_in_place_of_an_upload_is_not_read(fake_app: RunningApp) -> None:
    mine = Path(__file__)
    answer = fake_app.ask_about({"path": str(mine), "meta": {"_type": "gradio.FileData"}})
    assert json.loads(answer).get("data") is None
    assert mine.is_file()


def test_closing_the_app_removes_its_folder(tmp_path: Path, encoded: Encode) -> None:
    with running("fake", tmp_path) as closing:
        folders = list(closing.temporary.glob("emotion-classifier-*"))
        assert [oct(folder.stat().st_mode & 0o777) for folder in folders] == ["0o700"]
    assert list(closing.temporary.glob("emotion-classifier-*")) == []


def test_a_whole_photos_answer_is_not_called_a_faces() -> None:
    answer = page.answer([replace(HAPPY(BOX), whole_photo=True)], CUTS)
    assert "reads the whole photo" in answer
    assert "reads the whole photo" not in page.answer([HAPPY(BOX)], CUTS)
