"""A camera of this machine. None is needed: a stand-in behaves as FFmpeg's readers of cameras do."""

from __future__ import annotations

import errno
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emotion_classifier.video.frames import Frame, Video
from emotion_classifier.video.places import unopened
from emotion_classifier.video.waits import Newest

av = pytest.importorskip("av")
Write = Callable[..., Path]
FRAMES = 60


class Camera:
    """Gives the packets of a file one by one, as they would come, and then what a camera does that is pulled out."""

    def __init__(self, path: Path, *, pause: float) -> None:
        self._file, self._pause, self._given = av.open(str(path)), pause, 0
        self.stream = self._file.streams.video[0]
        self.stream.thread_type = "SLICE"
        self._packets = self._file.demux(self.stream)
        self.closed = False

    def demux(self, stream: Any) -> Iterator[Any]:
        for packet in self._packets:
            if self._given == FRAMES:
                break
            self._given += 1
            time.sleep(self._pause)
            yield packet
            if self._given % 20 == 1:
                raise av.error.BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        raise av.error.OSError(errno.ENODEV, "No such device")

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def camera(write_video: Write, tmp_path: Path) -> Callable[[float], Video]:
    """A camera that is pulled out after 60 frames; its argument is the time between them in seconds."""
    grounds = [np.full((96, 128, 3), 4 * number, np.uint8) for number in range(FRAMES)]
    path = write_video(tmp_path / "camera.mp4", grounds)

    def plugged_in(pause: float) -> Video:
        source = Camera(path, pause=pause)
        return Video(
            name="webcam",
            live=True,
            duration=None,
            rate=25.0,
            _container=source,
            _stream=source.stream,
            _av=av,
            _camera=True,
        )

    return plugged_in


def test_a_camera_that_is_pulled_out_ends_the_frames_with_a_reason(camera: Callable[[float], Video]) -> None:
    with camera(0.02) as video:
        frames = list(video.frames())
    assert frames[-1].index == FRAMES - 1  # One that has no new picture yet is asked again.
    assert video.damage.ended == "webcam stopped sending (No such device); what came before was read."
    assert video._container.closed


def test_whoever_reads_more_slowly_than_a_camera_sends_gets_the_newest_frame(
    camera: Callable[[float], Video],
) -> None:
    read: list[Frame] = []
    with camera(0.02) as video:
        for frame in video.frames():
            read.append(frame)
            time.sleep(0.2)
    assert 3 < len(read) < 20
    for frame in read:
        assert abs(frame.pixels.mean() - 4 * frame.index) < 12  # Its own number, and its own time.
        assert frame.time == pytest.approx((frame.index - read[0].index) / 25, abs=0.02)
    gaps = np.diff([frame.index for frame in read])
    assert gaps.min() > 0 and np.median(gaps) >= 5


def test_reading_can_stop_and_go_on(camera: Callable[[float], Video]) -> None:
    with camera(0.02) as video:
        first = next(video.frames()).pixels.mean()
        assert next(video.frames()).pixels.mean() > first


def test_a_camera_that_hangs_neither_blocks_nor_is_closed_under_its_reader() -> None:
    hangs = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        hangs.wait()

    newest, found = Newest(items(), patience=0.3), []
    with pytest.raises(TimeoutError):
        found.extend(newest)
    assert newest.stop() is False
    hangs.set()
    assert newest.stop() is True


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOENT, "No camera was found at /dev/video0. "),
        (errno.ENOTTY, "gives no pictures"),
        (errno.EBUSY, "Another program uses the camera webcam"),
        (errno.EACCES, "group video"),
        (errno.EIO, "privacy settings"),
    ],
)
def test_why_a_camera_cannot_be_opened_is_told_with_what_to_do(code: int, words: str) -> None:
    error = av.error.OSError(code, os.strerror(code))
    assert words in unopened("webcam", "/dev/video0", "v4l2", True, error, os.strerror(code))


@pytest.mark.skipif(sys.platform == "win32", reason="it has no named pipes of that kind")
def test_a_named_pipe_is_read_as_it_comes(
    run: Callable[..., Any], scene: Callable[..., np.ndarray], write_video: Write, tmp_path: Path
) -> None:
    video, pipe = write_video(tmp_path / "a.ts", [scene(("happy/01", 60, 20))] * 5), tmp_path / "pipe"
    os.mkfifo(pipe)
    threading.Thread(target=lambda: pipe.write_bytes(video.read_bytes()), daemon=True).start()
    done = run("watch", pipe, "--csv", tmp_path / "a.csv")
    assert done.returncode == 0 and "5 frames" in done.stderr
