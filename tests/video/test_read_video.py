"""Faces of a video, from the file to the tracked reading."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emotion_classifier import EmotionClassifier
from emotion_classifier.errors import MissingExtraError, VideoError
from emotion_classifier.video import (
    Frame,
    FrameReading,
    TrackedReading,
    VideoOptions,
    open_video,
    read_video,
)
from emotion_classifier.video.frames import Excerpt
from emotion_classifier.video.smoothing import SteadyLabel
from emotion_classifier.video.timeline import Timeline

Scene = Callable[..., np.ndarray]
Write = Callable[..., Path]


def test_two_faces_keep_their_tracks_and_a_cut_starts_others(
    classifier: EmotionClassifier, scene: Scene, write_video: Write, tmp_path: Path
) -> None:
    moving = [scene(("happy/01", 10 + 3 * n, 20), ("sad/03", 190 - 3 * n, 100)) for n in range(6)]
    other = [scene(("happy/05", 30, 20), ground=5)] * 2
    video = write_video(tmp_path / "a.mp4", [*moving, *other])
    found = list(read_video(video, classifier))
    assert [frame.frame.scene for frame in found] == [0] * 6 + [1] * 2
    first, second = (
        {min(frame.readings, key=lambda face: face.raw.box[1]).track for frame in found[:6]},
        {max(frame.readings, key=lambda face: face.raw.box[1]).track for frame in found[:6]},
    )
    assert len(first) == len(second) == 1 and first != second
    assert {face.track for frame in found[6:] for face in frame.readings} == {3}
    labels = {face.track: face.label for frame in found for face in frame.readings}
    assert len(labels) == 3 and found[0].readings[0].raw.degree == found[0].readings[0].degree


def test_frames_have_their_own_times_whatever_the_rate(
    scene: Scene, write_video: Write, tmp_path: Path
) -> None:
    times = [0.0, 0.04, 0.4, 0.44, 1.2]
    path = write_video(tmp_path / "a.mp4", [scene()] * 5, times)
    with open_video(path) as video:
        assert [frame.time for frame in video.frames()] == pytest.approx(times, abs=2e-3)
        assert not video.live and video.damage.ended is None
    with open_video(path) as video:
        part = list(video.frames(Excerpt(start=0.04, end=0.44)))
    assert [frame.time for frame in part] == pytest.approx([0.04, 0.4, 0.44], abs=2e-3)
    assert [frame.index for frame in part] == [1, 2, 3]
    with open_video(path) as video:
        assert [frame.index for frame in video.frames(Excerpt(every=0.4))] == [0, 2, 4]
    with open_video(path) as video:
        assert [frame.index for frame in video.frames(Excerpt(step=2))] == [0, 2, 4]


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_video_that_was_held_sideways_is_upright(
    scene: Scene, write_video: Write, tmp_path: Path, rotation: int
) -> None:
    upright = scene(("happy/01", 20, 20))
    stored = np.rot90(upright, -rotation // 90)
    path = write_video(tmp_path / "a.mp4", [stored] * 2, rotation=rotation)
    with open_video(path) as video:
        frame = next(video.frames())
    assert frame.pixels.shape == upright.shape
    assert np.abs(frame.pixels.astype(int) - upright).mean() < 6


def test_damaged_frames_are_left_out_and_counted(scene: Scene, write_video: Write, tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", [scene(("happy/01", 4 * n, 20)) for n in range(30)])
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 1500] = bytes(1500)
    path.write_bytes(content)
    with open_video(path) as video:
        frames = list(video.frames())
    assert 5 < len(frames) < 30 and (video.damage.frames > 0 or video.damage.ended)


def test_a_file_that_is_cut_off_says_so(scene: Scene, write_video: Write, tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", [scene(("happy/01", 4 * n, 20)) for n in range(60)])
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with open_video(path) as video:
        frames = list(video.frames())
    assert 0 < len(frames) < 60
    assert video.damage.ended and "a.mkv" in video.damage.ended


def test_no_faces_are_no_readings_and_a_reason(
    classifier: EmotionClassifier, scene: Scene, write_video: Write, tmp_path: Path
) -> None:
    frames = list(read_video(write_video(tmp_path / "a.mp4", [scene()] * 2), classifier))
    assert [(frame.readings, frame.reason) for frame in frames] == [((), "no face found")] * 2
    assert [row["reason"] for frame in frames for row in frame.table_rows()] == ["no face found"] * 2


def test_how_a_dark_frame_was_read_is_not_told_frame_by_frame(
    classifier: EmotionClassifier, scene: Scene, write_video: Write, tmp_path: Path
) -> None:
    dark = scene(("happy/01", 9, 20)) // 8
    assert (classifier.predict(dark).note or "").startswith("read with more contrast")
    assert {frame.note for frame in read_video(write_video(tmp_path / "a.mp4", [dark] * 2), classifier)} == {
        None
    }


def test_several_workers_read_the_same(
    classifier: EmotionClassifier, scene: Scene, write_video: Write, tmp_path: Path
) -> None:
    path = write_video(tmp_path / "a.mp4", [scene(("happy/01", 3 * n, 20)) for n in range(10)])
    one = [frame.to_dict() for frame in read_video(path, classifier)]
    two = [frame.to_dict() for frame in read_video(path, classifier, options=VideoOptions(workers=2))]
    assert one == two and len(one) == 10


def test_what_is_no_video_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_text("nothing")
    with pytest.raises(VideoError, match="cannot be read as a video"):
        open_video(tmp_path / "a.mp4")
    with pytest.raises(VideoError, match="There is no video file"):
        open_video(tmp_path / "b.mp4")
    with pytest.raises(VideoError, match="camera"):
        open_video("/dev/video97")


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    with av.open(str(tmp_path / "a.wav"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(VideoError, match="no pictures"):
        open_video(tmp_path / "a.wav")


def test_without_pyav_the_line_that_installs_it_is_named(absent: Callable[[str], None]) -> None:
    absent("av")
    with pytest.raises(MissingExtraError, match=r"\[video\]"):
        open_video("a.mp4")


def test_an_empty_excerpt_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        Excerpt(start=2.0, end=1.0)


def test_a_gap_belongs_to_no_label_and_one_reading_after_it_changes_none(
    classifier: EmotionClassifier, scene: Scene, write_video: Write, tmp_path: Path
) -> None:
    happy, sad = scene(("happy/01", 60, 40)), scene(("sad/03", 60, 40))
    reading = next(iter(read_video(write_video(tmp_path / "a.mp4", [happy]), classifier))).readings[0]
    other = next(iter(read_video(write_video(tmp_path / "b.mp4", [sad]), classifier))).readings[0]
    assert (reading.label, other.label) == ("happy", "sad")
    steady = SteadyLabel[str](0.3)
    times = [0.0, 0.04, 0.08, 0.78, 0.82, 1.12]
    shown = [steady("happy" if time < 0.5 else "sad", time) for time in times]
    assert shown == ["happy"] * 5 + ["sad"]
    timeline = Timeline()
    for number, time in enumerate(times[:5]):
        face = reading if time < 0.5 else other
        frame = Frame(time, number, 0, happy)
        timeline.add(FrameReading(frame, (TrackedReading(1, face.label, face.degree, face.grade, face.raw),)))
    seconds = timeline.curves()[0].seconds
    assert seconds["sad"] == pytest.approx(0.08) and seconds["happy"] == pytest.approx(0.08 + 1 / 30)


def test_label_grade_and_degree_agree_while_a_face_changes(
    classifier: EmotionClassifier, scene: Scene, write_video: Write, tmp_path: Path
) -> None:
    frames = [scene(("happy/05" if n // 12 % 2 else "sad/03", 60, 40)) for n in range(36)]
    found = [
        each
        for frame in read_video(write_video(tmp_path / "a.mp4", frames), classifier)
        for each in frame.readings
    ]
    assert {each.label for each in found} >= {"happy", "sad"}
    assert all(each.degree < 0 for each in found if each.label == "sad")
    assert all(each.degree > 0 for each in found if each.label == "happy")


@pytest.mark.parametrize("ending", ["mp4", "ts"])
def test_frames_are_numbered_as_in_the_video_wherever_reading_begins(
    scene: Scene, write_video: Write, tmp_path: Path, ending: str
) -> None:
    path = write_video(tmp_path / f"a.{ending}", [scene(("happy/01", 4 * n, 20)) for n in range(40)])
    with open_video(path) as video:
        assert [frame.index for frame in video.frames()] == list(range(40))
    with open_video(path) as video:
        part = list(video.frames(Excerpt(start=0.96, step=2)))
    assert [frame.index for frame in part] == list(range(24, 40, 2))


def test_what_else_is_given_is_named(tmp_path: Path) -> None:
    pytest.importorskip("av")
    picture, empty = tmp_path / "a.jpg", tmp_path / "empty.mp4"
    Image.new("RGB", (64, 64)).save(picture)
    empty.touch()
    for path, words in (
        (picture, "emotion-classifier predict"),
        (tmp_path, "is a folder"),
        (empty, r"empty \(0 bytes\)"),
    ):
        with pytest.raises(VideoError, match=words):
            open_video(path)


def test_a_face_keeps_its_track_where_frames_are_seconds_apart(
    classifier: EmotionClassifier, scene: Scene, write_video: Write, tmp_path: Path
) -> None:
    path = write_video(tmp_path / "a.mp4", [scene(("happy/01", 60, 40))] * 4, [0.0, 2.0, 4.0, 6.0])
    options = VideoOptions(excerpt=Excerpt(every=2.0))
    found = list(read_video(path, classifier, options=options))
    assert [face.track for frame in found for face in frame.readings] == [1] * 4


def test_a_list_of_other_files_is_opened_only_where_it_may_be(
    scene: Scene, write_video: Write, tmp_path: Path
) -> None:
    write_video(tmp_path / "a.ts", [scene()] * 3)
    playlist = tmp_path / "a.m3u8"
    playlist.write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\na.ts\n#EXT-X-ENDLIST\n"
    )
    with open_video(playlist) as video:
        assert len(list(video.frames())) == 3
    with pytest.raises(VideoError, match="cannot be read as a video"):
        open_video(playlist, untrusted=True)


def test_frames_too_large_for_a_stranger_are_refused(write_video: Write, tmp_path: Path) -> None:
    large = write_video(tmp_path / "a.mp4", [np.zeros((4100, 4100, 3), np.uint8)])
    with open_video(large) as video:
        assert len(list(video.frames())) == 1
    with pytest.raises(VideoError, match=r"frames of 4,100 × 4,100 pixels, more than are read here"):
        open_video(large, untrusted=True)
