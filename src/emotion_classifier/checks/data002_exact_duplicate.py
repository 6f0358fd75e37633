"""DATA002: the same file more than once."""

from __future__ import annotations

import contextlib
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from emotion_classifier.checks.context import CheckContext
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import Finding
from emotion_classifier.findings.registry import register


@register(CheckContext)
class ExactDuplicate(Check[CheckContext]):
    """Files with the same content."""

    code = "DATA002"
    title = "Exact duplicate"
    severity = "warning"
    detection = "The SHA-256 of every file is compared; these files are equal to the last byte."
    why = (
        "A photo that occurs twice counts twice, and on both sides of a split it is a test photo the model has "
        "seen. Intervals come out too narrow, since they count photos as independent."
    )
    advice = "Keep one of them. `clean` keeps the first; `split` keeps all of them on one side."

    def find(self, context: CheckContext) -> Iterator[Finding]:
        """Yield one finding per set of equal files."""
        for digest, rows in _repeated(image.digest for image in context.images).items():
            yield self.finding(
                f"{len(rows)} files are equal.",
                files=context.files(rows),
                sha256=digest.hex(),
                labels=context.labels_of(rows),
            )


def equal_files(sources: Sequence[Path | bytes]) -> list[list[int]]:
    """Find the sets of equal files among photos that nobody has looked at yet.

    Only files of one size are read. A file that cannot be read equals none.
    """
    by_size: dict[int, list[int]] = defaultdict(list)
    for row, source in enumerate(sources):
        with contextlib.suppress(OSError):
            by_size[len(source) if isinstance(source, bytes) else source.stat().st_size].append(row)
    digests = [b""] * len(sources)
    for rows in by_size.values():
        for row in rows if len(rows) > 1 else ():
            source = sources[row]
            with contextlib.suppress(OSError):
                content = source if isinstance(source, bytes) else source.read_bytes()
                digests[row] = hashlib.sha256(content).digest()
    return list(_repeated(digests).values())


def _repeated(digests: Iterable[bytes]) -> dict[bytes, list[int]]:
    """Find digests that occur more than once, and where; an empty one is that of a file that cannot be read."""
    rows_of: dict[bytes, list[int]] = defaultdict(list)
    for row, digest in enumerate(digests):
        if digest:
            rows_of[digest].append(row)
    return {digest: rows for digest, rows in rows_of.items() if len(rows) > 1}
