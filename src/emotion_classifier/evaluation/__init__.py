"""How good a model is on labelled photos, with an interval beside every figure."""

from __future__ import annotations

from emotion_classifier.evaluation.confusion import Misclassified, Mislabelled
from emotion_classifier.evaluation.evaluate import Evaluation, evaluate
from emotion_classifier.evaluation.intervals import Estimate, bootstrap, corrected_resampled_t, wilson

__all__ = [
    "Estimate",
    "Evaluation",
    "Misclassified",
    "Mislabelled",
    "bootstrap",
    "corrected_resampled_t",
    "evaluate",
    "wilson",
]
