"""From a face and its reading to where the reading comes from, with one bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from emotion_classifier.explain.activation import ActivationMaps
from emotion_classifier.explain.explanation import FaceExplanation
from emotion_classifier.explain.occlusion import Hidden, hide_parts
from emotion_classifier.explain.overlay import Heat, normalised
from emotion_classifier.explain.parts import Masks, part_masks
from emotion_classifier.explain.score import sides, weights
from emotion_classifier.explain.words import COUNTS, sentence
from emotion_classifier.faces.align import face_window
from emotion_classifier.faces.face import Face
from emotion_classifier.faces.window import Window
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.reading import Reading

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
# Labels whose maps follow the network better than the mean map of all faces does (docs/explain.md, by
# benchmarks/explain.py).
FAITHFUL = frozenset({"happy", "sad", "other"})
_NO_FACE = "No face was found whose parts could be hidden one by one."


@dataclass(frozen=True)
class Seen:
    """What the network took in and gave out for one face.

    Parameters
    ----------
    face : Face or None
        The face whose parts can be hidden; None where a model of whole photos looked at one without a face.
    pixels : ndarray of uint8, shape (height, width, channels)
        The network's input.
    raw : ndarray of float32, shape (labels,)
        Its probabilities.
    maps : ndarray of float32, shape (rows, columns, labels), or None
        See `ActivationMaps`.
    """

    face: Face | None
    pixels: Pixels
    raw: Floats
    maps: Floats | None


class Explainer:
    """Says where in a face a bundle's readings come from.

    Parameters
    ----------
    bundle : Bundle
    threads : int
        Threads of the network.
    """

    def __init__(self, bundle: Bundle, *, threads: int = 1) -> None:
        self._bundle = bundle
        self._maps = ActivationMaps.of(bundle, threads=threads)
        self._network = partial(bundle.probabilities, threads=threads)

    def read(self, inputs: Pixels) -> tuple[Floats, Floats | None]:
        """Run the network once.

        Parameters
        ----------
        inputs : ndarray of uint8, shape (n, height, width, channels)

        Returns
        -------
        probabilities : ndarray of float32, shape (n, labels)
            As `Bundle.probabilities` gives them.
        maps : ndarray of float32, shape (n, rows, columns, labels), or None
            None where the network has none to give.
        """
        fed = self._bundle.config.preprocessing.normalise(inputs)
        return (self._network(fed), None) if self._maps is None else self._maps(fed)

    def explain(self, seen: Seen, reading: Reading, *, photo_size: tuple[int, int]) -> FaceExplanation:
        """Explain one reading.

        Parameters
        ----------
        seen : Seen
        reading : Reading
            Made of `seen`.
        photo_size : (height, width)
            In pixels.
        """
        pair = sides(reading.label, seen.raw.astype(np.float64), self._bundle.labels)
        if pair is None:
            return FaceExplanation(reading, f"Not explained, because it is uncertain: {reading.reason}.")
        window = self._window(seen, photo_size)
        size = seen.pixels.shape[0], seen.pixels.shape[1]
        masks = part_masks(seen.face, window, size) if seen.face else {}
        parts = self._hide(seen.pixels, masks, pair)
        told = None
        if seen.maps is not None and reading.label in FAITHFUL:
            told = np.asarray(seen.maps @ weights(seen.raw, self._bundle.labels, pair), np.float32)
        heat = normalised(_painted(masks, parts, size) if told is None else told)
        return FaceExplanation(
            reading,
            sentence(reading.label, parts) if parts else _NO_FACE,
            told,
            parts,
            Heat(heat, window) if heat.any() else None,
        )

    def _hide(self, pixels: Pixels, masks: Masks, pair: tuple[str, str]) -> dict[str, Hidden]:
        if not any(mask.any() for mask in masks.values()):
            return {}
        normalise = self._bundle.config.preprocessing.normalise
        return hide_parts(self._bundle, pixels, masks, pair, lambda inputs: self._network(normalise(inputs)))

    def _window(self, seen: Seen, photo_size: tuple[int, int]) -> Window:
        """Tell what of the photo the network's input shows."""
        template = self._bundle.config.preprocessing
        height, width = photo_size
        if template.input == "photo" or seen.face is None:
            return Window(width / 2, height / 2, width, height)
        return face_window(seen.face, template.framing, (template.height, template.width))


def _painted(masks: Masks, parts: dict[str, Hidden], size: Sequence[int]) -> Floats:
    """Paint every part that words would name with what is lost without it."""
    painted = np.zeros(tuple(size), np.float32)
    for name, part in parts.items():
        if part.loss >= COUNTS:
            painted[masks[name]] = part.loss
    return painted
