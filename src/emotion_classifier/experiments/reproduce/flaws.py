"""What each flaw of the study's protocol is worth, in accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emotion_classifier.evaluation.intervals import Estimate, corrected_resampled_t, standard_deviation
from emotion_classifier.experiments.reproduce.schedule import ABLATED, ReproduceOptions
from emotion_classifier.experiments.reproduce.single_fit import Fit
from emotion_classifier.experiments.reproduce.study import Study
from emotion_classifier.text import percent, quantity

Fits = dict[tuple[str, str], list[Fit]]
Scores = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Flaw:
    """One flaw and its price.

    Parameters
    ----------
    name : str
    measured : str
        How the price was measured.
    price : Estimate
        In accuracy, 0.01 is one point; n counts photos, or fits where `measured` says so.
    detail : str
        Further figures.
    """

    name: str
    measured: str
    price: Estimate
    detail: str = ""


def price_flaws(study: Study, fits: Fits, options: ReproduceOptions) -> tuple[Flaw, ...]:
    """Price every flaw that the fits made so far can price."""
    folds = {recipe: listed for (stage, recipe), listed in fits.items() if stage == "folds"}
    ratio = 1 / (options.folds - 1)
    priced: list[Flaw] = []
    if folds:
        priced += [_best_epoch(folds, study, ratio), _swapped_channels(folds, study, ratio)]
    if len(folds) > 1:
        priced.append(_best_model(folds, study, ratio))
    if ungrouped := fits.get(("ungrouped", ABLATED)):
        priced.append(_duplicates(ungrouped, folds.get(ABLATED, []), study, ratio))
    for stage in ("splits", "weights"):
        if listed := fits.get((stage, ABLATED)):
            priced.append(_chance(stage, listed, study))
    if (crops := fits.get(("faces", ABLATED))) and ABLATED in folds:
        priced.append(_squashed(crops, folds[ABLATED], study, ratio))
    return tuple(priced)


def _scores(listed: list[Fit], study: Study, *, swapped: bool = False) -> Scores:
    return np.array([np.mean(fit.correct(study.sad, swapped=swapped)) for fit in listed], np.float64)


def _best_epoch(folds: Mapping[str, list[Fit]], study: Study, ratio: float) -> Flaw:
    gains = [
        [max(fit.history["val_accuracy"]) - fit.history["val_accuracy"][-1] for fit in listed]
        for listed in folds.values()
    ]
    return Flaw(
        "the test photos also chose when to stop",
        f"best epoch on the test fold minus the last, mean of {len(folds)} models",
        corrected_resampled_t(np.mean(gains, axis=0), test_share=ratio, n=len(study)),
    )


def _best_model(folds: Mapping[str, list[Fit]], study: Study, ratio: float) -> Flaw:
    scores = np.stack([_scores(listed, study) for listed in folds.values()])
    on_average = scores.mean(axis=1)
    best = int(np.argmax(on_average))
    return Flaw(
        "the test photos also chose the model",
        f"best of {len(folds)} models on each test fold minus the mean of the model that is best on average",
        corrected_resampled_t(scores.max(axis=0) - on_average[best], test_share=ratio, n=len(study)),
        f"best on average: {list(folds)[best]}, {quantity(on_average[best], '%')}",
    )


def _swapped_channels(folds: Mapping[str, list[Fit]], study: Study, ratio: float) -> Flaw:
    losses = {
        name: _scores(listed, study) - _scores(listed, study, swapped=True) for name, listed in folds.items()
    }
    each = ", ".join(f"{name} {percent(values.mean(), signed=True)}" for name, values in losses.items())
    return Flaw(
        "trained on BGR, served RGB",
        f"accuracy lost when red and blue are exchanged at the test, mean of {len(folds)} models",
        corrected_resampled_t(np.mean(list(losses.values()), axis=0), test_share=ratio, n=len(study)),
        f"points by model: {each}",
    )


def _duplicates(ungrouped: list[Fit], grouped: list[Fit], study: Study, ratio: float) -> Flaw:
    """Compare ungrouped test folds with themselves less the photos whose twin was trained on."""
    gains, twins, right = [], 0, 0
    for fit in ungrouped:
        correct = fit.correct(study.sad)
        trained = np.setdiff1d(np.arange(len(study)), fit.test)
        leaked = np.isin(study.groups[fit.test], study.groups[trained])
        gains.append(float(correct.mean() - correct[~leaked].mean()))
        twins, right = twins + int(leaked.sum()), right + int(correct[leaked].sum())
    with_twins, without = float(_scores(ungrouped, study).mean()), _scores(grouped, study)
    beside = f", kept on one side {quantity(without.mean(), '%')}" if len(without) else ""
    return Flaw(
        "the same photo in training and test",
        f"accuracy of {ABLATED} on test folds with minus without the photos whose twin was trained on",
        corrected_resampled_t(gains, test_share=ratio, n=len(study)),
        f"{twins} such tests, {right} right; folds that ignore duplicates {quantity(with_twins, '%')}{beside}",
    )


def _chance(stage: str, listed: list[Fit], study: Study) -> Flaw:
    scores = _scores(listed, study)
    what = "split" if stage == "splits" else "starting weights, on the one split"
    return Flaw(
        "shuffled without a seed" if stage == "splits" else "trained once, without a seed",
        f"standard deviation of the accuracy of {ABLATED} over fits (n) that differ in the {what}",
        standard_deviation(scores),
        f"from {quantity(scores.min(), '%')} to {quantity(scores.max(), '%')}, mean {quantity(scores.mean(), '%')}",
    )


def _squashed(crops: list[Fit], frames: list[Fit], study: Study, ratio: float) -> Flaw:
    # A photo without a face is not among those tested on its crop, and counts as wrong.
    folds = [len(fit.test) for fit in frames]
    right = np.array([fit.correct(study.sad).sum() for fit in crops]) / np.array(folds)
    missed = sum(folds) - sum(len(fit.test) for fit in crops)
    return Flaw(
        "the whole frame squashed",
        f"accuracy of {ABLATED} on aligned face crops minus on squashed frames, the same folds",
        corrected_resampled_t(right - _scores(frames, study), test_share=ratio, n=len(study)),
        f"face crops {quantity(right.mean(), '%')} (no face counts as wrong: {missed} of {sum(folds)} tests), "
        f"squashed frames {quantity(_scores(frames, study).mean(), '%')}",
    )
