"""Runs the web app in a process of its own, which ends at the first attempt to reach an outside host.

`python fake_server.py fake` reads photos with a stand-in that needs no model; `real` with the shipped one.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

OUTSIDE = 97  # exit status


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host or "127.0.0.1"
    if not (host.startswith("127.") or host in {"::1", "localhost", "0.0.0.0"}):
        print(f"tried to reach {host} ({event})", file=sys.stderr, flush=True)
        os._exit(OUTSIDE)


class FakeClassifier:
    """Finds one happy face in any picture that is not of a single colour, three where it is wide."""

    def __init__(self, bundle: object = None, *, limits: object = None) -> None:
        scale = SimpleNamespace(grade_cuts=CUTS, fitted_on="")
        self.bundle = SimpleNamespace(
            id="fake", path=Path(__file__).parent, config=SimpleNamespace(scale=scale)
        )

    def predict(self, source: Any) -> Any:
        from emotion_classifier.errors import PhotoError
        from emotion_classifier.photo import read_photo
        from emotion_classifier.reading import NO_FACE, PhotoReading

        try:
            photo = read_photo(source)
        except PhotoError as error:
            return PhotoReading("photo", (), str(error))
        height, width = photo.shape[:2]
        if photo.std() < 1:
            return PhotoReading("photo", (), NO_FACE)
        readings = [HAPPY, SAD, UNCERTAIN] if width > 2 * height else [HAPPY]
        side = width / (len(readings) + 1)
        boxes = [(side * number, 0.1 * height, side * 0.8, 0.5 * height) for number in range(len(readings))]
        faces = (reading(box) for reading, box in zip(readings, boxes, strict=True))
        return PhotoReading("photo", tuple(faces), None, 0)

    def predict_many(self, photos: Any) -> Any:
        return map(self.predict, photos)


CUTS = (-0.6, -0.2, 0.2, 0.6)
Box = tuple[float, float, float, float]


def HAPPY(box: Box) -> Any:  # noqa: N802
    return _reading(box, "happy", (0.95, 0.03, 0.012, 0.008), p_happy=0.985)


def SAD(box: Box) -> Any:  # noqa: N802
    return _reading(box, "sad", (0.14, 0.28, 0.55, 0.03), p_happy=0.2, grade="slightly sad")


def UNCERTAIN(box: Box) -> Any:  # noqa: N802
    reason = "the face is too dark"
    return _reading(box, "uncertain", (0.07, 0.86, 0.05, 0.02), p_happy=0.58, grade="neutral", reason=reason)


def _reading(
    box: Box,
    label: Any,
    probabilities: tuple[float, ...],
    *,
    p_happy: float,
    grade: Any = "happy",
    reason: str | None = None,
) -> Any:
    from emotion_classifier.model.scale import CANONICAL
    from emotion_classifier.reading import Reading

    named = dict(zip(CANONICAL, probabilities, strict=True))
    return Reading(box, label, named["happy"] - named["sad"], grade, named, p_happy, reason, "fake")


if __name__ == "__main__":
    sys.addaudithook(watch)
    if sys.argv[1] == "fake":
        import emotion_classifier.classifier as module

        module.EmotionClassifier = FakeClassifier  # type: ignore[assignment, misc]
    from emotion_classifier.serving.app import launch

    launch(open_browser=False)
