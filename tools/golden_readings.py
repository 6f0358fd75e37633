"""Write what the shipped model reads from the rendered faces of the tests; for a new model, or a new way to it.

    python tools/golden_readings.py

``tests/test_golden_readings.py`` holds the package to it.
"""

from __future__ import annotations

import json
from pathlib import Path

from emotion_classifier.classifier import EmotionClassifier

TESTS = Path(__file__).resolve().parent.parent / "tests"
GOLDEN = TESTS / "golden_readings.json"


def main() -> None:
    """Read the faces and write the file."""
    faces = sorted((TESTS / "faces_rendered").glob("*/*.jpg"))
    classifier, found = EmotionClassifier(), {}
    for path, photo in zip(faces, classifier.predict_many(faces), strict=True):
        assert photo.main is not None, f"no face is found in {path}"
        found[path.relative_to(TESTS).as_posix()] = {
            "label": photo.main.label,
            "grade": photo.main.grade,
            "degree": round(photo.main.degree, 3),
            "p_happy": round(photo.main.p_happy, 3),
            "box": [round(side) for side in photo.main.box],
        }
    told = {"model": classifier.bundle.id, "readings": found}
    GOLDEN.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(f"{GOLDEN}: {len(found)} readings of {classifier.bundle.id}")


if __name__ == "__main__":
    main()
