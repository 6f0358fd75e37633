"""What the OpenAPI document shows, and the photo that workers are tried with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

SMILE = Path(__file__).parents[1] / "examples" / "smile.jpg"

READING: dict[str, Any] = {
    "box": [46.2, 43.9, 109.4, 109.3],
    "label": "sad",
    "degree": -0.3727,
    "grade": "slightly sad",
    "probabilities": {"happy": 0.0032, "neutral": 0.6043, "sad": 0.3413, "other": 0.0511},
    "p_happy": 0.0013,
    "reason": None,
    "model": "mobilenet-20261129-011145",
    "main": True,
    "score": 0.9335,
    "landmarks": {
        "right_eye": [72.1, 74.3],
        "left_eye": [118.2, 76.9],
        "nose": [88.2, 103.0],
        "mouth": [89.8, 124.2],
        "right_ear": [56.5, 81.8],
        "left_ear": [150.0, 87.0],
    },
    "quality": {
        "eye_distance": 46.1784,
        "turn": 8.8754,
        "sharpness": 0.5222,
        "brightness": 0.2509,
        "contrast": 0.0788,
        "blown_out": 0.0,
        "margin": 1.2944,
    },
    "whole_photo": False,
    "leaning": "sad",
}
PHOTOS: dict[str, Any] = {
    "photos": [
        {"file": "ana.jpg", "readings": [READING], "reason": None, "note": None},
        {"file": "sky.jpg", "readings": [], "reason": "no face found", "note": None},
    ],
    "model": "mobilenet-20261129-011145",
}
# A grey PNG of 1×1 pixel: small enough to be read in a document.
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
