"""From a photo and a face to what a model takes in: the one preprocessing of training, export and serving."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from emotion_classifier.faces.align import Framing, crop_face
from emotion_classifier.faces.face import Face
from emotion_classifier.photo import Picture

_CHANNELS = {"grey": 1, "rgb": 3, "bgr": 3}


class Preprocessing(BaseModel):
    """How pixels reach a model; stored in the bundle, used wherever the model is.

    Parameters
    ----------
    input : {"face", "photo"}
        ``face``: an upright square around one face. ``photo``: the whole frame squashed to size, as the
        original study did.
    height, width : int
        Size of the model's input, in pixels.
    channels : {"rgb", "bgr", "grey"}
        Order of the channels. ``bgr`` is for models trained on pictures read with OpenCV.
    scale, offset : float
        The model is fed ``pixels * scale + offset``.
    framing : Framing
        How the square is laid around a face.

    Examples
    --------
    >>> Preprocessing(input="photo", height=150, width=150, channels="rgb").input_shape
    (150, 150, 3)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: Literal["face", "photo"]
    height: int = Field(ge=8, le=1024)
    width: int = Field(ge=8, le=1024)
    channels: Literal["rgb", "bgr", "grey"] = "rgb"
    scale: float = 1 / 255
    offset: float = 0.0
    framing: Framing = Framing()

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Height, width and number of channels of one input."""
        return self.height, self.width, _CHANNELS[self.channels]

    def pixels(self, photo: npt.NDArray[np.uint8] | Picture, face: Face | None) -> npt.NDArray[np.uint8]:
        """Cut one model input out of a photo.

        Parameters
        ----------
        photo : Picture, or ndarray of uint8, shape (height, width, 3)
            Upright RGB photo.
        face : Face or None
            The face to look at; ignored when the model takes the whole frame.

        Returns
        -------
        ndarray of uint8, shape `input_shape`

        Raises
        ------
        ValueError
            If the model looks at faces and none is given.
        """
        if self.input == "photo":
            whole = Picture.of(photo).layer(1).image
            squashed = whole.resize((self.width, self.height), Image.Resampling.BILINEAR)
            return self.order_channels(np.asarray(squashed))
        if face is None:
            raise ValueError("this model looks at one face; pass the face to cut out")
        return self.order_channels(
            crop_face(photo, face, framing=self.framing, size=(self.height, self.width))
        )

    def order_channels(self, picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Bring an RGB picture, shape (h, w, 3), into the channels of the model."""
        if self.channels == "rgb":
            return picture
        if self.channels == "bgr":
            return np.ascontiguousarray(picture[..., ::-1])
        return np.asarray(Image.fromarray(picture).convert("L"))[..., np.newaxis]

    def normalise(self, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Scale pixels, shape (n, h, w, c), to the numbers the model takes in."""
        return pixels.astype(np.float32) * np.float32(self.scale) + np.float32(self.offset)
