"""LitServe around the classifier, with a worker for each core. ``python lit.py PORT``.

Annotations are not postponed here: LitServe compares that of a request with the class itself.
"""

import os
import sys
from typing import Any

import litserve
from fastapi import Request, UploadFile


class Api(litserve.LitAPI):  # type: ignore[misc]
    """Reads one photo of a form."""

    def setup(self, device: str) -> None:
        """Load the model in a worker."""
        from emotion_classifier import EmotionClassifier

        self.classifier = EmotionClassifier()

    def decode_request(self, request: Request) -> bytes:
        """Take the file out of the form."""
        upload: UploadFile = request["photos"]
        return upload.file.read()

    def predict(self, x: bytes) -> dict[str, Any]:
        """Read it."""
        return self.classifier.predict(x).to_dict()

    def encode_response(self, output: dict[str, Any]) -> dict[str, Any]:
        """Answer as the others do."""
        return {"photos": [output], "model": self.classifier.bundle.id}


if __name__ == "__main__":
    server = litserve.LitServer(
        Api(api_path="/v1/predict"),
        accelerator="cpu",
        workers_per_device=len(os.sched_getaffinity(0)),
        timeout=60,
    )
    server.run(port=int(sys.argv[1]), log_level="warning", generate_client_file=False)
