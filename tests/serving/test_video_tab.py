"""A video given to the web app: what is shown of it, what is refused, and when its files are gone."""

from __future__ import annotations

import csv
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit

import numpy as np
import pytest

from emotion_classifier.errors import VideoError
from emotion_classifier.photo import PhotoLimits
from emotion_classifier.serving import page, texts, video_tab_page
from emotion_classifier.serving.video_tab import MAX_SECONDS, Clip, Progress

from .conftest import RunningApp
from .fake_server import FakeClassifier

Encode = Callable[..., bytes]
WriteVideo = Callable[..., Path]
SAY = texts.load()


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., tuple[Clip, list[Progress]]]:
    """Read content as the tab does; each look at the clock is a second later."""

    def read_it(content: bytes, name: str = "talk.mp4", **options: Any) -> tuple[Clip, list[Progress]]:
        clip, seconds = Clip(name, tmp_path), iter(range(10**6))
        clip.given.write_bytes(content)
        told = clip.read(FakeClassifier(), SAY, clock=lambda: float(next(seconds)), **options)
        return clip, list(told)

    return read_it


def test_a_video_becomes_one_with_boxes_a_table_a_page_and_curves(
    read: Callable[..., tuple[Clip, list[Progress]]], noisy_video: Path
) -> None:
    clip, told = read(noisy_video.read_bytes(), "<b>.mp4")
    assert not clip.given.exists()
    assert b"avc1" in clip.boxes.read_bytes() and "Face 1" in clip.page.read_text()
    with clip.table.open(newline="") as file:
        assert [row["label"] for row in csv.DictReader(file)] == ["happy"] * 10
    shown = video_tab_page.result(SAY, clip)
    assert "1 face in 0:00.4" in shown and "happy 100 %" in shown and "&lt;b&gt;.mp4" in shown
    assert "Face 1, 0:00.0 to 0:00.4: mean degree +0.94" in shown and 'class="line"' in shown
    left = [progress.left for progress in told if progress.left is not None]
    assert len(left) == 9 and left == sorted(left, reverse=True)


def test_a_recording_that_does_not_say_its_length_has_a_time_left_too() -> None:
    assert Progress(12.0, None, None).words(SAY) == "Read as far as 0:12 …"
    assert Progress(12.0, 30.0, 40.0).words(SAY) == "Read 0:12 of 0:30, about 40 s left"


def test_a_video_without_faces_says_so(
    read: Callable[..., tuple[Clip, list[Progress]]], write_video: WriteVideo, tmp_path: Path
) -> None:
    wall = write_video(tmp_path / "wall.mp4", [np.full((120, 160, 3), 120, np.uint8)] * 3)
    clip, _ = read(wall.read_bytes())
    shown = video_tab_page.result(SAY, clip)
    assert "No face found in any frame" in shown and "<video" not in shown and "timeline.csv" in shown


def test_what_of_a_video_could_not_be_read_stands_above_the_rest(
    read: Callable[..., tuple[Clip, list[Progress]]], write_video: WriteVideo, tmp_path: Path
) -> None:
    noise = np.random.default_rng(7).integers(0, 255, (120, 160, 3), np.uint8)
    whole = write_video(tmp_path / "a.mkv", [noise] * 100).read_bytes()
    clip, _ = read(whole[: len(whole) // 2], "talk.mkv")
    assert "talk.mkv is cut off: it says that it lasts 4.0 s" in video_tab_page.result(SAY, clip)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "talk.mp4 is empty."),
        (b"milk and eggs", "talk.mp4 is not a video. Give an MP4"),
        (b"%PDF-1.7", "talk.mp4 is not a video."),
        (b"RIFF\x24\0\0\0WAVEfmt ", "talk.mp4 is a sound without pictures."),
        (b"\0\0\0\x20ftypisom" + bytes(500), "talk.mp4 cannot be read as a video"),
    ],
)
def test_what_is_no_video_is_told_in_plain_words(
    read: Callable[..., tuple[Clip, list[Progress]]], content: bytes, said: str, tmp_path: Path
) -> None:
    with pytest.raises(VideoError) as caught:
        read(content)
    assert str(caught.value).startswith(said) and str(tmp_path) not in str(caught.value)


def test_a_photo_is_sent_to_the_other_tab(
    read: Callable[..., tuple[Clip, list[Progress]]], encoded: Encode
) -> None:
    with pytest.raises(VideoError, match=r"talk\.mp4 is a photo, not a video\. Give it in the tab Photos\."):
        read(encoded())


