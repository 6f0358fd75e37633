"""What one writes first: a FastAPI endpoint around the classifier. ``python plain.py PORT``."""

from __future__ import annotations

import sys
from typing import Any

import uvicorn
from fastapi import FastAPI, UploadFile

from emotion_classifier import EmotionClassifier

app = FastAPI()
classifier = EmotionClassifier()


@app.post("/v1/predict")
def predict(photos: list[UploadFile]) -> dict[str, Any]:
    """Read photos in one of the threads that FastAPI keeps for functions that block."""
    readings = [classifier.predict(photo.file.read()) for photo in photos]
    return {"photos": [reading.to_dict() for reading in readings], "model": classifier.bundle.id}


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")
