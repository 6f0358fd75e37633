"""What every check is made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from emotion_classifier.checks.survey import Survey
from emotion_classifier.findings.finding import Finding, Severity


class Check(ABC):
    """One thing that may be wrong with a dataset.

    The three texts make the check's page in the documentation and in the report: how it is detected, why it matters,
    what to do.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    severity: ClassVar[Severity]
    detection: ClassVar[str]
    why: ClassVar[str]
    advice: ClassVar[str]

    @property
    def page(self) -> str:
        """Explanation in plain text, for reports: three paragraphs."""
        return f"{self.detection}\n\n{self.why}\n\n{self.advice}"

    @abstractmethod
    def find(self, survey: Survey) -> Iterator[Finding]:
        """Yield the findings of this code."""

    def finding(
        self, survey: Survey, rows: Sequence[int] | npt.NDArray[np.int64], message: str, **evidence: Any
    ) -> Finding:
        """Make a finding of this code about some rows."""
        files = tuple(survey.dataset.ids[row] for row in rows)
        return Finding(self.code, self.title, self.severity, files, message, evidence)

    def labels(self, survey: Survey, rows: Sequence[int] | npt.NDArray[np.int64]) -> list[str]:
        """Name the labels of some rows."""
        dataset = survey.dataset
        return [dataset.labels[index] for index in dataset.hard[list(rows)]]
