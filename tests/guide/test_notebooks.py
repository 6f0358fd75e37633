"""The notebooks of the guide run from top to bottom, and are kept without what they print."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "docs" / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_nothing_printed_is_kept(notebook: Path) -> None:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(notebook: Path) -> None:
    pytest.importorskip("nbclient")
    pytest.importorskip("skl2onnx")
    done = subprocess.run(
        [sys.executable, "-m", "nbclient.cli", "--timeout=600", str(notebook)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
