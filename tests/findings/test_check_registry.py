"""A check enters itself: one new file is all it takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import emotion_classifier
from emotion_classifier.findings import Check, Finding, checks_of, register

PACKAGE = Path(emotion_classifier.__file__).parent
CHECK = '''
from emotion_classifier.checks.context import CheckContext
from emotion_classifier.findings import Check, register


@register(CheckContext)
class Square(Check[CheckContext]):
    """Photos as wide as they are high."""

    code, title, severity = "DATA900", "Square photo", "info"
    detection, why, advice = "Width equals height.", "Few photos are.", "See whether it was cropped."

    def find(self, context):
        rows = [row for row, image in enumerate(context.images) if image.size[0] == image.size[1]]
        yield self.finding(f"{len(rows)} are square.", files=context.files(rows))
'''


def linked(package: Path, to: Path) -> Path:
    """The package as links, with a folder of checks that may be added to."""
    (to / "checks").mkdir(parents=True)
    for entry in package.iterdir():
        if entry.name not in ("checks", "__pycache__"):
            (to / entry.name).symlink_to(entry, target_is_directory=entry.is_dir())
    for entry in (package / "checks").glob("*.py"):
        (to / "checks" / entry.name).symlink_to(entry)
    return to


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_check_is_added_in_one_file(plain_folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("cleanlab")
    package = linked(PACKAGE, tmp_path / "own" / "emotion_classifier")
    (package / "checks" / "data900_square.py").write_text(CHECK)
    done = subprocess.run(
        [sys.executable, "-m", "emotion_classifier", "check", str(plain_folder), "--json"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "own")},
        check=False,
    )
    codes = [json.loads(line)["code"] for line in done.stdout.splitlines()]
    assert "DATA900" in codes, done.stderr


def test_a_code_is_given_once() -> None:
    class Shelf:
        """What these checks look at."""

    class Empty(Check[Shelf]):
        code, title, severity = "SHELF001", "Empty shelf", "info"
        detection, why, advice = "No book.", "Nothing to read.", "Buy books."

        def find(self, context: Shelf) -> Iterator[Finding]:
            yield self.finding("No book.")

    register(Shelf)(Empty)
    assert [check.code for check in checks_of(Shelf)] == ["SHELF001"]
    with pytest.raises(ValueError, match="SHELF001 is taken by Empty"):
        register(Shelf)(Empty)
