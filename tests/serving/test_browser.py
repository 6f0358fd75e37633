"""The page in a real browser: what a person sees after giving it a photo."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import RunningApp

pytestmark = pytest.mark.browser

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
Encode = Callable[..., bytes]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        pytest.skip(f"no Chromium on this machine (looked for {', '.join(NAMES)}; set CHROMIUM to its path)")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=found, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open the app in a fresh window that notes every address it asks for."""
    contexts = []

    def open_it(app: RunningApp, **options: Any) -> Any:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.requested = []
        context.on("request", lambda request: page.requested.append(request.url))
        page.goto(app.url)
        page.wait_for_selector("input[type=file]", state="attached", timeout=30_000)
        return page

    yield open_it
    for context in contexts:
        context.close()


def give(page: Any, content: bytes, name: str = "photo.jpg") -> None:
    page.set_input_files("input[type=file]", {"name": name, "mimeType": "image/jpeg", "buffer": content})


def see(page: Any, text: str) -> None:
    page.get_by_text(text).first.wait_for(timeout=20_000)


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


def test_an_example_is_one_click_away(open_page: Callable[..., Any], real_app: RunningApp) -> None:
    page = open_page(real_app)
    example = page.get_by_role("button", name="Example:").first
    if not example.count():
        pytest.skip("no example photos are shipped")
    example.click()
    page.wait_for_selector("article.ec-card", timeout=20_000)


def test_the_switch_shows_where_an_answer_comes_from(
    open_page: Callable[..., Any], fake_app: RunningApp, encoded: Encode
) -> None:
    page = open_page(fake_app)
    give(page, encoded())
    see(page, "Looks happy")
    shown = page.locator("img.ec-picture:visible")
    plain, sentence = shown.get_attribute("src"), page.get_by_text("Mostly the mouth.")
    assert not sentence.is_visible()
    page.get_by_label("Show where it comes from").check()
    assert sentence.is_visible() and shown.count() == 1 and shown.get_attribute("src") != plain
    page.get_by_label("Only happy or sad").check()
    assert shown.count() == 1


def test_a_picture_without_a_face_then_another_photo(
    open_page: Callable[..., Any], fake_app: RunningApp, encoded: Encode
) -> None:
    page = open_page(fake_app)
    give(page, encoded(noise=False))
    see(page, "No face found")
    page.get_by_role("button", name="Read another photo").click()
    see(page, "What you will see")
    give(page, encoded(width=400))
    see(page, "3 faces: 1 looks happy, 1 looks sad, 1 is uncertain")


def test_a_text_file_called_jpg_gets_a_calm_reason(
    open_page: Callable[..., Any], fake_app: RunningApp, encoded: Encode
) -> None:
    page = open_page(fake_app)
    give(page, b"shopping list", "x.jpg")
    see(page, "x.jpg is not")
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
    page.get_by_role("button", name="Paste from clipboard").click()
    see(page, "Looks happy")


def test_a_photo_can_be_taken_with_the_camera(open_page: Callable[..., Any], fake_app: RunningApp) -> None:
    page = open_page(fake_app, permissions=["camera"])
    page.get_by_role("button", name="Capture from camera").click()
    page.get_by_role("button", name="Click to Access Webcam").click()
    page.wait_for_function("document.querySelector('video')?.readyState >= 2", timeout=20_000)
    page.get_by_role("button", name="capture photo").click()
    see(page, "Looks happy")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_notice_is_in_view_and_nothing_is_cut_off(
    open_page: Callable[..., Any], fake_app: RunningApp, encoded: Encode, width: int
) -> None:
    page = open_page(fake_app, viewport={"width": width, "height": 844})
    for text in ("An expression, not a feeling", "Not for judging people", "Stays on this computer"):
        box = page.get_by_text(text).bounding_box()
        assert 0 <= box["y"] < 844
    give(page, encoded())
    see(page, "Looks happy")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(
    open_page: Callable[..., Any],
    fake_app: RunningApp,
    encoded: Encode,
    scheme: str,
    tmp_path: Path,
    text_contrasts: Callable[..., dict[str, float]],
) -> None:
    page = open_page(fake_app, color_scheme=scheme)
    give(page, encoded())
    see(page, "Looks happy")
    places = [".ec-notice li", ".ec-card h2", ".ec-phrase", ".ec-scale li", ".ec-bars li"]
    for place, contrast in text_contrasts(page, places).items():
        assert contrast >= 4.5, place
