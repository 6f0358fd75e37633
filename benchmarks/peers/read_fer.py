"""Read photos with PyPI's fer and its MTCNN on one thread; see protocol.py.

MTCNN is given RGB, which it was trained on; `FER.detect_emotions` alone would hand it BGR.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

from protocol import answer_each


def main() -> None:
    # By name, since these are installed beside fer and not beside this project.
    cv2, torch = import_module("cv2"), import_module("torch")
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    # Before fer, for with some releases PyTorch crashes when TensorFlow has been loaded first.
    import_module("facenet_pytorch")
    reader = import_module("fer.fer").FER(mtcnn=True)

    def read(file: str) -> dict[str, Any]:
        start = perf_counter()
        bgr = cv2.imread(file)
        if bgr is None:
            raise ValueError("cannot be decoded" if Path(file).is_file() else "does not exist")
        decoded = perf_counter()
        boxes = reader.find_faces(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))
        faces = reader.detect_emotions(bgr, face_rectangles=boxes)
        end = perf_counter()
        # It does not say how sure it is of a face, so the largest is the one the photo is about.
        largest = max(faces, key=lambda face: face["box"][2] * face["box"][3], default=None)
        return {
            "faces": len(faces),
            "scores": largest["emotions"] if largest else None,
            "ms": 1000 * (end - start),
            "decode_ms": 1000 * (decoded - start),
        }

    answer_each(read)


if __name__ == "__main__":
    main()
