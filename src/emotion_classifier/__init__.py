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
    from emotion_classifier.checks import CheckOptions, check
    from emotion_classifier.classifier import EmotionClassifier
    from emotion_classifier.data import Dataset, open_dataset
    from emotion_classifier.data.groups import independent_groups
    from emotion_classifier.errors import EmotionClassifierError
    from emotion_classifier.estimator import RecipeClassifier
    from emotion_classifier.evaluation import evaluate
    from emotion_classifier.evaluation.compare import compare
    from emotion_classifier.fairness.audit import audit
    from emotion_classifier.fairness.survey import AuditOptions
    from emotion_classifier.model.bundle import Bundle
    from emotion_classifier.photo import read_photo
    from emotion_classifier.reading import PhotoReading, Reading, to_frame
    from emotion_classifier.training.fit import train
    from emotion_classifier.training.options import TrainOptions

__version__ = "0.1.0"

# Later releases of ONNX Runtime than the one we ask for report usage to their maker unless this is set before
# they are imported (docs/decisions/0004).
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

# Loaded on first use, so that `import emotion_classifier` stays quick.
_HOME = {
    "AuditOptions": "fairness.survey",
    "Bundle": "model.bundle",
    "CheckOptions": "checks",
    "Dataset": "data",
    "EmotionClassifier": "classifier",
    "EmotionClassifierError": "errors",
    "PhotoReading": "reading",
    "Reading": "reading",
    "RecipeClassifier": "estimator",
    "TrainOptions": "training.options",
    "audit": "fairness.audit",
    "check": "checks",
    "compare": "evaluation.compare",
    "evaluate": "evaluation",
    "independent_groups": "data.groups",
    "open_dataset": "data",
    "read_photo": "photo",
    "to_frame": "reading",
    "train": "training.fit",
}
__all__ = [
    "AuditOptions",
    "Bundle",
    "CheckOptions",
    "Dataset",
    "EmotionClassifier",
    "EmotionClassifierError",
    "PhotoReading",
    "Reading",
    "RecipeClassifier",
    "TrainOptions",
    "__version__",
    "audit",
    "check",
    "compare",
    "evaluate",
    "independent_groups",
    "open_dataset",
    "read_photo",
    "to_frame",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
