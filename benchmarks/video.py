"""What `watch` does with videos of rendered faces: frames a second, steadiness, lag, and tracks that are mixed up.

    python benchmarks/video.py

With its defaults it takes about twelve minutes on two quiet cores. The result file is written after each part, so that
what is done is kept where the others are stopped.

- Speed: 640 × 360, one face that moves, H.264; from file to readings, then with an overlay video and a table.
- Steadiness: one still face, camera noise in every frame, compressed as H.264; jitter is the standard deviation of the
  degree of one face over time, after the first second. Half-way the expression changes from one end of the scale to
  the other; lag is the time until the degree has come nine tenths of the way and stays there. The smoothing was
  chosen on the first 24 faces, so figures of others stand apart.
- Tracks: known people move through each other and behind a wall. A switch is a person whose face has another number
  than when last seen, a second ago or less. Who was hidden for longer, as people hide each other, gets a new number by
  design; that is counted apart. The wall hides for less.
  `--bytetrack` counts the same for ByteTrack, given the same boxes.
"""

from __future__ import annotations

import argparse
import io
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from results import write_results

from emotion_classifier import EmotionClassifier
from emotion_classifier.evaluation.intervals import wilson
from emotion_classifier.faces.face import Box
from emotion_classifier.fairness.rendered_set import RenderedSet, read_rendered
from emotion_classifier.report.readings_table import csv_table
from emotion_classifier.video import FrameReading, VideoOptions, read_video
from emotion_classifier.video.overlay import overlay
from emotion_classifier.video.read import COLUMNS

RATE = 30
SIZE = (640, 360)
SIDE = 150
WAIT = 1.0  # seconds for which the tracker waits for a face
CHOSEN_ON = 24  # still faces that the smoothing was chosen on
Pixels = npt.NDArray[np.uint8]


class People:
    """The shipped rendered faces, cut out as ovals, by person and strength of expression."""

    def __init__(self, faces: RenderedSet) -> None:
        self._faces = faces
        self._rows = {
            (name, float(strength)): row
            for row, (name, strength) in enumerate(zip(faces.identity, faces.strength, strict=True))
        }
        frontal = [name for name in dict.fromkeys(faces.identity) if name.endswith("-frontal-standard")]
        self.names = [name for name in frontal if all((name, end) in self._rows for end in (-1.0, 0.0, 1.0))]
        self.mask = Image.new("L", (SIDE, SIDE))
        ImageDraw.Draw(self.mask).ellipse((SIDE * 0.08, 0, SIDE * 0.92, SIDE), fill=255)

    def picture(self, name: str, strength: float) -> Image.Image:
        """Return the face of a person."""
        with Image.open(io.BytesIO(self._faces.pictures[self._rows[name, strength]])) as picture:
            return picture.convert("RGB").resize((SIDE, SIDE))


def ground(chance: np.random.Generator) -> Image.Image:
    """Paint a room out of focus: a few soft colours."""
    small = chance.integers(40, 200, (4, 6, 3), dtype=np.uint8)
    return Image.fromarray(small).resize(SIZE, Image.Resampling.BICUBIC)


def write(path: Path, frames: Iterable[Pixels], *, crf: int = 23) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("h264", rate=RATE, options={"crf": str(crf), "preset": "veryfast"})
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for number, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def speed(place: Path, people: People, frames: int, runs: int) -> dict[str, object]:
    chance = np.random.default_rng(0)
    behind, face = ground(chance), people.picture(people.names[0], 1.0)

    def moving() -> Iterator[Pixels]:
        for number in range(frames):
            picture = behind.copy()
            at = (round(245 + 120 * np.sin(number / 40)), round(105 + 40 * np.cos(number / 25)))
            picture.paste(face, at, people.mask)
            yield np.asarray(picture)

    video, classifier = write(place / "speed.mp4", moving()), EmotionClassifier()
    list(read_video(video, classifier))
    found: dict[str, object] = {"frames": frames, "runs": runs}
    for workers in (1, 2):
        for outputs in (False, True):
            taken = []
            for _ in range(runs):
                begun = time.perf_counter()
                readings = read_video(video, classifier, options=VideoOptions(workers=workers))
                if outputs:
                    out, table = place / "out.mp4", place / "out.csv"
                    with (
                        overlay(out) as draw,
                        csv_table(table, columns=COLUMNS, rows=FrameReading.table_rows) as row,
                    ):
                        for reading in readings:
                            draw(reading)
                            row(reading)
                else:
                    assert sum(len(reading.readings) for reading in readings) >= 0.95 * frames
                taken.append(frames / (time.perf_counter() - begun))
            name = f"workers_{workers}{'_overlay_and_table' if outputs else ''}"
            found[name] = {
                "median": statistics.median(taken),
                "low": min(taken),
                "high": max(taken),
                "n": runs,
            }
            print(f"{name}: {statistics.median(taken):.1f} frames/s ({min(taken):.1f} to {max(taken):.1f})")
    return found


