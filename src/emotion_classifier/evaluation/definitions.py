"""What every metric counts: functions from predictions to a statistic, or to None where the data do not allow it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from emotion_classifier.data.labels import is_graded
from emotion_classifier.evaluation.curves import surest_first
from emotion_classifier.evaluation.predictions import BINARY, UNCERTAIN, Predictions, general
from emotion_classifier.evaluation.scores import log_losses, roc_auc, spearman
from emotion_classifier.evaluation.statistics import (
    CalibrationError,
    Mean,
    MeanRecall,
    Score,
    Share,
    Statistic,
)
from emotion_classifier.model.scale import CANONICAL, net_share

CLEAR = 0.6  # share of raters from which a face is called happy or sad clearly
COVERAGE = 0.9
Floats = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]
Function = Callable[[Predictions], Statistic | None]


def label_accuracy(predictions: Predictions) -> Statistic:
    """Count where the label people see is that of the photo; uncertain, no face and unreadable never are."""
    return Share(predictions.shown == general(predictions.names))


def label_recall(label: str, called: str) -> Function:
    """Make the metric of photos labelled one thing that are called another, or the same."""

    def count(predictions: Predictions) -> Statistic | None:
        return _where_any(predictions.shown == called, general(predictions.names) == label)

    return count


def label_precision_sad(predictions: Predictions) -> Statistic | None:
    """Count the photos called sad that are labelled sad."""
    return _where_any(general(predictions.names) == "sad", predictions.shown == "sad")


def uncertain(predictions: Predictions) -> Statistic | None:
    """Count the photos with a face that are called uncertain."""
    return _where_any(predictions.shown == UNCERTAIN, predictions.predicted)


def balanced_accuracy(predictions: Predictions) -> Statistic:
    """Take the mean recall of the classes that occur."""
    return MeanRecall(predictions.y_true, predictions.y_pred)


def log_loss(predictions: Predictions) -> Statistic:
    """Take the mean surprise at the true class, on photos with a face."""
    return Mean(log_losses(predictions.y_true, predictions.probabilities), predictions.predicted)


def area_under_roc(predictions: Predictions) -> Statistic:
    """Take the area under the ROC curve, on photos with a face."""
    y_true, stated = predictions.y_true, predictions.probabilities
    return Score(lambda rows: roc_auc(y_true[rows], stated[rows]), predictions.predicted)


def selective_accuracy(predictions: Predictions) -> Statistic:
    """Count where the label people see is right, on photos that are not called uncertain."""
    return Share(predictions.shown == general(predictions.names), predictions.decided)


def recall(label: str) -> Function:
    """Make the recall of one class of the data, by forced choice."""

    def count(predictions: Predictions) -> Statistic | None:
        if label not in predictions.labels:
            return None
        index = predictions.labels.index(label)
        return Share(predictions.y_pred == index, predictions.y_true == index)

    return count


def happy_against_sad(predictions: Predictions) -> Statistic | None:
    """Count where the leaning is right, on photos labelled happy or sad; with only these two, see the accuracy."""
    if not set(predictions.labels) - set(BINARY):
        return None
    return Share(predictions.right_side, predictions.binary)


def happy_against_sad_clear(predictions: Predictions) -> Statistic | None:
    """Count the same where most raters agree on happy or on sad."""
    if not is_graded(net_share(predictions.shares)):
        return None
    clear = np.maximum(predictions.shares[:, 0], predictions.shares[:, 2]) >= CLEAR - 1e-6
    return Share(predictions.right_side, clear)


def error_at_90_coverage(predictions: Predictions) -> Statistic | None:
    """Count where the leaning is wrong, on the surest nine in ten photos labelled happy or sad."""
    wanted = int(np.ceil(COVERAGE * predictions.binary.sum()))
    if not wanted:
        return None
    given = np.zeros(len(predictions), np.bool_)
    given[surest_first(predictions)[:wanted]] = True
    return Share(~predictions.right_side, given)


def calibration_of_p_happy(predictions: Predictions) -> Statistic:
    """Measure how far `p_happy` is from what happens, on photos labelled happy or sad that have a face."""
    return CalibrationError(
        predictions.p_happy, _happy(predictions), predictions.binary & predictions.predicted
    )


def calibration_of_happy(predictions: Predictions) -> Statistic | None:
    """Measure the same; without photos labelled sad, of the probability of happy among the classes of the data."""
    stated, of = predictions.p_happy, predictions.binary & predictions.predicted
    if not np.any(predictions.names == "sad") and "happy" in predictions.labels:
        stated = predictions.probabilities[:, predictions.labels.index("happy")]
        of = predictions.predicted
    happy = _happy(predictions)
    if len(np.unique(happy[of])) < 2:
        return None
    return CalibrationError(stated, happy, of)


def calibration_of_choice(predictions: Predictions) -> Statistic | None:
    """Measure how far the probability of the likeliest of more than two classes is from how often it is right."""
    if len(predictions.labels) <= 2:
        return None
    stated = predictions.probabilities.max(axis=1)
    return CalibrationError(stated, predictions.correct.astype(np.float64), predictions.predicted)


def calibration_against_raters(predictions: Predictions) -> Statistic | None:
    """Measure the same against what a rater drawn at random says."""
    if predictions.labels != CANONICAL:
        return None
    choice = np.minimum(predictions.y_pred, len(CANONICAL) - 1)
    agreeing = predictions.shares[np.arange(len(predictions)), choice]
    return CalibrationError(predictions.probabilities.max(axis=1), agreeing, predictions.predicted)


def calibration_of_two_or_more(predictions: Predictions) -> Statistic:
    """Measure it of `p_happy` where the data has happy and sad only, else of the likeliest class."""
    return calibration_of_choice(predictions) or calibration_of_p_happy(predictions)


def degree_rank_correlation(predictions: Predictions) -> Statistic | None:
    """Take Spearman's, between the degree and the raters' net share."""
    degree, net = predictions.degree, net_share(predictions.shares)
    if not is_graded(net):
        return None
    return Score(lambda rows: spearman(degree[rows], net[rows]), predictions.predicted)


def degree_error(predictions: Predictions) -> Statistic:
    """Take the degree less its target, see `target_degree`."""
    return Mean(predictions.degree - target_degree(predictions), predictions.predicted)


def degree_distance(predictions: Predictions) -> Statistic:
    """Take the distance of the degree from its target."""
    return Mean(np.abs(predictions.degree - target_degree(predictions)), predictions.predicted)


def degree_distance_from_raters(predictions: Predictions) -> Statistic | None:
    """Take the same where several raters said how happy or sad each face is."""
    return degree_distance(predictions) if is_graded(net_share(predictions.shares)) else None


def read_wrongly(called: str, label: str) -> Function:
    """Make the metric of photos with one label that are read as another."""

    def count(predictions: Predictions) -> Statistic:
        return Share(read_as(predictions, called), predictions.names == label)

    return count


def read_wrongly_of_any(called: str) -> Function:
    """Make the metric of photos with any other label that are read as happy, or as sad; with further classes."""

    def count(predictions: Predictions) -> Statistic | None:
        if not set(predictions.names) - set(BINARY):
            return None
        return Share(read_as(predictions, called), predictions.names != called)

    return count


def abstention(predictions: Predictions) -> Statistic:
    """Count the photos labelled happy or sad that have a face and are called uncertain."""
    return Share(predictions.shown == UNCERTAIN, predictions.predicted & predictions.binary)


def read_as(predictions: Predictions, label: str) -> Marks:
    """Where a photo is read as happy or as sad, shape (n,).

    By the forced choice where the data has that class; else by the reading's own label.
    """
    if label in predictions.labels:
        return np.asarray(predictions.y_pred == predictions.labels.index(label), np.bool_)
    return np.asarray(predictions.shown == label, np.bool_)


def target_degree(predictions: Predictions) -> Floats:
    """Where the degree should be, shape (n,).

    The net share of the raters (happy less sad) where labels are graded by raters, else +1 for happy, −1 for sad and
    0 for every other label.
    """
    net = net_share(predictions.shares)
    if is_graded(net):
        return net
    return np.asarray((predictions.names == "happy") * 1.0 - (predictions.names == "sad") * 1.0, np.float64)


def _where_any(hits: Marks, of: Marks) -> Statistic | None:
    return Share(hits, of) if of.any() else None


def _happy(predictions: Predictions) -> Floats:
    return np.asarray(predictions.names == "happy", np.float64)
