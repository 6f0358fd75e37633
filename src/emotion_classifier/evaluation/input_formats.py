"""Which order of colours and which scale a model from elsewhere was trained with: the one that reads photos best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from emotion_classifier.data import Dataset
from emotion_classifier.errors import DatasetError
from emotion_classifier.evaluation.intervals import Estimate
from emotion_classifier.evaluation.paired import judge
from emotion_classifier.evaluation.predictions import BINARY, Predictions, predict_dataset, predict_grouped
from emotion_classifier.evaluation.statistics import Mean
from emotion_classifier.model.bundle import Bundle

Channels = Literal["rgb", "bgr", "grey"]
Floats = npt.NDArray[np.float64]
_SMALLEST = 1e-15


@dataclass(frozen=True)
class InputFormat:
    """How pixels 0 to 255 are fed to a model: in which order of channels, times `scale`, plus `offset`."""

    channels: Channels
    scale: float
    offset: float = 0.0

    def __str__(self) -> str:
        scale = (
            "1/255"
            if self.scale == 1 / 255
            else "1/127.5"
            if self.scale == 1 / 127.5
            else f"{self.scale:.6g}"
        )
        offset = f", offset {self.offset:g}" if self.offset else ""
        return f"{self.channels.upper()}, scale {scale}{offset}"


@dataclass(frozen=True)
class FormatScore:
    """How a model reads labelled photos that are fed to it in one format.

    Parameters
    ----------
    format : InputFormat
    accuracy : Estimate
        Photos whose label is the likeliest.
    log_loss : float
        In nats; lower is better.
    behind : bool
        Whether it is shown to be worse than the best, by accuracy (see `Verdict.shown`) or by log loss (paired
        bootstrap of whole groups).
    """

    format: InputFormat
    accuracy: Estimate
    log_loss: float
    behind: bool = False


def score_formats(
    bundle: Bundle,
    formats: Sequence[InputFormat],
    dataset: Dataset,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[FormatScore, ...]:
    """Read labelled photos with a bundle in several input formats.

    Parameters
    ----------
    bundle : Bundle
    formats : sequence of InputFormat
    dataset : Dataset
        Only photos labelled happy or sad count. Those that the model was trained on do no harm here.
    progress : callable or None
        Called with (photos read, photos to be read in all formats).

    Returns
    -------
    tuple of FormatScore
        Best first: the lowest log loss among those whose accuracy is not shown to be behind the highest. Log loss alone
        would prefer a wrong format that makes a model say 50 % to a right one that makes it too sure.

    Raises
    ------
    DatasetError
        If there are not both happy and sad photos.
    """
    rows = np.flatnonzero(np.isin(np.array(dataset.labels)[dataset.hard], BINARY))
    dataset = dataset.take(rows)
    if len(set(dataset.hard.tolist())) < 2:
        raise DatasetError(
            "--check needs labelled photos of both kinds, in folders happy and sad. Name a folder that has them."
        )
    found: list[Predictions] = []
    for place, each in enumerate(formats):
        told = progress and _shifted(progress, place * len(dataset), len(formats) * len(dataset))
        fed = _fed(bundle, each)
        if found:
            predictions = predict_dataset(fed, dataset, progress=told)
            found.append(replace(predictions, groups=found[0].groups))
        else:
            found.append(predict_grouped(fed, dataset, progress=told))
    return _ranked(formats, found)


def _ranked(formats: Sequence[InputFormat], found: Sequence[Predictions]) -> tuple[FormatScore, ...]:
    surprises = [_surprise(predictions) for predictions in found]
    scores = [
        FormatScore(each, predictions.share(predictions.correct), float(np.nanmean(surprise)))
        for each, predictions, surprise in zip(formats, found, surprises, strict=True)
    ]
    rightest = max(
        range(len(scores)), key=lambda at: (scores[at].accuracy.value or 0.0, -scores[at].log_loss)
    )
    close = [at for at in range(len(scores)) if not _less_often_right(found[at], found[rightest])]
    best = min(close, key=lambda at: scores[at].log_loss)

    def behind(at: int) -> bool:
        return at not in close or _more_surprised(surprises[at] - surprises[best], found[best])

    ranked = [replace(score, behind=at != best and behind(at)) for at, score in enumerate(scores)]
    return tuple(sorted(ranked, key=lambda score: (score != ranked[best], score.behind, score.log_loss)))


def _less_often_right(one: Predictions, other: Predictions) -> bool:
    return one is not other and judge((one, other), one.group_numbers).shown


def _more_surprised(by: Floats, predictions: Predictions) -> bool:
    low = Mean(by, ~np.isnan(by)).estimate(predictions.groups).low
    return low is not None and low > 0


def _surprise(predictions: Predictions) -> Floats:
    """Of every photo: minus the logarithm of the probability of the truth, NaN without a face."""
    of_truth = np.where(predictions.names == "happy", predictions.p_happy, 1 - predictions.p_happy)
    return np.asarray(-np.log(np.clip(of_truth, _SMALLEST, 1)))


def _fed(bundle: Bundle, wanted: InputFormat) -> Bundle:
    changes = {"channels": wanted.channels, "scale": wanted.scale, "offset": wanted.offset}
    preprocessing = bundle.config.preprocessing.model_copy(update=changes)
    return replace(bundle, config=bundle.config.model_copy(update={"preprocessing": preprocessing}))


def _shifted(progress: Callable[[int, int], None], before: int, total: int) -> Callable[[int, int], None]:
    return lambda done, _: progress(before + done, total)
