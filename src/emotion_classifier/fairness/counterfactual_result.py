"""What a counterfactual audit says: figures of every level of every factor, and findings with codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from emotion_classifier.evaluation.intervals import Estimate
from emotion_classifier.findings.finding import Finding
from emotion_classifier.findings.outcome import Outcome


@dataclass(frozen=True)
class Level:
    """How one level of a factor was read.

    Parameters
    ----------
    level : str
    n : int
        Pictures.
    degree : Estimate
        Mean over all strengths, on pictures whose counterparts at every other level have a face too.
    spearman_min : float or None
        Lowest rank correlation between expression and degree among the identities of this level.
    faces_found, abstained : Estimate
        Shares of pictures; abstained: label "uncertain" at half the full strength or more.
    """

    level: str
    n: int
    degree: Estimate
    spearman_min: float | None
    faces_found: Estimate
    abstained: Estimate

    def to_dict(self) -> dict[str, Any]:
        """As `audit --json` prints it."""
        return {
            "level": self.level,
            "n": self.n,
            "degree": self.degree.to_dict(),
            "spearman_min": None if self.spearman_min is None else round(self.spearman_min, 6),
            "faces_found": self.faces_found.to_dict(),
            "abstained": self.abstained.to_dict(),
        }


@dataclass(frozen=True)
class Difference:
    """Between the levels with the highest and the lowest mean degree at one strength of expression.

    ``expression`` is None where all strengths are taken together.
    """

    expression: float | None
    highest: str
    lowest: str
    estimate: Estimate

    def to_dict(self) -> dict[str, Any]:
        """As `audit --json` prints it."""
        return {
            "expression": self.expression,
            "highest": self.highest,
            "lowest": self.lowest,
        } | self.estimate.to_dict()


@dataclass(frozen=True)
class Curve:
    """Mean degree of one level against the strength of the expression, with 95 % intervals."""

    level: str
    expression: tuple[float, ...]
    degree: tuple[Estimate, ...]


@dataclass(frozen=True)
class Factor:
    """One thing that was changed.

    Parameters
    ----------
    factor : str
    levels : tuple of Level
    differences : tuple of Difference
        One for each strength.
    overall : Difference
        Of the means over all strengths.
    curves : tuple of Curve
    """

    factor: str
    levels: tuple[Level, ...]
    differences: tuple[Difference, ...]
    overall: Difference
    curves: tuple[Curve, ...]

    @property
    def difference(self) -> Difference:
        """The largest at any strength."""
        return max(self.differences, key=lambda each: each.estimate.value or 0.0)

    def to_dict(self) -> dict[str, Any]:
        """As `audit --json` prints it."""
        return {
            "factor": self.factor,
            "levels": [level.to_dict() for level in self.levels],
            "difference": self.difference.to_dict(),
            "difference_overall": self.overall.to_dict(),
            "differences": [each.to_dict() for each in self.differences],
        }


@dataclass(frozen=True)
class Violation:
    """A stronger smile, or a weaker frown, that was read as less happy than its neighbour.

    Parameters
    ----------
    identity : str
    weaker, stronger : float
        Neighbouring strengths of expression, the second one higher.
    fall : float
        By how much the degree fell.
    """

    identity: str
    weaker: float
    stronger: float
    fall: float

    def to_dict(self) -> dict[str, Any]:
        """As `audit --json` prints it."""
        return {
            "identity": self.identity,
            "from": self.weaker,
            "to": self.stronger,
            "fall": round(self.fall, 4),
        }


@dataclass(frozen=True)
class Counterfactual:
    """A counterfactual audit: the same expressions on faces that differ in one thing at a time.

    Parameters
    ----------
    model : str
        Id of the bundle.
    images : int
    spearman : dict of str to float
        Rank correlation between expression and degree, by identity.
    missed : tuple of str
        Pictures without a face: identity and strength.
    factors : tuple of Factor
    violations : tuple of Violation
    findings : tuple of Finding
        Codes FAIR020 and on.
    outcomes : tuple of Outcome
        How each check of rendered faces ended.
    """

    model: str
    images: int
    spearman: dict[str, float]
    missed: tuple[str, ...]
    factors: tuple[Factor, ...]
    violations: tuple[Violation, ...]
    findings: tuple[Finding, ...] = ()
    outcomes: tuple[Outcome, ...] = ()

    @property
    def weakest(self) -> list[tuple[str, float]]:
        """Identities and their rank correlations, the lowest first."""
        return sorted(self.spearman.items(), key=lambda each: each[1])

    def to_dict(self) -> dict[str, Any]:
        """Return the object that `audit --json` prints under "counterfactual"."""
        return {
            "model": self.model,
            "identities": len(self.spearman),
            "images": self.images,
            "spearman_min": round(self.weakest[0][1], 4),
            "weakest": [{"identity": name, "spearman": round(value, 4)} for name, value in self.weakest[:10]],
            "missed": list(self.missed),
            "factors": [factor.to_dict() for factor in self.factors],
            "curves": [
                {
                    "factor": factor.factor,
                    "level": curve.level,
                    "expression": list(curve.expression),
                    **{
                        name: [estimate.to_dict()[end] for estimate in curve.degree]
                        for name, end in (("degree", "value"), ("low", "low"), ("high", "high"))
                    },
                }
                for factor in self.factors
                for curve in factor.curves
            ],
            "violations": [each.to_dict() for each in self.violations],
            "findings": [finding.to_dict() for finding in self.findings],
        }
