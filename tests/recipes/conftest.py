"""What pytest must not import: a recipe that registers itself."""

from __future__ import annotations

collect_ignore = ["prior.py"]
