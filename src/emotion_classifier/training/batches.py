"""Batches that depend on nothing but the seed, the epoch and the row: a resumed run sees what it would have."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from emotion_classifier.model.preprocessing import Preprocessing
from emotion_classifier.training.augment import centre, vary
from emotion_classifier.training.inputs import Inputs


class Batches:
    """Shuffled batches of normalised inputs and targets for one epoch at a time.

    Parameters
    ----------
    inputs : Inputs
        Pixels cut wider than the network's input where `augment` is set.
    preprocessing : Preprocessing
    batch_size : int
    even : bool
        Share the rows out evenly, at least `batch_size` to each batch if there are as many, instead of leaving a last
        batch of what remains.
    seed : int
    augment : bool
    sigmoid : bool
        Targets are the share of the second label, shape (n, 1).
    more_light : bool
        Vary brightness, contrast and tone twice as much.
    bad_photos : bool
        Make some of the pictures as bad as photos are.
    """

    def __init__(
        self,
        inputs: Inputs,
        preprocessing: Preprocessing,
        batch_size: int,
        *,
        even: bool = False,
        seed: int,
        augment: bool,
        sigmoid: bool,
        more_light: bool = False,
        bad_photos: bool = False,
    ) -> None:
        self._pixels, self._targets = inputs.pixels, targets_for(inputs.targets, sigmoid=sigmoid)
        self._importance = inputs.importance
        self._preprocessing, rows = preprocessing, len(self._pixels)
        if even:
            count = max(1, rows // batch_size)
            self._ends = [rows * index // count for index in range(count + 1)]
        else:
            self._ends = [*range(0, rows, batch_size), rows]
        self.seed, self._augment = seed, augment
        self._more_light, self._bad_photos = more_light, bad_photos
        self.start_epoch(0)

    def __len__(self) -> int:
        return len(self._ends) - 1

    def start_epoch(self, epoch: int) -> None:
        """Shuffle for an epoch, counted from 0."""
        self._epoch = epoch
        self._order = np.random.default_rng((self.seed, epoch)).permutation(len(self._pixels))

    def __getitem__(self, index: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Make one batch."""
        rows = self._rows(index)
        pixels = self._pixels[rows]
        if self._augment:
            rng = np.random.default_rng((self.seed, self._epoch, index))
            size = (self._preprocessing.height, self._preprocessing.width)
            framing = self._preprocessing.framing if self._preprocessing.input == "face" else None
            pixels = np.stack(
                [
                    vary(
                        canvas,
                        size,
                        rng,
                        framing=framing,
                        more_light=self._more_light,
                        bad_photos=self._bad_photos,
                    )
                    for canvas in pixels
                ]
            )
        return self._preprocessing.normalise(pixels), self._targets[rows]

    def importance(self, index: int) -> npt.NDArray[np.float32] | None:
        """How much each row of a batch counts; None: all the same."""
        return None if self._importance is None else self._importance[self._rows(index)]

    def _rows(self, index: int) -> npt.NDArray[np.int64]:
        return self._order[self._ends[index] : self._ends[index + 1]]


def fixed_inputs(
    inputs: Inputs, preprocessing: Preprocessing, *, sigmoid: bool
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Give unvaried inputs, shape (n, height, width, channels), and targets, for validation."""
    return fixed_pixels(inputs, preprocessing), targets_for(inputs.targets, sigmoid=sigmoid)


def fixed_pixels(inputs: Inputs, preprocessing: Preprocessing) -> npt.NDArray[np.float32]:
    """Give unvaried inputs, normalised, shape (n, height, width, channels)."""
    pixels = centre(np.asarray(inputs.pixels), (preprocessing.height, preprocessing.width))
    return preprocessing.normalise(pixels)


def targets_for(targets: npt.NDArray[np.float32], *, sigmoid: bool) -> npt.NDArray[np.float32]:
    """Lay out targets, shape (n, labels), as the network's output."""
    return targets[:, 1:2] if sigmoid else targets
