"""Camera and video in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .browsing import see
from .conftest import RunningApp

pytestmark = pytest.mark.browser

# The browser asks whether the camera may be used, and a person takes a moment to answer.
SLOW_CAMERA = """() => {
  window.tracks = [];
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async wanted => {
    const seen = await ask(wanted);
    await new Promise(done => setTimeout(done, 500));
    tracks.push(...seen.getTracks());
    return seen;
  };
}"""


def test_a_photo_can_be_taken_with_the_camera(open_page: Callable[..., Any], fake_app: RunningApp) -> None:
    page = open_page(fake_app, permissions=["camera"])
    page.get_by_role("button", name="Camera").click()
    see(page, "Looks happy")
    assert float(page.locator(".ec-camera").get_by_role("meter").get_attribute("aria-valuenow")) > 0.9
    page.get_by_role("button", name="Keep this moment").click()
    page.wait_for_selector(".ec-detail article.ec-card:visible", timeout=20_000)
    assert page.evaluate("document.querySelector('video').srcObject") is None


def test_no_camera_stays_on_that_nobody_sees(open_page: Callable[..., Any], fake_app: RunningApp) -> None:
    page = open_page(fake_app, permissions=["camera"])
    page.evaluate(SLOW_CAMERA)
    page.get_by_role("button", name="Camera").dblclick()
    page.wait_for_function("tracks.length === 2")
    page.locator("[data-do=close-camera]").click()
    assert page.evaluate("tracks.map(track => track.readyState)") == ["ended"] * 2
    page.get_by_role("button", name="Camera").click()
    page.get_by_role("tab", name="Video").click()
    page.wait_for_function("tracks.length === 3 && tracks[2].readyState === 'ended'")


def test_a_recording_of_the_longest_length_is_sent_as_no_longer(
    open_page: Callable[..., Any], fake_app: RunningApp
) -> None:
    page = open_page(fake_app, permissions=["camera"])
    page.clock.install()
    page.get_by_role("tab", name="Video").click()
    page.get_by_role("button", name="Record").click()
    page.locator("[data-do=stop-recording]").wait_for()
    with page.expect_request(lambda request: "seconds=" in request.url) as sent:
        page.clock.fast_forward(300_800)
    assert "seconds=300.0" in sent.value.url


def test_a_video_is_read_shown_and_saved(
    open_page: Callable[..., Any], fake_app: RunningApp, noisy_video: Path
) -> None:
    page = open_page(fake_app)
    page.get_by_role("tab", name="Photos").focus()
    page.keyboard.press("ArrowRight")
    page.set_input_files("[data-part=video-file]", noisy_video)
    see(page, "1 face in 0:00.4 of video")
    see(page, "happy 100 %")
    # The browser can play it, and go to any place in it.
    page.wait_for_function("document.querySelector('.ec-clip video').readyState > 0")
    assert page.locator(".ec-clip video").evaluate("video => video.duration") == pytest.approx(0.4, abs=0.1)
    with page.expect_download() as started:
        page.get_by_role("link", name="Table (CSV)").click()
    assert Path(started.value.path()).read_text().count("happy") >= 10
    page.get_by_role("button", name="Start over").locator("visible=true").click()
    page.set_input_files(
        "[data-part=video-file]", {"name": "a.mp4", "mimeType": "", "buffer": b"milk and eggs"}
    )
    see(page, "a.mp4 is not a video.")
