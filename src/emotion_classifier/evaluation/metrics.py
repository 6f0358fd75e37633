"""The registry of metrics: for each its name, title, unit and direction, what it counts, and where it is measured.

What a metric counts is a function from `Predictions` to a `Statistic`, whose kind says how the interval is made.
`evaluate`, `compare`, slices, the audit, the leaderboard and every table, page, card and plot ask this registry; one
more metric is one more function and one call of `register`.

Examples
--------
>>> get("accuracy").title, get("log_loss").greater_is_better, get("degree_mae").unit
('Forced-choice accuracy', False, 'degree')
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import Literal

from emotion_classifier.data.labels import DETAILS, ORDER
from emotion_classifier.errors import MetricError
from emotion_classifier.evaluation import definitions
from emotion_classifier.evaluation.intervals import Estimate
from emotion_classifier.evaluation.predictions import Predictions
from emotion_classifier.evaluation.statistics import Share, Statistic
from emotion_classifier.text import Unit

Use = Literal["evaluate", "compare", "slices", "audit", "leaderboard"]


@dataclass(frozen=True)
class Metric:
    """What is measured, and how it is told.

    Parameters
    ----------
    name : str
        Key in JSON.
    title : str
        For people.
    unit : str
        "%" for a share, "degree" on the scale from −1 to +1, "" for anything else.
    function : callable
        From predictions to a `Statistic`; to None where the data do not allow the metric.
    uses : frozenset of str
        Where it is measured: "evaluate", "compare", "slices", "audit", "leaderboard".
    greater_is_better : bool
    heading : str
        Of a column in narrow tables, lines parted by line feeds; empty: it has no column there.
    explained : str
        One sentence for a page.
    limits : (float, float)
        Lowest and highest value there can be.
    """

    name: str
    title: str
    unit: Unit
    function: definitions.Function
    uses: frozenset[Use]
    greater_is_better: bool = True
    heading: str = ""
    explained: str = ""
    limits: tuple[float, float] = (0.0, 1.0)

    @property
    def unit_of_difference(self) -> Unit:
        """Unit of one figure less another: points where they are percentages."""
        return "points" if self.unit == "%" else self.unit

    @property
    def has_ratio(self) -> bool:
        """Whether one figure may be divided by another: not where the scale goes below 0."""
        return self.limits[0] >= 0

    def points(self, difference: float) -> float:
        """Count a difference in hundredths: of all photos, or of the scale of the degree, which is two wide."""
        return difference * (50 if self.unit == "degree" else 100)

    def is_worth_saying(self, difference: float) -> bool:
        """Whether a difference is at least half a point."""
        return abs(self.points(difference)) >= 0.5


_METRICS: dict[str, Metric] = {}


def register(metric: Metric) -> Metric:
    """Add a metric.

    Raises
    ------
    MetricError
        If there is one of that name.
    """
    if metric.name in _METRICS:
        raise MetricError(f"There is a metric {metric.name!r} already. Choose another name.")
    _METRICS[metric.name] = metric
    return metric


def get(name: str) -> Metric:
    """Look a metric up.

    Raises
    ------
    MetricError
        If there is none of that name.
    """
    if name not in _METRICS:
        raise MetricError(f"There is no metric {name!r}. Choose from: {', '.join(sorted(_METRICS))}.")
    return _METRICS[name]


def names(use: Use) -> tuple[str, ...]:
    """Name the metrics that are measured somewhere, in the order in which they were registered."""
    return tuple(name for name, metric in _METRICS.items() if use in metric.uses)


def statistics(predictions: Predictions, use: Use) -> Iterator[tuple[Metric, Statistic]]:
    """Yield the metrics that are measured somewhere and that the data allow, with what each counts."""
    for name in names(use):
        metric = get(name)
        statistic = metric.function(predictions)
        if statistic is not None:
            yield metric, statistic


def measure(predictions: Predictions, use: Use = "evaluate") -> dict[str, Estimate]:
    """Compute all metrics that are measured somewhere, by name, each with its interval."""
    return {
        metric.name: statistic.estimate(predictions.groups)
        for metric, statistic in statistics(predictions, use)
    }


def titled(figures: Mapping[str, Estimate]) -> Iterator[tuple[Metric, Estimate]]:
    """Go through figures by name with the metric of each."""
    return ((get(name), estimate) for name, estimate in figures.items())


def _uses(*uses: Use) -> frozenset[Use]:
    return frozenset(uses)


_EVALUATE = _uses("evaluate")
_COMPARE = _uses("evaluate", "compare")
_AUDIT = _uses("audit")
_SLICES = _uses("slices", "audit")
_ALL = _uses("evaluate", "compare", "slices", "audit", "leaderboard")

# Of the label that people see. Titles of the next block say "forced choice" or "read as": the two differ much.
_METRICS_OF_LABEL = (
    Metric(
        "label_accuracy",
        "Label accuracy",
        "%",
        definitions.label_accuracy,
        _ALL - _uses("slices"),
        heading="label\naccuracy",
        explained="How often the label people see is that of the photo; uncertain and no face count as wrong.",
    ),
    *(
        Metric(
            f"label_recall_{label}",
            f"{label.capitalize()} faces called {label}",
            "%",
            definitions.label_recall(label, label),
            uses,
            explained=f"Of the photos labelled {label}: those whose label is {label}.",
        )
        for label, uses in (("happy", _COMPARE), ("neutral", _COMPARE), ("sad", _COMPARE | _AUDIT))
    ),
    Metric(
        "label_precision_sad",
        "Called sad and labelled sad",
        "%",
        definitions.label_precision_sad,
        _EVALUATE,
    ),
    Metric(
        "neutral_called_sad",
        "Neutral faces called sad",
        "%",
        definitions.label_recall("neutral", "sad"),
        _COMPARE | _AUDIT,
        greater_is_better=False,
        heading="neutral\ncalled\nsad",
        explained="Of the photos labelled neutral: those whose label is sad.",
    ),
    Metric("uncertain", "Called uncertain", "%", definitions.uncertain, _EVALUATE, greater_is_better=False),
    Metric(
        "coverage",
        "Label coverage",
        "%",
        lambda predictions: Share(predictions.decided),
        _COMPARE | _uses("slices"),
        heading="label\ncoverage",
        explained="How often a label other than uncertain is given.",
    ),
    Metric(
        "selective_accuracy",
        "Selective label accuracy",
        "%",
        definitions.selective_accuracy,
        _EVALUATE,
        explained="How often that label is the photo's, where one is given.",
    ),
)
_METRICS_OF_CHOICE = (
    Metric(
        "accuracy",
        "Forced-choice accuracy",
        "%",
        lambda predictions: Share(predictions.correct),
        _ALL,
        heading="forced-\nchoice\naccuracy",
        explained="How often the forced choice is the label; a photo without a face counts as wrong.",
    ),
    Metric(
        "faces_found",
        "Faces found",
        "%",
        lambda predictions: Share(predictions.predicted),
        _EVALUATE | _AUDIT,
        heading="faces\nfound",
        explained="The share of photos in which a face is found: without one nothing is read.",
    ),
    Metric(
        "balanced_accuracy",
        "Forced-choice balanced accuracy",
        "%",
        definitions.balanced_accuracy,
        _ALL,
        heading="balanced\naccuracy",
        explained="The mean of the recalls of the classes: a group with more happy photos gains nothing by it.",
    ),
    *(
        metric
        for called, label in (("sad", "happy"), ("happy", "sad"))
        for metric in (
            Metric(
                f"false_{called}",
                f"{label.capitalize()} faces read as {called}",
                "%",
                definitions.read_wrongly(called, label),
                _SLICES,
                greater_is_better=False,
                heading=f"{label}\nread {called}",
                explained=f"Of the photos labelled {label}: an error in one direction.",
            ),
            Metric(
                f"false_{called}_any",
                f"Read as {called} though labelled otherwise",
                "%",
                definitions.read_wrongly_of_any(called),
                _AUDIT,
                greater_is_better=False,
                explained=f"Of all photos with another label than {called}.",
            ),
        )
    ),
    Metric(
        "log_loss",
        "Log loss",
        "",
        definitions.log_loss,
        _COMPARE | _uses("leaderboard"),
        greater_is_better=False,
        heading="log loss",
        limits=(0.0, inf),
    ),
    Metric("roc_auc", "Area under the ROC curve", "", definitions.area_under_roc, _EVALUATE),
    *(
        Metric(
            f"recall_{label}", f"Forced-choice recall of {label}", "%", definitions.recall(label), _EVALUATE
        )
        for label in (*ORDER, *DETAILS)
    ),
    Metric(
        "happy_against_sad",
        "Happy against sad",
        "%",
        definitions.happy_against_sad,
        _EVALUATE | _AUDIT,
        explained="How often the leaning is right, of the photos labelled happy or sad.",
    ),
    Metric(
        "happy_against_sad_clear",
        "Happy against sad, clear faces",
        "%",
        definitions.happy_against_sad_clear,
        _EVALUATE,
    ),
    Metric(
        "error_at_90_coverage",
        "Forced-choice error at 90 % coverage",
        "%",
        definitions.error_at_90_coverage,
        _EVALUATE,
        greater_is_better=False,
    ),
)
_METRICS_OF_PROBABILITIES_AND_DEGREE = (
    Metric(
        "p_happy_ece",
        "Calibration error of p(happy)",
        "%",
        definitions.calibration_of_p_happy,
        _EVALUATE,
        greater_is_better=False,
    ),
    Metric(
        "ece",
        "Calibration error",
        "%",
        definitions.calibration_of_choice,
        _EVALUATE,
        greater_is_better=False,
    ),
    Metric(
        "ece_raters",
        "Calibration error against raters",
        "%",
        definitions.calibration_against_raters,
        _EVALUATE,
        greater_is_better=False,
    ),
    Metric(
        "calibration_error",
        "Calibration error",
        "%",
        definitions.calibration_of_two_or_more,
        _uses("leaderboard"),
        greater_is_better=False,
        heading="calib.\nerror",
    ),
    Metric(
        "degree_spearman",
        "Rank correlation of the degree",
        "",
        definitions.degree_rank_correlation,
        _EVALUATE,
        limits=(-1.0, 1.0),
    ),
    Metric(
        "degree_mae",
        "Distance of the degree",
        "degree",
        definitions.degree_distance_from_raters,
        _EVALUATE,
        greater_is_better=False,
        limits=(0.0, 2.0),
    ),
    Metric(
        "degree_error",
        "Degree too high or too low",
        "degree",
        definitions.degree_error,
        _AUDIT,
        greater_is_better=False,
        heading="degree\nerror",
        explained="Mean of the degree read less the degree of the label, from −1 (sad) to 1 (happy); 0 is best.",
        limits=(-2.0, 2.0),
    ),
    Metric(
        "degree_absolute_error",
        "Distance of the degree",
        "degree",
        definitions.degree_distance,
        _AUDIT,
        greater_is_better=False,
        explained="Mean distance between the degree read and that of the label.",
        limits=(0.0, 2.0),
    ),
    Metric(
        "calibration",
        "Calibration error",
        "%",
        definitions.calibration_of_happy,
        _AUDIT,
        greater_is_better=False,
        heading="calib.\nerror",
        explained="How far the stated probability of happy is from what happens; 0 is best.",
    ),
    Metric(
        "abstention",
        "Happy or sad faces called uncertain",
        "%",
        definitions.abstention,
        _AUDIT,
        greater_is_better=False,
        heading="uncertain",
        explained="Of the photos labelled happy or sad that have a face: those called uncertain.",
    ),
)
for _metric in (*_METRICS_OF_LABEL, *_METRICS_OF_CHOICE, *_METRICS_OF_PROBABILITIES_AND_DEGREE):
    register(_metric)
