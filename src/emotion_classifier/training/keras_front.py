"""What a Keras model does to pixels before its first learned layer: its own scaling, and its own size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import keras

SCALES = (1 / 255, 1.0)
# Between black and white, a network is fed numbers that differ by about 1 (0 to 1), 2 (-1 to 1) or 4 (in standard
# deviations of everyday pictures); far less or more comes of scaling twice or not at all.
_LEAST, _MOST = 0.5, 20.0
_SMALLEST = 32  # px; what a model of any size is tried with


@dataclass(frozen=True)
class Front:
    """The part of a model before its first learned layer.

    Parameters
    ----------
    steps : tuple of keras.Model
        One inside the other where models are nested; each takes in what the one before gives.
    layers : tuple of keras.layers.Layer
        In the order in which they work.
    whole_numbers : bool
        Whether the model takes in whole numbers only.
    """

    steps: tuple[Any, ...]
    layers: tuple[Any, ...]
    whole_numbers: bool

    def seen(self, scale: float, offset: float = 0.0) -> tuple[float, float]:
        """Lowest and highest number that the first learned layer is given for a black and a white picture."""
        import keras

        height, width, channels = (side or _SMALLEST for side in self.steps[0].input_shape[1:])
        pixels: npt.NDArray[np.float32] = np.zeros((2, height, width, channels), np.float32)
        pixels[1] = 255
        values: Any = pixels * np.float32(scale) + np.float32(offset)
        for step in self.steps:
            values = step(values, training=False)
        found = keras.ops.convert_to_numpy(values)
        return float(found.min()), float(found.max())

    @property
    def scales(self) -> bool:
        """Whether it changes the numbers: by Rescaling, Normalization, or arithmetic."""
        low, high = self.seen(1.0)
        return self.whole_numbers or abs(low) > 1e-3 or abs(high - 255) > 1e-3

    @property
    def scale(self) -> float | None:
        """What pixels 0 to 255 are to be multiplied by, so that they are scaled once; None where it does not tell."""
        if self.whole_numbers:
            return 1.0
        for scale in SCALES:
            if fits(self.seen(scale)):
                return scale
        low, high = self.seen(1.0)
        # Some networks are fed 0 to 255 less the mean colour.
        return 1.0 if -255 <= low < 0 < high <= 255 else None

    @property
    def size(self) -> tuple[int, int] | None:
        """Height and width of its Resizing layer, if that is the first to change the size."""
        import keras

        for layer in self.layers:
            if isinstance(layer, keras.layers.Resizing):
                return int(layer.height), int(layer.width)
            if isinstance(layer, keras.layers.CenterCrop | keras.layers.Cropping2D | keras.layers.RandomCrop):
                return None
        return None

    @property
    def crops(self) -> bool:
        """Whether it cuts the picture, or keeps its proportions, before the network sees it."""
        import keras

        return any(
            isinstance(layer, keras.layers.CenterCrop | keras.layers.RandomCrop)
            or getattr(layer, "crop_to_aspect_ratio", False)
            or getattr(layer, "pad_to_aspect_ratio", False)
            for layer in self.layers
        )


def fits(seen: tuple[float, float]) -> bool:
    """Tell whether numbers from the first to the second are what networks are fed."""
    low, high = seen
    return _LEAST <= high - low <= _MOST and max(abs(low), abs(high)) <= _MOST


def front_of(model: keras.Model) -> Front:
    """Find the part of a model before its first learned layer, in nested models too.

    Parameters
    ----------
    model : keras.Model
        With one input, of shape (n, height, width, channels).
    """
    import keras

    steps, layers = _before_learned(model)
    return Front(tuple(steps), tuple(layers), keras.backend.is_int_dtype(model.inputs[0].dtype))


def _before_learned(model: keras.Model) -> tuple[list[keras.Model], list[keras.layers.Layer]]:
    import keras

    layers: list[keras.layers.Layer] = []
    for layer in model.layers:
        nested = isinstance(layer, keras.Model)
        if not any(_learns(part) for part in layer._flatten_layers()):
            layers += layer._flatten_layers(include_self=not nested)
            continue
        before = _up_to(layer, model)
        steps, inner = _before_learned(layer) if nested else ([], [])
        return [before, *steps], layers + inner
    return [keras.Model(model.inputs[0], model.outputs[0])], layers


def _learns(layer: keras.layers.Layer) -> bool:
    import keras

    return not isinstance(layer, keras.Model | keras.layers.Normalization) and bool(layer.weights)


def _up_to(layer: keras.layers.Layer, model: keras.Model) -> keras.Model:
    """Take the part of a model before one of its layers, which may have been called in other models too."""
    import keras

    for node in reversed(layer._inbound_nodes):
        try:
            return keras.Model(model.inputs[0], node.input_tensors[0])
        except ValueError:  # A call in another model.
            continue
    return keras.Model(model.inputs[0], model.inputs[0])
