"""What every check is made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar, Generic, TypeVar

from emotion_classifier.findings.finding import Finding, Severity

Context = TypeVar("Context")


class Check(ABC, Generic[Context]):
    """One thing that may be wrong, with a code of its own.

    The three texts make the check's page in the documentation and in the report: how it is detected, why it matters,
    what to do. `Context` is what the check looks at: a measured dataset, an audit, an audit on rendered faces.
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
    def find(self, context: Context) -> Iterator[Finding]:
        """Yield the findings of this code."""

    def require_libraries(self) -> None:
        """Refuse to begin where a library that this check needs is not installed.

        Raises
        ------
        MissingExtraError
        """

    def not_applicable(self, context: Context) -> str | None:
        """Say in a few words why this check cannot say anything here; None where it can."""
        return None

    def finding(self, message: str, *, files: tuple[str, ...] = (), **evidence: Any) -> Finding:
        """Make a finding of this code."""
        return Finding(self.code, self.title, self.severity, files, message, evidence)