def steadiness(place: Path, people: People, faces: int, seconds: float) -> dict[str, object]:
    chance, classifier = np.random.default_rng(1), EmotionClassifier()
    names = chance.permutation(people.names)[: CHOSEN_ON + faces]
    half = round(seconds * RATE / 2)
    found = []
    for name in names:
        behind = ground(chance)
        ends = []
        for strength in (-1.0, 1.0):
            picture = behind.copy()
            picture.paste(people.picture(str(name), strength), (245, 105), people.mask)
            ends.append(np.asarray(picture).astype(np.float32))

        def noisy(ends: list[npt.NDArray[np.float32]] = ends) -> Iterator[Pixels]:
            for number in range(2 * half):
                noise = chance.normal(0, 6, ends[0].shape)
                yield np.clip(ends[number >= half] + noise, 0, 255).astype(np.uint8)

        video = write(place / "steady.mp4", noisy(), crf=28)
        readings = [reading for reading in read_video(video, classifier) if reading.readings]
        found.append(_Still.of(readings, change=half / RATE))
    figures: dict[str, object] = {"seconds_each": seconds}
    for part, stills in (("chosen_on", found[:CHOSEN_ON]), ("others", found[CHOSEN_ON:])):
        if stills:
            figures[part] = told = _Still.figures(stills)
            print(f"steadiness, {part}:", {name: round(value, 4) for name, value in told.items()})
    return figures


@dataclass(frozen=True)
class _Still:
    """How steady one still face is, and how late its change shows; None where the model sees no change."""

    jitter: float
    raw_jitter: float
    lag: float | None
    raw_lag: float | None

    @classmethod
    def of(cls, readings: list[FrameReading], *, change: float) -> _Still:
        times = np.array([reading.time for reading in readings])
        smooth = np.array([reading.readings[0].degree for reading in readings])
        raw = np.array([reading.readings[0].raw.degree for reading in readings])
        still = (times > 1) & (times < change)
        before, after = np.median(raw[still]), np.median(raw[times > 2 * change - 1])

        def lag(degrees: npt.NDArray[np.float64]) -> float | None:
            if abs(after - before) < 0.3:
                return None
            away = np.abs(degrees - after) > 0.1 * abs(after - before)
            late = times[away & (times >= change - 1e-6)]
            return float(late.max()) - change + 1 / RATE if len(late) else 0.0

        return cls(float(smooth[still].std()), float(raw[still].std()), lag(smooth), lag(raw))

    @staticmethod
    def figures(stills: list[_Still]) -> dict[str, float]:
        lags = [
            (each.lag, each.raw_lag) for each in stills if each.lag is not None and each.raw_lag is not None
        ]
        return {
            "faces": len(stills),
            "raw_jitter_mean": statistics.mean(each.raw_jitter for each in stills),
            "raw_jitter_most": max(each.raw_jitter for each in stills),
            "jitter_mean": statistics.mean(each.jitter for each in stills),
            "jitter_most": max(each.jitter for each in stills),
            "faces_that_change": len(lags),
            "lag_median": statistics.median(lag for lag, _ in lags),
            "lag_most": max(lag for lag, _ in lags),
            "lag_most_where_the_raw_degree_arrives_at_once": max(lag for lag, raw in lags if raw < 0.1),
            "raw_lag_most": max(raw for _, raw in lags),
        }


def tracks(place: Path, people: People, scenes: int, frames: int, *, bytetrack: bool) -> dict[str, object]:
    classifier, seen, missed = EmotionClassifier(), 0, 0
    counts = {"ours": _Count()} | ({"bytetrack": _Count()} if bytetrack else {})
    for scene in range(scenes):
        chance = np.random.default_rng(100 + scene)
        names = [str(name) for name in chance.permutation(people.names)[: 2 + scene % 3]]
        truth = _paths(chance, len(names), frames)
        pictures = [people.picture(name, float(chance.choice([-1.0, 0.0, 1.0]))) for name in names]
        video = write(place / "tracks.mp4", _crossing(chance, people, pictures, truth))
        follow = _bytetrack() if bytetrack else None
        for count in counts.values():
            count.last.clear()
        for reading, boxes in zip(read_video(video, classifier), truth, strict=True):
            seen += 1
            found = [each.raw.box for each in reading.readings]
            numbers = {"ours": [each.track for each in reading.readings]}
            if follow:
                numbers["bytetrack"] = follow(found)
            for face, person in _matched(found, boxes):
                for name, count in counts.items():
                    count.add(person, numbers[name][face], reading.time)
            missed += len(names) - len(found)
        told = ", ".join(f"{name} {count.switches} switches" for name, count in counts.items())
        print(f"scene {scene + 1} of {scenes}: {told} in {seen:,} frames", flush=True)
    return {
        **{name: count.figures(name, seen) for name, count in counts.items()},
        "scenes": scenes,
        "faces_out_of_sight": missed,
    }


