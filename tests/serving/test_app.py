"""The web app as its users and its callers in Python see it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from emotion_classifier.errors import MissingExtraError
from emotion_classifier.serving import app, cards, page, texts

from .conftest import RunningApp, running
from .fake_server import CUTS, HAPPY, SAD, UNCERTAIN

SAY = texts.load()
BOX = (10.0, 10.0, 50.0, 50.0)
Encode = Callable[..., bytes]


def test_a_card_says_label_scale_probabilities_and_what_p_happy_means() -> None:
    card = cards.answer(SAY, [HAPPY(BOX)], CUTS)
    assert "Looks happy" in card
    assert 'role="meter"' in card and 'aria-valuetext="+0.94, happy"' in card
    assert "95 %" in card and "&lt;1 %" in card
    assert "If it had to be happy or sad: <b>happy</b> (99 %)" in card


def test_a_degree_that_rounds_to_zero_has_no_sign() -> None:
    card = cards.answer(SAY, [replace(SAD(BOX), degree=-0.004)], CUTS)
    assert '<span class="ec-degree">0.00</span>' in card and 'aria-valuenow="0.00"' in card


def test_an_uncertain_face_gets_its_reason() -> None:
    assert "Uncertain: the face is too dark" in cards.answer(SAY, [UNCERTAIN(BOX)], CUTS)


def test_both_answers_are_there_and_the_switch_shows_one() -> None:
    answer = cards.answer(SAY, [UNCERTAIN(BOX)], CUTS)
    assert '<span class="ec-as-label">Uncertain: the face is too dark</span>' in answer
    assert '<span class="ec-as-leaning">Looks happy</span>' in answer


def test_what_the_model_does_not_know_has_no_bar() -> None:
    two = replace(HAPPY(BOX), probabilities={"happy": 0.9, "neutral": None, "sad": 0.1, "other": None})
    assert cards.answer(SAY, [two], CUTS).count("–</span>") == 2


def test_a_label_that_is_not_the_largest_bar_is_explained() -> None:
    shares = {"happy": 0.01, "neutral": 0.6, "sad": 0.3, "other": 0.09}
    card = cards.answer(SAY, [replace(SAD(BOX), probabilities=shares)], CUTS)
    assert "few neutral faces look as sad as this one" in card
    assert "few neutral faces" not in cards.answer(SAY, [SAD(BOX), HAPPY(BOX)], CUTS)


def test_several_faces_are_counted_numbered_and_short() -> None:
    answer = cards.answer(SAY, [HAPPY(BOX), SAD(BOX), SAD(BOX)], CUTS)
    assert "3 faces: 1 looks happy, 2 look sad" in answer
    assert 'aria-label="Face 3"' in answer
    assert answer.count("<details><summary>Probabilities of face") == 3


def test_the_scale_follows_the_cut_points_of_the_model() -> None:
    assert "left:10.0%" in cards.answer(SAY, [HAPPY(BOX)], (-0.8, -0.1, 0.1, 0.8))


def test_what_a_file_is_called_cannot_become_part_of_the_page(fake_app: RunningApp, encoded: Encode) -> None:
    name = "<img src=x onerror=alert(1)>'\".jpg"
    token = fake_app.begin()
    tile = fake_app.give(token, encoded(), name)[0]["tile"]
    assert "<img src=x" not in tile + fake_app.get(f"/gallery/{token}/0")[1]
    assert "&lt;img src=x onerror=alert(1)&gt;&#x27;&quot;.jpg" in tile


@pytest.mark.parametrize(
    ("reach", "said"),
    [
        ("local", "Stays on this computer"),
        ("network", "computer that runs this page"),
        ("shared", "gradio.live"),
    ],
)
def test_the_notice_tells_where_photos_go(reach: str, said: str) -> None:
    header = page.header(SAY, reach)
    assert said in header
    assert "An expression, not a feeling" in header and "at work, in school or in hiring" in header


def test_a_taken_port_is_refused_where_it_was_named_and_else_the_next_is_used() -> None:
    with app.free_socket("127.0.0.1") as first, app.free_socket("127.0.0.1") as second:
        port = first.getsockname()[1]
        assert 7860 <= port < second.getsockname()[1]
        with pytest.raises(OSError, match=f"The port {port} of 127.0.0.1 is taken. Choose another port."):
            app.free_socket("127.0.0.1", port)


def test_an_address_of_another_computer_is_explained() -> None:
    with pytest.raises(OSError, match=r"Cannot listen on 192\.0\.2\.1, port 7860.*Choose another host"):
        app.free_socket("192.0.2.1", 7860)


def test_without_gradio_the_pip_line_is_named(absent: Callable[[str], None]) -> None:
    absent("gradio")
    with pytest.raises(MissingExtraError, match=r"pip install .*\[app\]'"):
        app.build_app()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's account of a process")
def test_an_app_that_nobody_asks_leaves_the_processor_alone(fake_app: RunningApp) -> None:
    def seconds() -> float:
        fields = Path(f"/proc/{fake_app.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    before = seconds()
    time.sleep(4)
    assert seconds() - before < 0.15


def test_importing_the_pages_does_not_import_gradio() -> None:
    code = (
        "import sys; from emotion_classifier.serving import app, label, review; "
        "sys.exit('gradio' in sys.modules)"
    )
    source = Path(app.__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(source)}).returncode == 0


def test_a_photo_is_answered_and_leaves_no_file(fake_app: RunningApp, encoded: Encode) -> None:
    before = fake_app.files()
    answer = fake_app.ask(encoded())
    assert "Looks happy" in answer and "data:image/jpeg;base64," in answer
    assert fake_app.files(but_for=before) == []


def test_a_picture_without_a_face_is_a_calm_answer(fake_app: RunningApp, encoded: Encode) -> None:
    answer = fake_app.ask(encoded(noise=False))
    assert "No face found" in answer and "looks roughly at the camera" in answer


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"just text", "It is a text, not a photo."),
        (b"", "It is empty."),
        (b"%PDF-1.7 ...", "It is a PDF, not a photo."),
        (b"\0\0\0\x20ftypisom....", "It is a video, not a photo."),
        (b"\xff\xd8\xff\xe0", "damaged"),
    ],
)
def test_what_is_no_photo_is_told_in_plain_words(fake_app: RunningApp, content: bytes, said: str) -> None:
    before = fake_app.files()
    (told,) = fake_app.give(fake_app.begin(), content, "holiday.jpg")
    assert told["leftOut"] == "holiday.jpg" and said in told["why"]
    assert fake_app.files(but_for=before) == []


def test_a_name_is_never_a_path_to_read(fake_app: RunningApp) -> None:
    (told,) = fake_app.give(fake_app.begin(), b"", str(Path(__file__)))
    assert told["why"] == "It is empty."


def test_closing_the_app_removes_its_folder(tmp_path: Path, encoded: Encode) -> None:
    with running("fake", tmp_path) as closing:
        folders = list(closing.temporary.glob("emotion-classifier-*"))
        assert [oct(folder.stat().st_mode & 0o777) for folder in folders] == ["0o700"]
    assert list(closing.temporary.glob("emotion-classifier-*")) == []


def test_a_whole_photos_answer_is_not_called_a_faces() -> None:
    answer = cards.answer(SAY, [replace(HAPPY(BOX), whole_photo=True)], CUTS)
    assert "reads the whole photo" in answer
    assert "reads the whole photo" not in cards.answer(SAY, [HAPPY(BOX)], CUTS)
