"""Where benchmark scripts leave what they measured."""

from __future__ import annotations

import json
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

# A trial run goes elsewhere: BENCHMARK_RESULTS=/tmp/trial
FOLDER = Path(os.environ.get("BENCHMARK_RESULTS", Path(__file__).parent / "results"))
# So that a run past midnight, which writes its figures part by part, writes one file.
BEGUN = datetime.now(UTC)


def interval(figure: dict[str, Any]) -> str:
    """Write an `Estimate`, as a dict, with its interval and n."""
    if figure["value"] is None:
        return f"not defined (n = {figure['n']})"
    if figure["low"] is None:
        return f"{figure['value']:.4f}  (no interval, n = {figure['n']})"
    return f"{figure['value']:.4f}  ({figure['low']:.4f} to {figure['high']:.4f}, n = {figure['n']})"


def write_results(name: str, figures: dict[str, Any]) -> Path:
    """Write figures, with date, machine and versions, to ``results/NAME-DATE.json``; over what was written before."""
    now = datetime.now(UTC)
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}-{BEGUN:%Y-%m-%d}.json"
    record = {
        "measured": now.isoformat(timespec="seconds"),
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "python": platform.python_version(),
        "versions": {
            package: version(package) for package in ("emotion-classifier", "numpy", "onnxruntime", "pillow")
        },
        "figures": figures,
    }
    path.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"wrote {path}")
    return path
