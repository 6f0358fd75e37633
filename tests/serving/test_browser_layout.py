"""How the page looks in a real browser: wide and narrow, light and dark, and to assistive technology."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .browsing import Encode, give, see, some_zip
from .conftest import RunningApp

pytestmark = pytest.mark.browser

# Pairs of names below the scale that are shown and lie over each other.
NAMES_THAT_TOUCH = """() => {
  const shown = [...document.querySelectorAll('.ec-detail .ec-scale li span')].filter(name => name.checkVisibility({
    visibilityProperty: true}));
  const boxes = shown.map(name => name.getBoundingClientRect());
  return boxes.flatMap((one, at) => boxes.slice(at + 1).filter(other => one.left < other.right && other.left < one.right
    && one.top < other.bottom && other.top < one.bottom).map(() => shown[at].textContent));
}"""


def test_a_panorama_has_the_whole_width(
    open_page: Callable[..., Any], fake_app: RunningApp, encoded: Encode
) -> None:
    page = open_page(fake_app)
    give(page, encoded(width=400))
    see(page, "3 faces")
    assert page.locator(".ec-picture:visible").bounding_box()["width"] > 900
    give(page, encoded())
    assert page.locator(".ec-pair:not(.ec-wide) .ec-picture:visible").bounding_box()["width"] < 600


def test_a_photo_leaves_the_tab_for_a_video_as_it_is(
    open_page: Callable[..., Any], fake_app: RunningApp, encoded: Encode
) -> None:
    page = open_page(fake_app, viewport={"width": 320, "height": 844})
    give(page, encoded())
    see(page, "Looks happy")
    page.get_by_role("tab", name="Video").click()
    see(page, "Drop a video here")
    see(page, "up to 5 minutes")


@pytest.mark.parametrize("width", [1280, 320])
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
    assert page.evaluate(NAMES_THAT_TOUCH) == []
    give(page, some_zip(encoded), name="holiday.zip")
    see(page, "4 photos, 5 faces")
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
    places = [".ec-notice li", ".ec-detail .ec-card h3", ".ec-detail .ec-phrase", ".ec-detail .ec-scale li"]
    places += [".ec-detail .ec-bars li", ".ec-foot", ".ec-row button"]
    for place, contrast in text_contrasts(page, places).items():
        assert contrast >= 4.5, place


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 320)])
def test_axe_finds_no_serious_problem(
    open_page: Callable[..., Any],
    fake_app: RunningApp,
    encoded: Encode,
    noisy_video: Path,
    scheme: str,
    width: int,
    serious_problems: Callable[[Any], set[str]],
) -> None:
    page = open_page(fake_app, color_scheme=scheme, viewport={"width": width, "height": 844})
    problems = serious_problems(page)
    give(page, encoded(width=400))
    see(page, "3 faces: 1 looks happy")
    problems |= serious_problems(page)
    give(page, some_zip(encoded), name="holiday.zip")
    see(page, "4 photos")
    page.get_by_text("Its card").click()
    page.get_by_text("Help").click()
    problems |= serious_problems(page)
    page.get_by_role("tab", name="Video").click()
    problems |= serious_problems(page)
    page.set_input_files("[data-part=video-file]", noisy_video)
    see(page, "Mean degree")
    problems |= serious_problems(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert problems == set()
