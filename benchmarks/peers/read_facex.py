"""Read photos with PyPI's facex on one thread; see protocol.py."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

from protocol import answer_each


def main() -> None:
    # By name, since these are installed beside facex and not beside this project.
    cv2, tensorflow = import_module("cv2"), import_module("tensorflow")
    cv2.setNumThreads(1)
    # It asks for an interpreter without saying how many threads that may have.
    tensorflow.lite.Interpreter = partial(tensorflow.lite.Interpreter, num_threads=1)
    reader = import_module("facex").PoolManager(pool_size=1)

    def read(file: str) -> dict[str, Any]:
        start = perf_counter()
        bgr = cv2.imread(file)
        if bgr is None:
            raise ValueError("cannot be decoded" if Path(file).is_file() else "does not exist")
        decoded = perf_counter()
        faces = reader.predict(bgr)
        end = perf_counter()
        # It does not say how sure it is of a face, so the largest is the one the photo is about.
        largest = max(faces, key=lambda face: int(face["bbox"][2]) * int(face["bbox"][3]), default=None)
        return {
            "faces": len(faces),
            "scores": {_name(emotion): float(score) for emotion, score in largest["emot"].items()}
            if largest
            else None,
            "ms": 1000 * (end - start),
            "decode_ms": 1000 * (decoded - start),
        }

    answer_each(read)


def _name(emotion: str) -> str:
    return "sad" if emotion == "sadness" else str(emotion)


if __name__ == "__main__":
    main()
