"""Where in each face of a photo its reading comes from; what `EmotionClassifier.explain` gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from emotion_classifier.drawing import LARGEST
from emotion_classifier.errors import UnreadablePhotoError
from emotion_classifier.explain.occlusion import Hidden
from emotion_classifier.explain.overlay import Heat, draw_heat, with_caption
from emotion_classifier.reading import PhotoReading, Reading, draw_readings


@dataclass(frozen=True)
class FaceExplanation:
    """Where in one face its reading comes from.

    Parameters
    ----------
    reading : Reading
    sentence : str
        What hiding parts of the face shows, in words; or why there is nothing to say.
    map : ndarray of float32, shape (rows, columns), or None
        How much each place of the model's input speaks for the label, in logits; below 0, against it. None where the
        model has no such map, or where maps of that label are no better than the mean of all faces.
    parts : dict of str to Hidden
        What becomes of the reading when a part of the face is hidden: forehead, brows, eyes, nose, cheeks, mouth, chin.
        Empty where nobody looked, or there is nothing to explain.
    heat : Heat or None
        What is drawn on the photo: the map or, where there is none, the parts by what is lost without them.
    """

    reading: Reading
    sentence: str
    map: npt.NDArray[np.float32] | None = None
    parts: dict[str, Hidden] = field(default_factory=dict)
    heat: Heat | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers and strings, as `explain --json` prints them."""
        return {
            "sentence": self.sentence,
            "map": None if self.map is None else np.round(self.map.astype(float), 3).tolist(),
            "parts": {
                name: {"loss": round(part.loss, 3), "label": part.label} for name, part in self.parts.items()
            },
        }


@dataclass(frozen=True)
class Explanation:
    """Where in each face of one photo its reading comes from.

    Parameters
    ----------
    photo : PhotoReading
        As `EmotionClassifier.predict` gives it.
    faces : tuple of FaceExplanation
        One for each of the photo's readings, in their order.
    pixels : ndarray of uint8, shape (height, width, 3), or None
        The upright photo as it was read, so with more contrast or smoothed where `photo.note` says so; None where it
        could not be read.
    """

    photo: PhotoReading
    faces: tuple[FaceExplanation, ...] = ()
    pixels: npt.NDArray[np.uint8] | None = field(default=None, repr=False)

    @property
    def main(self) -> FaceExplanation | None:
        """Of the face that the photo is about; None where there is none."""
        return None if self.photo.main_index is None else self.faces[self.photo.main_index]

    def to_dict(self) -> dict[str, Any]:
        """Return the line that `explain --json` prints: that of `predict`, with an explanation in each reading."""
        plain = self.photo.to_dict()
        for reading, face in zip(plain["readings"], self.faces, strict=True):
            reading["explanation"] = face.to_dict()
        return plain

    def plot(self) -> Image.Image:
        """Draw what speaks for each label on the photo, with boxes, labels and words, the photo's note among them.

        Returns
        -------
        PIL.Image.Image
            RGB.

        Raises
        ------
        UnreadablePhotoError
            If the photo could not be read; there is nothing to draw on.
        """
        several = len(self.faces) > 1
        lines = [
            f"{number}: {face.sentence}" if several else face.sentence
            for number, face in enumerate(self.faces, start=1)
        ]
        legend = any(face.heat is not None for face in self.faces)
        lines = lines or [self.photo.reason or ""]
        if note := self.photo.note:
            lines.append(f"{note[0].upper()}{note[1:]}.")
        return with_caption(self.drawing(), lines, legend=legend)

    def drawing(self, *, longest_side: int = LARGEST) -> Image.Image:
        """Draw as `plot` does, without the words.

        Parameters
        ----------
        longest_side : int
            A larger photo is shrunk to this many pixels, but to no fewer than 480; one below 480 is enlarged to 480.

        Returns
        -------
        PIL.Image.Image
            RGB, with the proportions of the photo.

        Raises
        ------
        UnreadablePhotoError
            If the photo could not be read; there is nothing to draw on.
        ValueError
            If `longest_side` is below 1.
        """
        if self.pixels is None:
            raise UnreadablePhotoError(self.photo.reason or "The photo could not be read.")
        heat = draw_heat(self.pixels, [face.heat for face in self.faces if face.heat is not None])
        return draw_readings(heat, self.photo.readings, longest_side=longest_side)

    def _repr_png_(self) -> bytes | None:
        """Show the drawing in a notebook."""
        return None if self.pixels is None else self.plot()._repr_png_()
