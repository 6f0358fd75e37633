"""What a check says: one finding, with its code, its files and its evidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Severity: TypeAlias = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


@dataclass(frozen=True)
class Finding:
    """Something about a dataset that its owner should know.

    Parameters
    ----------
    code : str
        "DATA001" and so on; each has a page in the documentation.
    title : str
        What the code stands for, the same for all its findings.
    severity : {"error", "warning", "info"}
        error: training or evaluating on the data as they are gives wrong numbers or loses photos; warning: worth a
        look at each; info: good to know.
    files : tuple of str
        Ids of the rows concerned, for a folder the paths below it; empty where the finding is of the whole.
    message : str
        One sentence with what was found here.
    evidence : dict
        The numbers behind it, ready for JSON.
    """

    code: str
    title: str
    severity: Severity
    files: tuple[str, ...]
    message: str
    evidence: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the line that `check --json` prints.

        Examples
        --------
        >>> Finding("DATA005", "No face", "warning", ("a.jpg",), "No face was found.").to_dict()["evidence"]
        {'message': 'No face was found.'}
        """
        return {
            "code": self.code,
            "title": self.title,
            "severity": self.severity,
            "files": list(self.files),
            "evidence": {"message": self.message, **self.evidence},
        }
