"""`watch` as a user runs it."""

from __future__ import annotations

import csv
import io
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pyarrow import parquet

from emotion_classifier import EmotionClassifier
from emotion_classifier.cli.watch_outputs import WatchOptions, WatchOutputs
from emotion_classifier.errors import VideoError
from emotion_classifier.video import open_video, read_video
from emotion_classifier.video.frames import Excerpt

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_a_video_becomes_a_table_an_overlay_and_a_page(
    run: Run, scene: Callable[..., np.ndarray], write_video: Callable[..., Path], tmp_path: Path
) -> None:
    video = write_video(tmp_path / "a.mp4", [scene(("happy/01", 3 * n, 20)) for n in range(8)])
    out, table, page = tmp_path / "out.mp4", tmp_path / "a.csv", tmp_path / "a.html"
    asked = ["--every", "2", "--from", "0.1", "--out", out, "--csv", table, "--html", page]
    done = run("watch", video, *asked)
    assert (done.returncode, done.stdout) == (0, "") and "1 face followed" in done.stderr
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["time"] for row in rows] == ["0.12", "0.2", "0.28"] and {row["track"] for row in rows} == {
        "1"
    }
    assert "Face 1" in page.read_text() and out.stat().st_size > 1000


def test_a_table_on_standard_output(
    run: Run, scene: Callable[..., np.ndarray], write_video: Callable[..., Path], tmp_path: Path
) -> None:
    done = run("watch", write_video(tmp_path / "a.mp4", [scene()] * 2), "--csv", "-")
    assert done.returncode == 0 and len(list(csv.DictReader(done.stdout.splitlines()))) == 2
    assert "2 frames" in done.stderr and "Wrote" not in done.stderr


def test_files_that_are_complete_are_kept_where_another_one_fails(
    classifier: EmotionClassifier,
    scene: Callable[..., np.ndarray],
    write_video: Callable[..., Path],
    tmp_path: Path,
) -> None:
    path, table, gone = write_video(tmp_path / "a.mp4", [scene()] * 2), tmp_path / "a.csv", tmp_path / "gone"
    gone.mkdir()
    asked = WatchOptions(
        source=str(path), as_json=False, out=gone / "out.mp4", csv=table, parquet=None, html=None
    )
    outputs = WatchOutputs(asked)
    refused = pytest.raises(VideoError, match=r"out\.mp4 cannot be written")
    with open_video(path) as video, refused, outputs.open(video, Excerpt()):
        for frame in read_video(video, classifier):
            outputs.take(frame)
        shutil.rmtree(gone)
    assert len(table.read_text().splitlines()) == 3


@pytest.mark.skipif(sys.platform == "win32", reason="no such pipes there")
@pytest.mark.parametrize("printed", [["--json"], ["--csv", "-"]])
def test_whoever_reads_no_further_loses_no_file(
    printed: list[str], scene: Callable[..., np.ndarray], write_video: Callable[..., Path], tmp_path: Path
) -> None:
    path, table = write_video(tmp_path / "a.mp4", [scene()] * 2), tmp_path / "a.parquet"
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "emotion_classifier", "watch", path, *printed]
    try:
        alone = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True)
        done = subprocess.run(
            [*command, "--parquet", table], stdout=writing, stderr=subprocess.PIPE, text=True
        )
    finally:
        os.close(writing)
    assert (alone.returncode, alone.stderr) == (0, "")
    assert done.returncode == 0 and parquet.read_table(table).num_rows == 2


def test_what_is_no_video_ends_with_a_message(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_text("nothing")
    done = run("watch", tmp_path / "a.mp4")
    assert done.returncode == 1 and "cannot be read as a video" in done.stderr


def test_an_mp4_whose_index_was_at_its_lost_end(
    run: Run, scene: Callable[..., np.ndarray], write_video: Callable[..., Path], tmp_path: Path
) -> None:
    video = write_video(tmp_path / "a.mp4", [scene()] * 10)
    video.write_bytes(video.read_bytes()[:-1000])
    done = run("watch", video)
    assert done.returncode == 1 and "may lack its index" in done.stderr


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (["--csv", "b.csv", "--parquet", "b.csv"], "name the same file"),
        (["--from", "1:99"], "60 or more"),
        (["--every", "0.5"], "0.5s"),
        (["--hold", "-1"], "not a number of seconds"),
        (["--workers", "0"], "1 or more"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_reading(
    run: Run, asked: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("watch", "a.mp4", *asked)
    assert done.returncode == 2 and words in " ".join(done.stderr.replace("│", " ").split())


def test_a_beginning_after_the_end_says_how_long_the_video_is(
    run: Run, scene: Callable[..., np.ndarray], write_video: Callable[..., Path], tmp_path: Path
) -> None:
    video = write_video(tmp_path / "a.mp4", [scene()] * 5)
    done = run("watch", video, "--from", "60", "--csv", tmp_path / "a.csv")
    assert done.returncode == 1 and "it lasts 0:00.2." in done.stderr and not (tmp_path / "a.csv").exists()


@contextmanager
def camera(
    picture: np.ndarray, *, pause: float = 0.0, stalls: bool = False
) -> Iterator[tuple[str, Callable[[], None]]]:
    """Send a picture twelve times, and then end or stall; yields the address, and what makes it answer nobody."""
    encoded, ended = io.BytesIO(), threading.Event()
    Image.fromarray(picture).save(encoded, "JPEG")
    head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {encoded.tell()}\r\n\r\n".encode()

    class Camera(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            for _ in range(12):
                self.wfile.write(head + encoded.getvalue() + b"\r\n")
                time.sleep(pause)
            if stalls:
                ended.wait()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Camera) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", server.shutdown
        finally:
            ended.set()
            server.shutdown()


def test_a_stream_over_http_is_read_until_it_stops(
    run: Run, scene: Callable[..., np.ndarray], tmp_path: Path
) -> None:
    pytest.importorskip("av")
    table = tmp_path / "a.csv"
    with camera(scene(("happy/01", 60, 20)), pause=0.1) as (address, leave):
        done = run("watch", address, "--csv", table)
        leave()
        gone = run("watch", address)
    assert done.returncode == 3 and f"{address} stopped sending" in done.stderr
    with table.open(newline="") as file:
        times = [float(row["time"]) for row in csv.DictReader(file)]
    assert len(times) == 12 and times[0] == 0 and times[-1] > 0.8  # As they came, not 25 a second.
    assert gone.returncode == 1 and "Check the address" in gone.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send there")
def test_ctrl_c_ends_a_stream_that_stalls(scene: Callable[..., np.ndarray]) -> None:
    pytest.importorskip("av")
    with camera(scene(("happy/01", 60, 20)), stalls=True) as (address, _):
        command = [sys.executable, "-m", "emotion_classifier", "watch", address, "--csv", "-"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout and process.stderr
            for _ in range(11):
                process.stdout.readline()
            time.sleep(1)
            process.send_signal(signal.SIGINT)
            began = time.monotonic()
            code, told = process.wait(), process.stderr.read()
            took = time.monotonic() - began
    assert code == 0 and b"face followed" in told and took < 8


def test_a_full_disk_is_named_with_its_file(
    run: Run, scene: Callable[..., np.ndarray], write_video: Callable[..., Path], tmp_path: Path
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    video = write_video(tmp_path / "a.mp4", [scene()] * 2)
    done = run("watch", video, "--csv", "/dev/full")
    assert done.returncode == 1 and "/dev/full cannot be written (No space left on device)" in done.stderr
