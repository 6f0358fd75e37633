"""Exit codes of the command line."""

from __future__ import annotations

DONE = 0
FAILED = 1
WRONG_USE = 2
DONE_WITH_FINDINGS = 3
