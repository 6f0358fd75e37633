"""The gallery in a real browser: many photos, in order, saved, stopped and by keyboard."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .browsing import Encode, give, see, some_zip
from .conftest import RunningApp

pytestmark = pytest.mark.browser


def test_a_zip_becomes_a_gallery_in_order_with_what_was_left_out(
    open_page: Callable[..., Any], fake_app: RunningApp, encoded: Encode
) -> None:
    page = open_page(fake_app)
    give(page, some_zip(encoded), name="holiday.zip")
    see(page, "3 photos, 4 faces")
    see(page, "1 file was not read")
    see(page, "It is a text, not a photo.")
    expect = pytest.importorskip("playwright.sync_api").expect
    names = page.locator(".ec-tile .ec-name")
    expect(names.last).to_have_text("a/wall.jpg")
    page.get_by_label("Order").select_option("By name")
    expect(names).to_have_text(["a/face.jpg", "a/group.jpg", "a/wall.jpg"])
    page.get_by_role("button", name="a/group.jpg").click()
    see(page, "3 faces: 1 looks happy")
    page.keyboard.press("ArrowRight")
    see(page, "looks roughly at the camera")
    page.keyboard.press("Escape")
    see(page, "3 photos, 4 faces")


def test_the_keyboard_shows_where_it_is_and_stays_there(
    open_page: Callable[..., Any], fake_app: RunningApp, encoded: Encode
) -> None:
    page = open_page(fake_app)
    give(page, some_zip(encoded), name="holiday.zip")
    see(page, "3 photos, 4 faces")
    page.get_by_role("button", name="Start over").locator("visible=true").focus()
    page.keyboard.press("Tab")
    frame = page.locator(".ec-tile").first.evaluate(
        "tile => getComputedStyle(tile, '::after').borderTopStyle"
    )
    assert frame == "solid", "an outline of the tile itself lies below its picture"
    page.keyboard.press("Enter")
    pressed = page.locator("[data-do=next]")
    expect = pytest.importorskip("playwright.sync_api").expect
    expect(page.locator("[data-do=previous]")).to_be_disabled()
    pressed.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-do=previous]")).to_be_enabled()
    expect(pressed).to_be_focused()
    page.keyboard.press("Enter")
    expect(pressed).to_be_disabled()
    expect(page.locator(".ec-title:visible")).to_be_focused()


@pytest.mark.parametrize("width", [1280, 320])
def test_the_order_looks_like_a_list_and_its_arrow_lies_beside_the_words(
    open_page: Callable[..., Any], fake_app: RunningApp, encoded: Encode, width: int
) -> None:
    page = open_page(fake_app, viewport={"width": width, "height": 844})
    give(page, some_zip(encoded), name="holiday.zip")
    see(page, "3 photos, 4 faces")
    style = "list => (({backgroundImage, paddingRight}) => [backgroundImage, paddingRight])(getComputedStyle(list))"
    arrow, room = page.get_by_label("Order").evaluate(style)
    assert "gradient" in arrow and float(room.removesuffix("px")) > 24


def test_a_long_zip_can_be_stopped_and_all_can_be_cleared(
    open_page: Callable[..., Any], fake_app: RunningApp, encoded: Encode
) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(800):
            archive.writestr(f"{number}.jpg", encoded())
    page = open_page(fake_app)
    give(page, buffer.getvalue(), name="long.zip")
    page.get_by_text("of 800").wait_for(timeout=20_000)
    page.locator(".ec-tile").nth(2).wait_for(state="attached", timeout=20_000)
    page.get_by_role("button", name="Stop here").click()
    see(page, "Stopped. What was read so far is shown.")
    assert 0 < page.locator(".ec-tile").count() < 800
    page.get_by_role("button", name="Start over").locator("visible=true").click()
    see(page, "What you will see")
    assert page.locator(".ec-tile").count() == 0
    give(page, encoded())
    see(page, "Looks happy")


def test_the_table_and_the_pictures_can_be_saved(
    open_page: Callable[..., Any], fake_app: RunningApp, encoded: Encode
) -> None:
    page = open_page(fake_app)
    give(page, some_zip(encoded), name="holiday.zip")
    see(page, "3 photos, 4 faces")
    saved = {}
    for button in ("Table (CSV)", "Pictures (zip)"):
        with page.expect_download() as started:
            page.locator(".ec-gallery").get_by_role("button", name=button).click()
        saved[started.value.suggested_filename] = Path(started.value.path()).read_bytes()
    assert saved["readings.csv"].count(b"a/group.jpg") == 3
    with zipfile.ZipFile(io.BytesIO(saved["pictures.zip"])) as pictures:
        assert len(pictures.namelist()) == 3


def test_a_folder_that_is_dropped_is_searched(
    open_page: Callable[..., Any], fake_app: RunningApp, encoded: Encode, tmp_path: Path
) -> None:
    for name in ("1.jpg", "deep/2.jpg", ".hidden/3.jpg"):
        (tmp_path / "trip" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "trip" / name).write_bytes(encoded())
    page = open_page(fake_app)
    page.set_input_files("input[webkitdirectory]", str(tmp_path / "trip"))
    see(page, "2 photos, 2 faces")
    assert sorted(page.locator(".ec-tile .ec-name").all_text_contents()) == ["trip/1.jpg", "trip/deep/2.jpg"]
