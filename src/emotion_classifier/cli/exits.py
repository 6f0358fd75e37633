"""Exit codes of the command line; 0 is done, and 2, wrong use, is what Typer ends with."""

from __future__ import annotations

FAILED = 1
DONE_WITH_FINDINGS = 3
STOPPED = 130  # as shells have it of a program that Ctrl+C ended
