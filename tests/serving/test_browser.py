"""The page in a real browser: what a person sees after giving it a photo."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from .conftest import RunningApp, running

pytestmark = pytest.mark.browser

# Pairs of names below the scale that are shown and lie over each other.
NAMES_THAT_TOUCH = """() => {
  const shown = [...document.querySelectorAll('.ec-detail .ec-scale li span')].filter(name => name.checkVisibility({
    visibilityProperty: true}));
  const boxes = shown.map(name => name.getBoundingClientRect());
  return boxes.flatMap((one, at) => boxes.slice(at + 1).filter(other => one.left < other.right && other.left < one.right
    && one.top < other.bottom && other.top < one.bottom).map(() => shown[at].textContent));
}"""
Encode = Callable[..., bytes]


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
        page.get_by_role("button", name="Choose photos").wait_for(timeout=30_000)
        return page

    yield open_it
    for context in contexts:
        context.close()


def give(page: Any, *contents: bytes, name: str = "photo.jpg") -> None:
    files = [
        {"name": f"{number}{name}" if number else name, "mimeType": "", "buffer": content}
        for number, content in enumerate(contents)
    ]
    page.set_input_files("input[multiple]", files)


def see(page: Any, text: str) -> None:
    page.get_by_text(text).locator("visible=true").first.wait_for(timeout=20_000)


def some_zip(encoded: Encode) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a/wall.jpg", encoded(noise=False))
        archive.writestr("a/face.jpg", encoded())
        archive.writestr("a/group.jpg", encoded(width=400))
        archive.writestr("notes.txt", b"milk")
    return buffer.getvalue()


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


def test_a_panorama_has_the_whole_width(
    open_page: Callable[..., Any], fake_app: RunningApp, encoded: Encode
) -> None:
    page = open_page(fake_app)
    give(page, encoded(width=400))
    see(page, "3 faces")
    assert page.locator(".ec-picture:visible").bounding_box()["width"] > 900
    give(page, encoded())
    assert page.locator(".ec-pair:not(.ec-wide) .ec-picture:visible").bounding_box()["width"] < 600


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


def test_a_photo_leaves_the_tab_for_a_video_as_it_is(
    open_page: Callable[..., Any], fake_app: RunningApp, encoded: Encode
) -> None:
    page = open_page(fake_app, viewport={"width": 320, "height": 844})
    give(page, encoded())
    see(page, "Looks happy")
    page.get_by_role("tab", name="Video").click()
    see(page, "Drop a video here")
    see(page, "up to 5 minutes")


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


def test_an_app_that_is_closed_is_told(
    open_page: Callable[..., Any], tmp_path: Path, encoded: Encode
) -> None:
    with running("fake", tmp_path) as closing:
        page = open_page(closing)
    give(page, encoded())
    see(page, "The app does not answer. Is it still running?")


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


def test_a_photo_can_be_taken_with_the_camera(open_page: Callable[..., Any], fake_app: RunningApp) -> None:
    page = open_page(fake_app, permissions=["camera"])
    page.get_by_role("button", name="Camera").click()
    see(page, "Looks happy")
    assert float(page.locator(".ec-camera").get_by_role("meter").get_attribute("aria-valuenow")) > 0.9
    page.get_by_role("button", name="Keep this moment").click()
    page.wait_for_selector(".ec-detail article.ec-card:visible", timeout=20_000)
    assert page.evaluate("document.querySelector('video').srcObject") is None


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
