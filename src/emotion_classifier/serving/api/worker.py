"""A process that reads photos for the service: photos come in on standard input, answers go out where that was.

It keeps nothing, and ends when the service does, however that ends: the pipe is closed then.
"""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from emotion_classifier.serving.api.frames import Answer, Photo, pack_answers, read_message, unpack_photos
from emotion_classifier.serving.api.options import TOO_LARGE, Model

if TYPE_CHECKING:
    from emotion_classifier.classifier import EmotionClassifier
    from emotion_classifier.explain.explanation import Explanation
    from emotion_classifier.reading import PhotoReading

# Faces of a photo that are explained, the largest: each costs several runs of the network.
EXPLAINED = 5


def read_photos(classifier: EmotionClassifier, photos: Sequence[Photo]) -> list[Answer]:
    """Read photos and write down what came of each, by the name that the client gave it."""
    from emotion_classifier.reading import NO_FACE

    # What is not to be explained shares runs of the network.
    together = classifier.predict_many([_named(photo) for photo in photos if not photo.explain])
    answers = []
    for photo in photos:
        told: PhotoReading | Explanation
        if photo.explain:
            told = classifier.explain(_named(photo), most=EXPLAINED)
            reading = told.photo
        else:
            told = reading = next(together)
        outcome = "read" if reading.readings else "no face" if reading.reason == NO_FACE else "unreadable"
        line = json.dumps(told.to_dict() | {"file": photo.name})
        answers.append(Answer(line, outcome, len(reading.readings)))
    return answers


def load(model: Model) -> EmotionClassifier:
    """Load the model, and read a photo so that nothing is left to be loaded."""
    from emotion_classifier.classifier import EmotionClassifier
    from emotion_classifier.photo import PhotoLimits
    from emotion_classifier.serving.api.examples import SMILE

    limits = PhotoLimits(model.max_pixels, model.max_bytes, advice=TOO_LARGE)
    classifier = EmotionClassifier(model.bundle, limits=limits, max_faces=model.max_faces)
    classifier.predict(SMILE)
    return classifier


def _named(photo: Photo) -> io.BytesIO:
    file = io.BytesIO(photo.content)
    file.name = photo.name  # What is wrong with a photo is said with the client's name for it.
    return file


def main() -> None:
    """Answer one message after another; the first, empty answer says that the model is loaded."""
    for number in (signal.SIGINT, signal.SIGTERM):  # Often sent to the service and all it runs; it decides.
        signal.signal(number, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # Whatever a library prints must not end up among the answers.
    classifier = load(Model(**json.loads(sys.argv[1])))
    # From here on, decoders have nothing to say that belongs in a log.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    written: Sequence[Answer] = []
    while True:
        try:
            answers.write(pack_answers(written))
            answers.flush()
        except BrokenPipeError:
            return
        message = read_message(sys.stdin.buffer)
        if message is None:
            return
        written = read_photos(classifier, unpack_photos(message))


if __name__ == "__main__":
    main()
