"""Serves the API with workers that need no model: ``python fake_service.py '{"limits": {…}, "batching": {…}}'``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from emotion_classifier.serving.api.logs import log_to_stderr
from emotion_classifier.serving.api.options import Batching, Limits, ServeOptions
from emotion_classifier.serving.api.server import serve

if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    options = ServeOptions(
        limits=Limits(**asked.pop("limits", {})),
        batching=Batching(**{"workers": 1, "batch_size": 1, **asked.pop("batching", {})}),
        keys=tuple(asked.pop("keys", ())),
        **asked,
    )
    log_to_stderr("info")
    command = [sys.executable, str(Path(__file__).with_name("fake_worker.py"))]
    serve(None, options, port=0, with_app=False, worker=command)
