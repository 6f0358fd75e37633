"""`python app.py` opens the web app; `emotion-classifier app --help` tells its options."""

from __future__ import annotations

import sys
from pathlib import Path

# A checkout works without being installed.
sys.path.insert(0, str(Path(__file__).parent / "src"))

from emotion_classifier.errors import EmotionClassifierError  # noqa: E402
from emotion_classifier.serving.app import launch  # noqa: E402

if __name__ == "__main__":
    try:
        launch()
    except (EmotionClassifierError, OSError) as error:
        sys.exit(str(error))
