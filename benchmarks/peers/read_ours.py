"""Read photos with this project on one thread; see protocol.py."""

from __future__ import annotations

import sys
from time import perf_counter
from typing import Any

from protocol import answer_each

from emotion_classifier import EmotionClassifier
from emotion_classifier.photo import read_photo


def main() -> None:
    classifier = EmotionClassifier(sys.argv[1] if len(sys.argv) > 1 else None, threads=1)

    def read(file: str) -> dict[str, Any]:
        start = perf_counter()
        photo = classifier.predict(file)
        end = perf_counter()
        read_photo(file)  # All of it, of which a large photo takes a part only.
        decoded = perf_counter()
        main = photo.main
        return {
            "faces": len(photo.readings),
            "scores": main.probabilities if main else None,
            "shown": main.label if main else None,
            "p_happy": main.p_happy if main else None,
            "ms": 1000 * (end - start),
            "decode_ms": 1000 * (decoded - end),
        }

    answer_each(read)


if __name__ == "__main__":
    main()
