"""A process that takes photos as a worker does and needs no model; what it does with one, its content says."""

from __future__ import annotations

import json
import os
import sys
import time

from emotion_classifier.serving.api.frames import Answer, Photo, pack_answers, read_message, unpack_photos


def answer(photo: Photo) -> Answer:
    word, _, rest = photo.content.partition(b" ")
    if word == b"sleep":
        time.sleep(float(rest))
    if word == b"crash":
        os._exit(9)
    reason = "no face found"
    if word == b"threads":
        reason = " and ".join(os.environ[name] for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"))
    line = {"file": photo.name, "readings": [], "reason": reason, "note": None}
    return Answer(json.dumps(line), "no face")


def main() -> None:
    written: list[Answer] = []
    while True:
        sys.stdout.buffer.write(pack_answers(written))
        sys.stdout.buffer.flush()
        message = read_message(sys.stdin.buffer)
        if message is None:
            return
        written = [answer(photo) for photo in unpack_photos(message)]


if __name__ == "__main__":
    main()