def test_a_long_video_is_sent_to_the_command_line(
    read: Callable[..., tuple[Clip, list[Progress]]], write_video: WriteVideo, tmp_path: Path
) -> None:
    wall = np.full((48, 64, 3), 120, np.uint8)
    long = write_video(tmp_path / "long.mp4", [wall] * 3, [0, 1, MAX_SECONDS + 2])
    with pytest.raises(VideoError, match=r"lasts 5:0\d; up to 5:00 are read here.*emotion-classifier watch"):
        read(long.read_bytes())


def test_what_is_written_goes_with_the_clip_and_where_the_reading_ends_early(
    noisy_video: Path, tmp_path: Path
) -> None:
    clip = Clip("talk.mp4", tmp_path)
    clip.given.write_bytes(noisy_video.read_bytes())
    seconds = iter(range(1000))
    reading = clip.read(FakeClassifier(), SAY, clock=lambda: float(next(seconds)))
    next(reading)
    reading.close()  # type: ignore[attr-defined]
    assert list(clip.folder.iterdir()) == []
    folder = clip.folder
    del clip, reading
    assert not folder.exists()


def begin(asked: RunningApp, content: bytes, name: str) -> tuple[http.client.HTTPConnection, Any]:
    connection = http.client.HTTPConnection(urlsplit(asked.url).netloc, timeout=60)
    connection.request("POST", f"/video?name={quote(name)}", content)
    return connection, connection.getresponse()


def gone(asked: RunningApp, but_for: list[Path]) -> bool:
    """Wait for the app to have removed its files."""
    for _ in range(100):
        if not asked.files(but_for):
            return True
        time.sleep(0.1)
    return False


def test_files_are_there_until_the_page_is_closed(fake_app: RunningApp, noisy_video: Path) -> None:
    before = fake_app.files()
    connection, answer = begin(fake_app, noisy_video.read_bytes(), "talk.mp4")
    token = json.loads(answer.read().splitlines()[-1])["token"]
    headers, table = fake_app.get(f"/video/{token}/timeline.csv?save")
    assert "attachment" in headers["content-disposition"] and table.startswith("time,frame,")
    connection.request("GET", f"/video/{token}/boxes.mp4", headers={"Range": "bytes=0-99"})
    part = connection.getresponse()
    assert part.status == 206 and len(part.read()) == 100
    with pytest.raises(HTTPError, match="404"):
        fake_app.get(f"/video/{token}/given")
    connection.close()
    fake_app.post(f"/video/{token}/close", b"")
    assert gone(fake_app, but_for=before)
    with pytest.raises(HTTPError, match="404"):
        fake_app.get(f"/video/{token}/timeline.csv")


def test_photos_are_read_beside_a_video_and_who_goes_away_ends_its_reading(
    fake_app: RunningApp, write_video: WriteVideo, tmp_path: Path, encoded: Encode
) -> None:
    noise = np.random.default_rng(7).integers(0, 255, (48, 64, 3), np.uint8)
    long = write_video(tmp_path / "long.mp4", [noise] * 5000)
    before = fake_app.files()
    connection, answer = begin(fake_app, long.read_bytes(), "long.mp4")
    lines = iter(answer.readline, b"")
    assert any("left" in json.loads(told)["said"] for told in lines)
    assert "Looks happy" in fake_app.ask(encoded())
    following, queued = begin(fake_app, long.read_bytes(), "second.mp4")
    assert "Another video is being read" in json.loads(queued.readline())["said"]
    following.close()
    queued.close()
    connection.close()
    answer.close()
    assert gone(fake_app, but_for=before)


def test_another_site_cannot_give_a_video(fake_app: RunningApp) -> None:
    with pytest.raises(HTTPError, match="403"):
        fake_app.post("/video", b"", {"Sec-Fetch-Site": "cross-site"})


def test_without_pyav_the_tab_says_how_to_install_it(absent: Callable[[str], None]) -> None:
    absent("av")
    shown = page.body(SAY, FakeClassifier().bundle, [], reach="local", limits=PhotoLimits())
    assert "pip install" in shown and "[video]" in shown and 'data-do="choose-video"' not in shown


def test_the_page_does_not_wait_for_pyav() -> None:
    code = (
        "import sys; from tests.serving.fake_server import FakeClassifier as Fake; "
        "from emotion_classifier.photo import PhotoLimits; "
        "from emotion_classifier.serving import page, texts, video_tab_routes; "
        "video_tab_routes.routes(Fake(), texts.load()); "
        "page.body(texts.load(), Fake().bundle, [], reach='local', limits=PhotoLimits()); "
        "sys.exit('av' in sys.modules or 'emotion_classifier.video' in sys.modules)"
    )
    root = Path(page.__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (root / "src", root)))}
    assert subprocess.run([sys.executable, "-c", code], env=environment).returncode == 0
