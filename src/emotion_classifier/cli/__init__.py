"""The command line: one file per verb, each a thin wrapper over a function of the package."""

from __future__ import annotations

from emotion_classifier.cli.program import main

__all__ = ["main"]
