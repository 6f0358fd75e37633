"""The one result type of Python, command line, API, web app and video."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.errors import missing_extra
from emotion_classifier.scale import CANONICAL, Grade, Label

if TYPE_CHECKING:
    import pandas as pd
    from PIL import Image

NO_FACE = "no face found"


@dataclass(frozen=True)
class Reading:
    """How one face in one photo looks; an expression, never a feeling.

    Parameters
    ----------
    box : tuple of four floats
        x, y, width and height of the face in pixels of the upright photo.
    label : {"happy", "sad", "uncertain"}
    degree : float
        −1 (sad) to +1 (happy); about 0 is neutral.
    grade : str
        "sad", "slightly sad", "neutral", "slightly happy", "happy" or "mixed".
    probabilities : dict of str to float
        happy, neutral, sad and other; they sum to 1.
    p_happy : float
        Calibrated P(happy | happy or sad), 0 to 1.
    reason : str or None
        Why the label is "uncertain".
    model : str
        Id of the bundle that read the face.
    """

    box: tuple[float, float, float, float]
    label: Label
    degree: float
    grade: Grade
    probabilities: dict[str, float]
    p_happy: float
    reason: str | None
    model: str

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and strings, as `predict --json` prints them."""
        plain = asdict(self)
        plain["box"] = [round(value, 1) for value in self.box]
        plain["degree"] = round(self.degree, 4)
        plain["p_happy"] = round(self.p_happy, 4)
        plain["probabilities"] = {name: round(value, 4) for name, value in self.probabilities.items()}
        return plain


@dataclass(frozen=True)
class PhotoReading:
    """Every face of one photo, or why there is none.

    Parameters
    ----------
    file : str
        Path of the photo, or a name such as "photo 3" for one that came without.
    readings : tuple of Reading
        Largest face first.
    reason : str or None
        "no face found", why the file could not be read, or None.
    main_index : int or None
        Which of `readings` the photo is about: the face the detector is surest of.
    """

    file: str
    readings: tuple[Reading, ...] = ()
    reason: str | None = None
    main_index: int | None = field(default=None, repr=False)

    @property
    def main(self) -> Reading | None:
        """The face the photo is about, or None where there is none."""
        return None if self.main_index is None else self.readings[self.main_index]

    def to_dict(self) -> dict[str, Any]:
        """Return the line that `predict --json` prints for this photo."""
        return {
            "file": self.file,
            "readings": [reading.to_dict() for reading in self.readings],
            "reason": self.reason,
        }

    def plot(self, photo: npt.NDArray[np.uint8]) -> Image.Image:
        """Draw boxes, labels and degrees on the photo.

        Parameters
        ----------
        photo : ndarray of uint8, shape (height, width, 3)
            The upright photo, as `read_photo` returns it.
        """
        from emotion_classifier.drawing import draw_readings

        return draw_readings(photo, self.readings)


def to_frame(photos: Iterable[PhotoReading]) -> pd.DataFrame:
    """Lay readings out as a table: a row per face, or one row with a reason for a photo without.

    Columns: file, face, x, y, width, height, label, degree, grade, happy, neutral, sad, other, p_happy,
    reason, model.

    Raises
    ------
    MissingExtraError
        If pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise missing_extra("app", "pandas") from error
    columns = ["file", "face", "x", "y", "width", "height", "label", "degree", "grade"]
    return pd.DataFrame(
        [row for photo in photos for row in _rows(photo)],
        columns=[*columns, *CANONICAL, "p_happy", "reason", "model"],
    )


def _rows(photo: PhotoReading) -> list[dict[str, Any]]:
    if not photo.readings:
        return [{"file": photo.file, "reason": photo.reason}]
    rows = []
    for number, reading in enumerate(photo.readings):
        plain = reading.to_dict()
        box = dict(zip(("x", "y", "width", "height"), plain.pop("box"), strict=True))
        rows.append({"file": photo.file, "face": number, **box, **plain.pop("probabilities"), **plain})
    return rows
