"""`doctor`: a sound installation is called so, and each extra is looked at as a whole."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

from emotion_classifier.cli.self_check import EXTRAS

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
SELF = re.compile(r"emotion-classifier\[(\w+)\]")


def test_doctor_finds_a_sound_installation(run: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = run("doctor", "--json")
    checks = {check["name"]: check for check in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 0, done.stdout
    assert checks["self-test"]["ok"] and "SHA-256" in checks["model"]["detail"]


def test_it_looks_for_every_package_of_every_extra() -> None:
    declared = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["optional-dependencies"]

    def packages(extra: str) -> set[str]:
        found = set()
        for requirement in declared[extra]:
            if inner := SELF.fullmatch(requirement):
                found |= packages(inner[1])
            else:
                found.add(re.split(r"[\[><=;\s]", requirement)[0])
        return found

    looked_for = {
        extra: {name for each in found for name in each.split("|")} for extra, found in EXTRAS.items()
    }
    assert looked_for == {extra: packages(extra) for extra in declared if extra not in ("dev", "docs")}
