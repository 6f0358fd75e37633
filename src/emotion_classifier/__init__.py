"""Reads whether a face in a photo looks happy, neutral or sad; an expression, never a feeling.

>>> from emotion_classifier import EmotionClassifier
>>> EmotionClassifier().classes_[:4]
('happy', 'neutral', 'sad', 'other')
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emotion_classifier.classifier import EmotionClassifier
    from emotion_classifier.errors import EmotionClassifierError
    from emotion_classifier.model.bundle import Bundle
    from emotion_classifier.photo import read_photo
    from emotion_classifier.reading import PhotoReading, Reading, to_frame

__version__ = "0.1.0"

# Later releases of ONNX Runtime than the one we ask for report usage to their maker unless this is set before
# they are imported (docs/decisions/0004).
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

# Loaded on first use, so that `import emotion_classifier` stays quick.
_HOME = {
    "Bundle": "model.bundle",
    "EmotionClassifier": "classifier",
    "EmotionClassifierError": "errors",
    "PhotoReading": "reading",
    "Reading": "reading",
    "read_photo": "photo",
    "to_frame": "reading",
}
__all__ = [
    "Bundle",
    "EmotionClassifier",
    "EmotionClassifierError",
    "PhotoReading",
    "Reading",
    "__version__",
    "read_photo",
    "to_frame",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
