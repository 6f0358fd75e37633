"""The record of fits, one line of JSON each: a killed run loses at most the fit it was at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from emotion_classifier.files import append_line

Line = dict[str, Any]


class Journal:
    """Fits by key, in a file that only grows; of two lines with one key the later counts.

    Parameters
    ----------
    path : Path
        Created when the first line is added.
    fingerprint : str or None
        Of the data; lines of other data are left alone and not seen. None: every line is of the same data.
    key : str
        Field of a line that holds its key.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Journal(Path(folder) / "fits.jsonl", fingerprint="3f2a").add("svm/fold0", {"accuracy": 0.9})
    ...     Journal(Path(folder) / "fits.jsonl", fingerprint="3f2a").get("svm/fold0")
    {'key': 'svm/fold0', 'data': '3f2a', 'accuracy': 0.9}
    """

    def __init__(self, path: Path, *, fingerprint: str | None = None, key: str = "key") -> None:
        self._path, self._fingerprint, self._key = path, fingerprint, key
        self._lines: dict[Any, Line] = {}
        if path.is_file():
            self._read()

    def __contains__(self, key: object) -> bool:
        return key in self._lines

    def __iter__(self) -> Iterator[Line]:
        return iter(self._lines.values())

    def get(self, key: object) -> Line | None:
        """Find the line of a key."""
        return self._lines.get(key)

    def add(self, key: object, line: Line) -> None:
        """Write a line, and return when it is on the disk."""
        data = {} if self._fingerprint is None else {"data": self._fingerprint}
        line = {self._key: key, **data, **line}
        append_line(self._path, json.dumps(line))
        self._lines[key] = line

    def _read(self) -> None:
        text = self._path.read_text(encoding="utf-8")
        for raw in text.splitlines():
            try:
                line = json.loads(raw)
            except ValueError:
                continue  # What a kill in the middle of writing leaves behind.
            if not isinstance(line, dict) or self._key not in line:
                continue
            if self._fingerprint is None or line.get("data") == self._fingerprint:
                self._lines[line[self._key]] = line
