"""What the OpenAPI document shows, and the photo that workers are tried with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

SMILE = Path(__file__).parents[1] / "examples" / "smile.jpg"

READING: dict[str, Any] = {
    "box": [31.9, 38.1, 96.1, 96.1],
    "label": "sad",
    "degree": -0.3985,
    "grade": "slightly sad",
    "probabilities": {"happy": 0.0014, "neutral": 0.5613, "sad": 0.3818, "other": 0.0555},
    "p_happy": 0.0006,
    "reason": None,
    "model": "mobilenet-20261126-222408",
    "main": True,
    "score": 0.9188,
    "landmarks": {
        "right_eye": [61.0, 65.9],
        "left_eye": [100.0, 65.5],
        "nose": [81.5, 90.4],
        "mouth": [81.5, 109.1],
        "right_ear": [39.6, 73.8],
        "left_ear": [119.3, 72.7],
    },
    "quality": {
        "eye_distance": 39.0981,
        "turn": 1.3192,
        "sharpness": 0.4899,
        "brightness": 0.3096,
        "contrast": 0.0882,
        "blown_out": 0.0,
        "margin": 1.3012,
    },
    "whole_photo": False,
    "leaning": "sad",
}
PHOTOS: dict[str, Any] = {
    "photos": [
        {"file": "ana.jpg", "readings": [READING], "reason": None, "note": None},
        {"file": "sky.jpg", "readings": [], "reason": "no face found", "note": None},
    ],
    "model": "mobilenet-20261126-222408",
}
# A grey PNG of 1×1 pixel: small enough to be read in a document.
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
