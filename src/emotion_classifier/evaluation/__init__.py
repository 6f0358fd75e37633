"""How good a model is on labelled photos, with an interval beside every figure."""

from __future__ import annotations

from emotion_classifier.evaluation.intervals import Estimate, bootstrap, corrected_resampled_t, wilson
from emotion_classifier.evaluation.label_metrics import Mislabelled
from emotion_classifier.evaluation.metrics import Evaluation, Misread, evaluate

__all__ = [
    "Estimate",
    "Evaluation",
    "Mislabelled",
    "Misread",
    "bootstrap",
    "corrected_resampled_t",
    "evaluate",
    "wilson",
]
