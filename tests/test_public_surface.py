"""What others build on changes only on purpose."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_names_and_signatures_are_those_written_down() -> None:
    pytest.importorskip("sklearn")
    spec = importlib.util.spec_from_file_location("public_surface", ROOT / "tools" / "public_surface.py")
    assert spec and spec.loader
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    written = (ROOT / "tests" / "public_surface.txt").read_text(encoding="utf-8")
    assert tool.surface() == written, "If that is meant, run: python tools/public_surface.py"


def test_every_public_name_is_documented() -> None:
    import emotion_classifier

    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    listed = {
        line.split("emotion_classifier.")[1] for line in page.splitlines() if line.startswith(".. auto")
    }
    documented = {name for name in listed if "." not in name} | {"EmotionClassifierError", "__version__"}
    assert documented - {"errors"} == set(emotion_classifier.__all__)


def test_nothing_heavy_is_loaded_with_the_package() -> None:
    code = (
        "import sys, emotion_classifier; dir(emotion_classifier); "
        "print([name for name in ('numpy', 'PIL', 'onnxruntime', 'sklearn', 'keras') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_one_version_is_named_everywhere() -> None:
    import emotion_classifier

    for file, line in (("pyproject.toml", 'version = "{}"'), ("CITATION.cff", "version: {}")):
        said = (ROOT / file).read_text(encoding="utf-8").splitlines()
        assert line.format(emotion_classifier.__version__) in said
