"""The review page: what it shows, and what keys do in a real browser."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from emotion_classifier.cleaning.clean import clean
from emotion_classifier.cleaning.decisions import Decision, read_decisions
from emotion_classifier.cleaning.review import Review
from emotion_classifier.cleaning.suggestions import read_findings
from emotion_classifier.data import read_folder
from emotion_classifier.findings.finding import Finding
from emotion_classifier.serving.review import answer, show

from .conftest import serving

STRANGE = 'a "quoted" <img src=x onerror=alert(1)> {{constructor}} ${alert(2)}\nнью.jpg'


@pytest.fixture
def photos(rendered_faces: Path, tmp_path: Path) -> Path:
    root = tmp_path / "photos"
    for label in ("happy", "sad"):
        (root / label).mkdir(parents=True)
        for number in range(1, 5):
            shutil.copy(rendered_faces / label / f"{number:02}.jpg", root / label)
    shutil.copy(rendered_faces / "happy" / "05.jpg", root / "sad" / STRANGE)
    return root


@pytest.fixture
def findings(tmp_path: Path) -> Path:
    evidence = {"label": "sad", "suggested_label": "happy", "probability_of_suggestion": 0.9412}
    listed = [
        Finding("DATA010", "Likely wrong label", "warning", (f"sad/{STRANGE}",), "Looks happy.", evidence),
        Finding("DATA010", "Likely wrong label", "warning", ("sad/02.jpg",), "Looks happy.", evidence),
        Finding("DATA010", "Likely wrong label", "warning", ("sad/03.jpg",), "Looks happy.", evidence),
        Finding("DATA011", "Ambiguous", "info", ("sad/04.jpg",), "Looks neutral."),
    ]
    path = tmp_path / "findings.jsonl"
    path.write_text("".join(json.dumps(one.to_dict()) + "\n" for one in listed), encoding="utf-8")
    return path


@pytest.fixture
def review(photos: Path, findings: Path, tmp_path: Path) -> Review:
    return Review(read_folder(photos), read_findings(findings), tmp_path / "decisions.csv")


def test_a_question_shows_label_suggestion_evidence_and_progress(review: Review) -> None:
    html = show(review, 0)
    assert "Change to happy" in html and "Keep sad" in html and "94 % by the model" in html
    assert "Photo 1 of 4" in html and "0 decided" in html and "DATA010 Likely wrong label" in html
    assert "<img src=x" not in html and "&lt;img src=x onerror=alert(1)&gt;" in html
    assert "data:image/jpeg;base64," in html
    unsure = show(review, 3)
    assert "No suggestion" in unsure and " disabled><kbd>A</kbd>" in unsure


def test_a_photo_that_is_gone_can_still_be_dropped(review: Review, photos: Path) -> None:
    (photos / "sad" / "02.jpg").unlink()
    html = show(review, 1)
    assert "does not exist" in html and 'data-action="drop"' in html


def test_answers_and_what_is_no_answer(review: Review) -> None:
    assert 'data-place="1"' in answer(review, "accept", 0)
    assert 'data-place="2"' in answer(review, "next", 1)
    assert 'data-place="0"' in answer(review, "previous", 0), "there is none before the first"
    assert "No label is suggested" in answer(review, "accept", 3)
    for action, place in (("fly", 0), ("drop", 99), ("drop", "1"), ("drop", None), ("drop", -1), ("drop", 4)):
        answer(review, action, place)
    assert [one.decision for one in read_decisions(review.path)] == ["accept"]
    assert "Taken back." in answer(review, "undo", 2)
    assert "nothing to undo" in answer(review, "undo", 2)
    end = show(review, len(review))
    assert "4 still open" in end and "emotion-classifier clean DIR --out CLEANED" in end


def press(page: Any, key: str, place: int) -> None:
    page.keyboard.press(key)
    page.wait_for_selector(f'[data-place="{place}"]', timeout=30_000)


@pytest.mark.browser
def test_keys_decide_undo_and_go_on_another_day(
    browser: Any,
    photos: Path,
    findings: Path,
    tmp_path: Path,
) -> None:
    decisions = tmp_path / "decisions.csv"
    asked = ["clean", str(photos), "--review", "--findings", str(findings), "--decisions", str(decisions)]
    with serving([*asked, "--port", "0"], decisions.parent / f"home-{time.monotonic_ns()}") as url:
        page = browser.new_page()
        requested: list[str] = []
        dialogs: list[str] = []
        page.on("request", lambda request: requested.append(request.url))
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        page.goto(url)
        page.wait_for_selector('[data-place="0"]', timeout=60_000)
        assert page.locator("figcaption").inner_text() == f"sad/{STRANGE}"
        press(page, "ArrowRight", 1)
        press(page, "ArrowLeft", 0)
        page.keyboard.press("Control+a")  # not ours
        press(page, "a", 1)
        press(page, "R", 2)
        press(page, "d", 3)
        press(page, "u", 2)
        assert page.get_by_text("Taken back.").is_visible()
        page.close()
        assert [(one.file, one.decision, one.label) for one in read_decisions(decisions)] == [
            (f"sad/{STRANGE}", "accept", "happy"),
            ("sad/02.jpg", "reject", "sad"),
        ]
        page = browser.new_page()
        page.goto(url)
        page.wait_for_selector('[data-place="2"]', timeout=60_000)
        page.get_by_role("button", name="Drop the photo").click()
        page.wait_for_selector('[data-place="3"]', timeout=30_000)
        page.close()
        assert [one for one in requested if not one.startswith((url, "data:", "blob:"))] == []
        assert dialogs == [] and len(requested) > 5
    made = read_decisions(decisions)
    assert made[-1] == Decision("sad/03.jpg", "drop", "", "DATA010", made[-1].time)
    result = clean(photos, tmp_path / "out", findings=read_findings(findings), decisions=made)
    assert result.counts == {"kept": 7, "relabelled": 1, "dropped": 1}
    assert (tmp_path / "out" / "happy" / STRANGE).is_file()
