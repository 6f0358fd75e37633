"""How a check ended, whether or not it found anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

OutcomeName: TypeAlias = Literal["findings", "passed", "not applicable", "ignored"]


@dataclass(frozen=True)
class Outcome:
    """How one check ended.

    Parameters
    ----------
    code, title : str
        Of the check.
    outcome : {"findings", "passed", "not applicable", "ignored"}
        ignored: the user asked for it by its code, and the check was not run.
    findings : int
        How many there are.
    reason : str or None
        Why the check did not apply, in a few words.
    """

    code: str
    title: str
    outcome: OutcomeName
    findings: int = 0
    reason: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return what `audit --json` prints under "outcomes".

        Examples
        --------
        >>> Outcome("DATA014", "Leakage between splits", "not applicable", reason="no splits").to_dict()["reason"]
        'no splits'
        """
        return {
            "code": self.code,
            "title": self.title,
            "outcome": self.outcome,
            "findings": self.findings,
            "reason": self.reason,
        }
