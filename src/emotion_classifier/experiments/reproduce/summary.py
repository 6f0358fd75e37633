"""What all the fits say together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from emotion_classifier.evaluation.intervals import Estimate, corrected_resampled_t, wilson
from emotion_classifier.experiments.reproduce.flaws import Fits, Flaw, price_flaws
from emotion_classifier.experiments.reproduce.schedule import ORDER, ReproduceOptions
from emotion_classifier.experiments.reproduce.study import PUBLISHED, TESTED, Published, Study, study_split
from emotion_classifier.experiments.reproduce.study_search import Trial


@dataclass(frozen=True)
class ModelResult:
    """One of the study's models: what was published, what its protocol gives again, what is honest.

    Parameters
    ----------
    recipe : str
    published : Published or None
        None for what the study meant and did not run.
    published_accuracy : Estimate or None
        With the interval it was published without.
    protocol, best_epoch : Estimate or None
        Accuracy of ours after the last epoch, and at the epoch that did best on the test photos.
    protocol_loss : float or None
        After the last epoch.
    searched : Trial or None
        Of attempt_4: the best trial of our search, scored as the study scored it.
    honest : Estimate or None
        Accuracy in repeated stratified cross-validation, duplicates on one side, fixed number of epochs;
        interval after Nadeau and Bengio.
    honest_loss : Estimate or None
    seconds : float or None
        Median of a fit.
    """

    recipe: str
    published: Published | None
    published_accuracy: Estimate | None
    protocol: Estimate | None
    best_epoch: Estimate | None
    protocol_loss: float | None
    searched: Trial | None
    honest: Estimate | None
    honest_loss: Estimate | None
    fits: int
    seconds: float | None


@dataclass(frozen=True)
class Reproduction:
    """Everything the reproduction found.

    Parameters
    ----------
    models : tuple of ModelResult
    flaws : tuple of Flaw
    always_happy : Estimate
        Accuracy of saying happy to every photo: what a model has to beat.
    always_happy_test : Estimate
        The same on the study's test photos.
    photos, groups : int
        Photos, and photos that are no near-duplicates of another.
    fingerprint : str
        Of the photos.
    options : ReproduceOptions
    problems : tuple of (id, reason)
        Photos that could not be read, and are not among `photos`.
    """

    models: tuple[ModelResult, ...]
    flaws: tuple[Flaw, ...]
    always_happy: Estimate
    always_happy_test: Estimate
    photos: int
    groups: int
    fingerprint: str
    options: ReproduceOptions
    problems: tuple[tuple[str, str], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers and strings, for JSON."""
        problems = [{"file": name, "reason": reason} for name, reason in self.problems]
        return asdict(self) | {"problems": problems}


def summarise(study: Study, fits: Fits, trials: Sequence[Trial], options: ReproduceOptions) -> Reproduction:
    """Sum up the fits made so far."""
    _, test = study_split(study.sad)
    happy = study.sad < 0.5
    return Reproduction(
        models=tuple(
            _model(name, study, fits, trials, options) for name in ORDER if name in options.chosen()
        ),
        flaws=price_flaws(study, fits, options),
        always_happy=wilson(int(happy.sum()), len(study)),
        always_happy_test=wilson(int(happy[test].sum()), len(test)),
        photos=len(study),
        groups=len(np.unique(study.groups)),
        fingerprint=study.fingerprint,
        options=options,
        problems=study.problems,
    )


def _model(
    name: str, study: Study, fits: Fits, trials: Sequence[Trial], options: ReproduceOptions
) -> ModelResult:
    published = PUBLISHED.get(name)
    n = len(study_split(study.sad)[1])
    protocol = next(iter(fits.get(("protocol", name), [])), None)
    folds = fits.get(("folds", name), [])

    def over_folds(scores: list[float]) -> Estimate | None:
        ratio = 1 / (options.folds - 1)
        return corrected_resampled_t(scores, test_share=ratio, n=len(study)) if scores else None

    made = [*folds] if folds else [protocol] if protocol else []
    return ModelResult(
        recipe=name,
        published=published,
        published_accuracy=wilson(round(published.accuracy * TESTED), TESTED) if published else None,
        protocol=wilson(int(protocol.correct(study.sad).sum()), n) if protocol else None,
        best_epoch=wilson(round(max(protocol.history["val_accuracy"]) * n), n) if protocol else None,
        protocol_loss=protocol.history["val_loss"][-1] if protocol else None,
        searched=trials[0] if name == "attempt_4" and trials else None,
        honest=over_folds([float(np.mean(fit.correct(study.sad))) for fit in folds]),
        honest_loss=over_folds([fit.history["val_loss"][-1] for fit in folds]),
        fits=len(folds),
        seconds=float(np.median([fit.seconds for fit in made])) if made else None,
    )
