"""The original study run again, and what it should have found."""

from __future__ import annotations

from emotion_classifier.experiments.reproduce.run import reproduce
from emotion_classifier.experiments.reproduce.schedule import ReproduceOptions
from emotion_classifier.experiments.reproduce.summary import ModelResult, Reproduction

__all__ = ["ModelResult", "ReproduceOptions", "Reproduction", "reproduce"]