class _Count:
    """How often a person's face has another number than before."""

    def __init__(self) -> None:
        self.last: dict[int, tuple[int, float]] = {}
        self.switches = self._anew = 0

    def add(self, person: int, track: int, time: float) -> None:
        if track < 0:  # ByteTrack numbers a face that it has seen twice.
            return
        before, when = self.last.get(person, (track, time))
        waited = time - when <= WAIT
        self.switches += before != track and waited
        self._anew += before != track and not waited
        self.last[person] = track, time

    def figures(self, name: str, seen: int) -> dict[str, object]:
        found = wilson(self.switches, seen)
        assert found.value is not None and found.low is not None and found.high is not None
        figures = {"value": 1000 * found.value, "low": 1000 * found.low, "high": 1000 * found.high, "n": seen}
        print(
            f"{name}: "
            "{value:.2f} switches in 1,000 frames (95 % {low:.2f} to {high:.2f}, n = {n:,} frames)".format(
                **figures
            )
        )
        return {"switches_per_1000_frames": figures, "new_after_the_wait": self._anew}


def _bytetrack() -> Callable[[list[Box]], list[int]]:
    """Return ByteTrack (Zhang et al. 2022) as the package `trackers` has it, which waits as long as ours."""
    import supervision as sv
    from trackers import ByteTrackTracker

    tracker = ByteTrackTracker(lost_track_buffer=round(WAIT * 30), frame_rate=RATE)

    def follow(boxes: list[Box]) -> list[int]:
        corners = np.array([(x, y, x + width, y + height) for x, y, width, height in boxes]).reshape(-1, 4)
        # Every box that the detector reports counts in full; their order comes back by their number.
        given = sv.Detections(corners, confidence=np.ones(len(boxes)), class_id=np.arange(len(boxes)))
        told = tracker.update(given)
        numbers = [-1] * len(boxes)
        for place, number in zip(told.class_id, told.tracker_id, strict=True):
            numbers[place] = int(number)
        return numbers

    return follow


def _paths(chance: np.random.Generator, people: int, frames: int) -> list[list[Box]]:
    """Boxes of each person in each frame: slow waves of their own, on few heights, so that they cross."""
    times = np.arange(frames) / RATE
    width, height = SIZE[0] - SIDE, SIZE[1] - SIDE
    waves = [
        (
            width / 2 * (1 + np.sin(2 * np.pi * (times * chance.uniform(0.06, 0.14) + chance.uniform()))),
            height
            / 2
            * (1 + 0.8 * np.sin(2 * np.pi * (times * chance.uniform(0.03, 0.08) + chance.uniform()))),
        )
        for _ in range(people)
    ]
    return [[(float(x[n]), float(y[n]), SIDE, SIDE) for x, y in waves] for n in range(frames)]


def _crossing(
    chance: np.random.Generator, people: People, pictures: list[Image.Image], truth: list[list[Box]]
) -> Iterator[Pixels]:
    """Draw the people, the first in front, and a wall that goes by: it hides a face for less than a second."""
    behind = ground(chance)
    for number, boxes in enumerate(truth):
        picture = behind.copy()
        for face, box in reversed(list(zip(pictures, boxes, strict=True))):
            picture.paste(face, (round(box[0]), round(box[1])), people.mask)
        left = (number * 14) % (4 * SIZE[0]) - 120  # A face is behind it for about 0.6 s.
        ImageDraw.Draw(picture).rectangle((left, 0, left + 120, SIZE[1]), fill="#30343c")
        yield np.asarray(picture)


def _matched(found: list[Box], boxes: list[Box]) -> Iterator[tuple[int, int]]:
    """Pair each face found with the person whose picture it lies in the middle of, if there is one only."""
    for face, (x, y, width, height) in enumerate(found):
        middle = (x + width / 2, y + height / 2)
        near = [
            person
            for person, (left, top, _, _) in enumerate(boxes)
            if np.hypot(middle[0] - left - SIDE / 2, middle[1] - top - SIDE / 2) < 0.25 * SIDE
        ]
        if near:
            # Of people behind each other, the first one is in front, and its face is the one that shows.
            yield face, near[0]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=600, help="of the speed's video")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--faces", type=int, default=24, help="further still faces")
    parser.add_argument("--seconds", type=float, default=6.0, help="of each still face")
    parser.add_argument("--scenes", type=int, default=12, help="of people who cross")
    parser.add_argument("--scene-frames", type=int, default=450)
    parser.add_argument("--only", choices=("speed", "steadiness", "tracks"))
    parser.add_argument(
        "--bytetrack", action="store_true", help="have ByteTrack follow the same boxes (pip install trackers)"
    )
    parser.add_argument("--dry", action="store_true", help="write no result file")
    arguments = parser.parse_args()
    people = People(read_rendered())
    figures: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        parts: dict[str, Callable[[], dict[str, object]]] = {
            "speed": lambda: speed(place, people, arguments.frames, arguments.runs),
            "steadiness": lambda: steadiness(place, people, arguments.faces, arguments.seconds),
            "tracks": lambda: tracks(
                place, people, arguments.scenes, arguments.scene_frames, bytetrack=arguments.bytetrack
            ),
        }
        for name, measure in parts.items():
            if arguments.only in (None, name):
                figures[name] = measure()
                if not arguments.dry:
                    write_results("video", figures)


if __name__ == "__main__":
    main()
