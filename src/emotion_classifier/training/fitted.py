"""What comes of fitting any recipe: an ONNX model, and what is worth knowing of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import onnxruntime

    from emotion_classifier.training.loop import History

_BATCH = 256


@dataclass(frozen=True)
class FitPlan:
    """What a user may say about one fit; None: the recipe's own, and for weights those it comes with."""

    seed: int = 0
    epochs: int | None = None
    patience: int | None = None
    weights: Path | None = None
    learning_rate: float | None = None
    more_light: bool = False
    bfloat16: bool = False


@dataclass(frozen=True)
class Fitted:
    """A fitted model.

    Parameters
    ----------
    onnx : bytes
        From ``pixels``, float32 (n, height, width, channels), to ``probabilities`` (n, labels), or (n, 1) of a
        sigmoid.
    parameters : int
        Numbers that were fitted.
    history : tuple of dict
        One per epoch; empty where there are no epochs.
    mirror : bool
        Whether the model answers for a face and its mirror image.
    """

    onnx: bytes
    parameters: int
    history: History = ()
    mirror: bool = False

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(self.onnx, options, providers=["CPUExecutionProvider"])

    def predict(self, inputs: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Answer for normalised pixels, shape (n, height, width, channels), as the bundle will."""
        name = self._session.get_inputs()[0].name
        parts = [
            self._session.run(None, {name: inputs[start : start + _BATCH]})[0]
            for start in range(0, len(inputs), _BATCH)
        ]
        return np.concatenate(parts)
