"""Every fit as one line of JSON, so that a killed run loses at most the fit it was at."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

Line = dict[str, Any]


class Ledger:
    """Fits by key, in a file that only grows.

    Parameters
    ----------
    path : Path
        Created when the first line is added.
    fingerprint : str
        Of the data; lines of other data are left alone and not seen.
    """

    def __init__(self, path: Path, *, fingerprint: str) -> None:
        self._path, self._fingerprint = path, fingerprint
        self._lines: dict[str, Line] = {}
        self._ends_whole = True
        if path.is_file():
            self._read()

    def __contains__(self, key: str) -> bool:
        return key in self._lines

    def __len__(self) -> int:
        return len(self._lines)

    def get(self, key: str) -> Line | None:
        """Find the line of a key."""
        return self._lines.get(key)

    def add(self, key: str, line: Line) -> None:
        """Write a line, and return when it is on the disk."""
        line = {"key": key, "data": self._fingerprint, **line}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(("" if self._ends_whole else "\n") + json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._ends_whole = True
        self._lines[key] = line

    def _read(self) -> None:
        text = self._path.read_text(encoding="utf-8")
        self._ends_whole = text.endswith("\n") or not text
        for raw in text.splitlines():
            try:
                line = json.loads(raw)
            except ValueError:
                continue  # What a kill in the middle of writing leaves behind.
            if isinstance(line, dict) and line.get("data") == self._fingerprint:
                self._lines[line["key"]] = line
