"""What an audit says: figures of every group, the gaps between them, and findings with codes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from emotion_classifier.evaluation.intervals import Estimate
from emotion_classifier.evaluation.trained_on import TrainedOn
from emotion_classifier.fairness.counterfactual_result import Counterfactual
from emotion_classifier.findings.finding import Finding
from emotion_classifier.findings.outcome import Outcome


@dataclass(frozen=True)
class GroupFigures:
    """How the bundle did on one group of people.

    Parameters
    ----------
    by : str
        The column, or the columns of an intersection joined with " × " ("gender × age").
    group : str
        The value or values ("female", "female × 18 to 29"); "(not said)" where a photo has none.
    n, people : int
        Photos, and independent units among them: people where the data say who is in a photo, else photos.
    metrics : dict of str to Estimate
        Empty where the group is too small to say; without a metric where too few of its photos have the class.
    needed : int or None
        Independent units (people, or photos where nobody says whose they are) that the group needs in all before
        anything is said of it; None where there are enough.
    """

    by: str
    group: str
    n: int
    people: int
    metrics: dict[str, Estimate] = field(default_factory=dict)
    needed: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """As `audit --json` prints it."""
        plain: dict[str, Any] = {"by": self.by, "group": self.group, "n": self.n, "people": self.people}
        plain["needed"] = self.needed
        return plain | {name: estimate.to_dict() for name, estimate in self.metrics.items()}


@dataclass(frozen=True)
class Gap:
    """Between the group with the highest and the group with the lowest value of one metric.

    Parameters
    ----------
    by, metric : str
    highest, lowest : str
        Groups; only those large enough take part.
    difference, ratio : Estimate
        Highest minus lowest, and lowest divided by highest.
    p_value, p_corrected : float
        Of the hypothesis that the groups do not differ, and the same corrected for the number of tests.
    explained : float
        The part of the difference that comes from the groups' mix of classes alone: what it would be if every photo
        fared as is usual for its class.
    shown : bool
        Whether the rest is beyond chance (the test, and the interval, since each fails in its own way), and both the
        rest and the whole difference are large enough to be of concern.
    """

    by: str
    metric: str
    highest: str
    lowest: str
    difference: Estimate
    ratio: Estimate
    p_value: float
    p_corrected: float
    explained: float = 0.0
    shown: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As `audit --json` prints it."""
        return {
            "by": self.by,
            "metric": self.metric,
            "highest": self.highest,
            "lowest": self.lowest,
            "difference": self.difference.to_dict(),
            "ratio": self.ratio.to_dict(),
            "p_value": round(self.p_value, 6),
            "p_corrected": round(self.p_corrected, 6),
            "explained": round(self.explained, 6),
            "shown": self.shown,
        }


@dataclass(frozen=True)
class Audit:
    """An audit on labelled photos with group columns.

    Parameters
    ----------
    model : str
        Id of the bundle.
    n : int
        Photos.
    overall : dict of str to Estimate
        The same metrics over everybody.
    groups : tuple of GroupFigures
    gaps : tuple of Gap
    findings : tuple of Finding
        Codes FAIR001 and on.
    not_measured : tuple of str
        Plain sentences: which columns, groups and metrics this audit says nothing about, and why.
    outcomes : tuple of Outcome
        How each check ended; those of rendered faces stand in `counterfactual` where it was asked for.
    labels : tuple of str
        Classes of the photos.
    unit : str
        "people" or "photos": what was resampled and what `GroupFigures.needed` counts.
    no_answer : tuple of (file, reason)
        Photos without a face, or that cannot be read; they count as wrong.
    left_out : dict of str to int
        Labels that the user left out of the audit, and how many photos had them.
    notes : tuple of str
        Plain sentences on what was done to the data and how to read the figures.
    counterfactual : Counterfactual or None
        The same on rendered faces, if asked for.
    trained_on : TrainedOn or None
        How many of the photos the bundle learned from or was fitted on; None: not recorded.
    """

    model: str
    n: int
    overall: dict[str, Estimate]
    groups: tuple[GroupFigures, ...]
    gaps: tuple[Gap, ...]
    findings: tuple[Finding, ...]
    not_measured: tuple[str, ...]
    outcomes: tuple[Outcome, ...] = ()
    labels: tuple[str, ...] = ()
    unit: str = "photos"
    no_answer: tuple[tuple[str, str], ...] = ()
    left_out: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    counterfactual: Counterfactual | None = None
    trained_on: TrainedOn | None = None

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """On photos and on rendered faces."""
        return (*self.findings, *(self.counterfactual.findings if self.counterfactual else ()))

    @property
    def all_outcomes(self) -> tuple[Outcome, ...]:
        """How each check ended, on photos and on rendered faces, by code."""
        rendered = self.counterfactual.outcomes if self.counterfactual else ()
        by_code = {outcome.code: outcome for outcome in (*self.outcomes, *rendered)}
        return tuple(by_code[code] for code in sorted(by_code))

    def to_dict(self) -> dict[str, Any]:
        """Return the object that `audit --json` prints."""
        rendered = {"counterfactual": self.counterfactual.to_dict()} if self.counterfactual else {}
        return {
            "model": self.model,
            "n": self.n,
            "trained_on": self.trained_on and self.trained_on.to_dict(),
            "overall": {name: estimate.to_dict() for name, estimate in self.overall.items()},
            "groups": [group.to_dict() for group in self.groups],
            "gaps": [gap.to_dict() for gap in self.gaps],
            "findings": [finding.to_dict() for finding in self.findings],
            "outcomes": [outcome.to_dict() for outcome in self.all_outcomes],
            "not_measured": list(self.not_measured),
            "labels": list(self.labels),
            "unit": self.unit,
            "no_answer": [{"file": file, "reason": reason} for file, reason in self.no_answer],
            "left_out": self.left_out,
            "notes": list(self.notes),
            **rendered,
        }
