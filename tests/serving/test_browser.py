"""The page in a real browser: what a person sees after giving it a photo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from .browsing import Encode, give, see
from .conftest import RunningApp, running

pytestmark = pytest.mark.browser


def test_a_real_photo_gets_its_answer_and_everything_stays_here(
    open_page: Callable[..., Any], real_app: RunningApp, smiling: bytes
) -> None:
    page = open_page(real_app)
    give(page, smiling)
    see(page, "Looks happy")
    assert page.locator("img.ec-picture:visible").get_attribute("alt") == "1 face: 1 looks happy"
    assert float(page.get_by_role("meter").get_attribute("aria-valuenow")) > 0.2
    assert real_app.files() == []
    outside = [url for url in page.requested if not url.startswith((real_app.url, "data:", "blob:"))]
    assert outside == []
    assert len(page.requested) > 5


def test_where_a_reading_comes_from_is_shown_on_request(
    open_page: Callable[..., Any], real_app: RunningApp, smiling: bytes
) -> None:
    page = open_page(real_app)
    give(page, smiling)
    see(page, "Looks happy")
    assert page.locator(".ec-where img").count() == 0
    page.get_by_text("Where in the face does this come from?").focus()
    page.keyboard.press("Enter")
    see(page, "The lighter the colour")
    assert page.locator(".ec-where img").evaluate("image => image.complete && image.naturalWidth") > 100
    assert "mouth" in page.locator(".ec-where").inner_text()


def test_an_example_is_one_click_away(open_page: Callable[..., Any], real_app: RunningApp) -> None:
    page = open_page(real_app)
    example = page.get_by_role("button", name="Example:").first
    example.click()
    page.wait_for_selector(".ec-detail article.ec-card:visible", timeout=20_000)


def test_a_picture_without_a_face_then_another_photo(
    open_page: Callable[..., Any], fake_app: RunningApp, encoded: Encode
) -> None:
    page = open_page(fake_app)
    give(page, encoded(noise=False))
    see(page, "No face found")
    give(page, encoded(width=400))
    see(page, "3 faces: 1 looks happy, 1 looks sad, 1 is uncertain")
    page.get_by_role("button", name="Start over").locator("visible=true").click()
    see(page, "What you will see")


def test_an_app_that_is_closed_is_told(
    open_page: Callable[..., Any], tmp_path: Path, encoded: Encode
) -> None:
    with running("fake", tmp_path) as closing:
        page = open_page(closing)
    give(page, encoded())
    see(page, "The app does not answer. Is it still running?")


def test_the_switch_shows_the_forced_choice_everywhere(
    open_page: Callable[..., Any], fake_app: RunningApp, encoded: Encode
) -> None:
    page = open_page(fake_app)
    give(page, encoded(width=400))
    see(page, "Uncertain: the face is too dark")
    page.get_by_label("Only happy or sad").check()
    see(page, "3 faces: 2 look happy, 1 looks sad")
    assert not page.get_by_text("Uncertain").locator("visible=true").count()
    page.wait_for_function(
        "document.querySelector('.ec-picture.ec-as-leaning').complete"
        " && document.querySelector('.ec-picture.ec-as-leaning').naturalWidth > 0"
    )


def test_closing_the_page_forgets_its_photos(
    open_page: Callable[..., Any], fake_app: RunningApp, encoded: Encode
) -> None:
    page = open_page(fake_app)
    give(page, encoded())
    see(page, "Looks happy")
    picture = page.locator("img.ec-picture").first.get_attribute("src")
    assert fake_app.get(f"/{picture.split('/')[0]}/{picture.split('/')[1]}/0")
    page.goto("about:blank")
    page.wait_for_timeout(500)
    with pytest.raises(HTTPError) as gone:
        fake_app.get(f"/{picture.split('?')[0].removesuffix('.jpg')}")
    gone.value.close()


def test_the_card_of_the_model_is_one_click_away(open_page: Callable[..., Any], real_app: RunningApp) -> None:
    page = open_page(real_app)
    see(page, "calibrated on")
    page.get_by_text("Its card").click()
    see(page, "Data and terms")


def test_a_text_file_called_jpg_gets_a_calm_reason(
    open_page: Callable[..., Any], fake_app: RunningApp, encoded: Encode
) -> None:
    page = open_page(fake_app)
    give(page, b"shopping list", name="x.jpg")
    see(page, "It is a text, not a photo.")
    assert "Traceback" not in page.content()
    give(page, encoded())  # the place to drop a photo is still there
    see(page, "Looks happy")


def test_a_photo_can_be_pasted(open_page: Callable[..., Any], fake_app: RunningApp) -> None:
    page = open_page(fake_app, permissions=["clipboard-read", "clipboard-write"])
    page.evaluate(
        """async () => {
          const canvas = Object.assign(document.createElement('canvas'), {width: 90, height: 60});
          canvas.getContext('2d').fillRect(0, 0, 45, 60);
          const blob = await new Promise(done => canvas.toBlob(done, 'image/png'));
          await navigator.clipboard.write([new ClipboardItem({'image/png': blob})]);
        }"""
    )
    page.bring_to_front()
    page.keyboard.press("Control+V")
    see(page, "Looks happy")
    page.get_by_role("button", name="Start over").locator("visible=true").click()
    page.get_by_role("button", name="Paste").click()
    see(page, "Looks happy")


def test_pasting_what_is_no_picture_is_explained(open_page: Callable[..., Any], fake_app: RunningApp) -> None:
    page = open_page(fake_app, permissions=["clipboard-read", "clipboard-write"])
    page.evaluate("navigator.clipboard.writeText('a word')")
    page.bring_to_front()
    page.keyboard.press("Control+V")
    see(page, "There is no picture to paste")
