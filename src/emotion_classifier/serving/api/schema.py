"""What the API takes and gives, for its OpenAPI document."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from emotion_classifier.model.scale import Grade, Label, Leaning
from emotion_classifier.serving.api.examples import PIXEL
from emotion_classifier.serving.api.options import Limits
from emotion_classifier.serving.api.problems import CONTENT_TYPE
from emotion_classifier.serving.api.uploads import FIELD

Share = float | None


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Probabilities(_Strict):
    """Shares of raters; null for what the model does not know."""

    happy: Share
    neutral: Share
    sad: Share
    other: Share


class Quality(_Strict):
    """How well a face can be seen."""

    eye_distance: float
    turn: float
    sharpness: float
    brightness: float
    contrast: float
    blown_out: float
    margin: float


class Part(_Strict):
    """What becomes of a reading when a part of the face is hidden."""

    loss: float = Field(description="What the label loses, in logits; below 0, what it gains")
    label: Label = Field(description="What the face would be called")


class FaceExplanation(_Strict):
    """Where in a face its reading comes from."""

    sentence: str = Field(description="What hiding parts of the face shows, or why there is nothing to say")
    map: list[list[float]] | None = Field(
        description="Rows over the face's crop: how much each place speaks for the label, in logits; null for labels "
        "whose maps say no more than a mean map"
    )
    parts: dict[str, Part] = Field(description="forehead, brows, eyes, nose, cheeks, mouth, chin")


class Face(_Strict):
    """How one face looks; an expression, never a feeling."""

    box: tuple[float, float, float, float] = Field(description="x, y, width, height in pixels")
    label: Label
    leaning: Leaning
    degree: float = Field(ge=-1, le=1)
    grade: Grade
    probabilities: Probabilities
    p_happy: float = Field(ge=0, le=1)
    reason: str | None = Field(description="Why the label is uncertain")
    model: str
    main: bool = Field(description="Whether the photo is about this face")
    score: float
    landmarks: dict[str, tuple[float, float]]
    quality: Quality | None
    whole_photo: bool
    explanation: FaceExplanation | None = Field(
        default=None,
        description="Only with `explain=true`; of no more than five faces, the main one and the largest others",
    )


class Photo(_Strict):
    """One photo of the request, in its order."""

    file: str = Field(description="The client's name for it")
    readings: list[Face] = Field(description="Largest face first")
    reason: str | None = Field(description="'no face found', or why the photo could not be read")
    note: str | None


class Predictions(_Strict):
    """A line for every photo."""

    photos: list[Photo]
    model: str


class ModelAnswer(_Strict):
    """Which model answers, and within which limits."""

    id: str
    recipe: str
    created: datetime
    labels: list[str]
    sha256: str = Field(description="Of the network's file")
    version: str = Field(description="Of emotion-classifier")
    limits: dict[str, int | float]


class Health(_Strict):
    """A sign of life."""

    status: Literal["live", "ready"]


class ProblemDetails(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str


PROBLEM: dict[str, Any] = {"$ref": "#/components/schemas/ProblemDetails"}


def problems(**meanings: str) -> dict[int | str, dict[str, Any]]:
    """Describe answers that are problems: ``_503="The queue is full."``."""
    found: dict[int | str, dict[str, Any]] = {}
    for status, meaning in meanings.items():
        found[int(status[1:])] = {"description": meaning, "content": {CONTENT_TYPE: {"schema": PROBLEM}}}
        if status == "_503":
            found[503]["headers"] = {"Retry-After": {"schema": {"type": "string"}, "description": "Seconds"}}
    return found


def request_body(limits: Limits) -> dict[str, Any]:
    """Describe the body of /v1/predict."""
    some = {"type": "array", "minItems": 1, "maxItems": limits.max_files}
    form = {**some, "items": {"type": "string", "format": "binary"}}
    entry = {
        "type": "object",
        "required": ["content"],
        "additionalProperties": False,
        "properties": {
            "content": {"type": "string", "format": "byte", "description": "The file in base64"},
            "file": {"type": ["string", "null"], "description": "Your name for it"},
        },
    }
    example = {FIELD: [{"file": "pixel.png", "content": PIXEL}]}
    return {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": _object(form)},
            "application/json": {
                "schema": _object({**some, "items": entry}),
                "examples": {"one photo": {"value": example}},
            },
        },
    }


def _object(field: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": [FIELD],
        "additionalProperties": False,
        "properties": {FIELD: field},
    }
