"""The lines that an error gives to a shell work where the user is."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest

from emotion_classifier.errors import missing_extra
from emotion_classifier.installation import Installation, this_installation

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="quotes for a POSIX shell")
PYTHON = "/opt/venv/bin/python"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "my project"
    root.mkdir()
    (root / "constraints.txt").touch()
    return root


def test_in_a_checkout(checkout: Path) -> None:
    inside = Installation(python=str(checkout / ".venv/bin/python"), checkout=checkout, folder=checkout)
    assert inside.add("train") == ".venv/bin/python -m pip install -c constraints.txt -e '.[train]'"
    assert (inside.upgrade(), inside.repair()) == ("git -C . pull", "git -C . checkout -- src")
    elsewhere = Installation(python=PYTHON, checkout=checkout, folder=Path("/"))
    *words, last = shlex.split(elsewhere.add("app"))
    assert words == ["opt/venv/bin/python", *shlex.split("-m pip install -c"), *words[5:]]
    assert last == f"{str(checkout).lstrip('/')}[app]" and words[-1] == "-e"


@pytest.mark.parametrize(
    ("known", "source"),
    [
        (None, "emotion-classifier[app]"),
        ({"url": "file:///gone/a.whl", "archive_info": {}}, "emotion-classifier[app]"),
        (
            {"url": "https://example.org/e.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
            "emotion-classifier[app] @ git+https://example.org/e.git@abc",
        ),
    ],
)
def test_of_an_installed_package(known: dict[str, object] | None, source: str, tmp_path: Path) -> None:
    direct_url = None if known is None else json.dumps(known)
    installed = Installation(python=PYTHON, direct_url=direct_url, folder=tmp_path)
    assert shlex.split(installed.add("app")) == [PYTHON, "-m", "pip", "install", source]
    assert installed.upgrade().startswith(f"{PYTHON} -m pip install --upgrade ")
    assert installed.repair().startswith(f"{PYTHON} -m pip install --force-reinstall ")


def test_of_a_wheel_that_is_still_there(tmp_path: Path) -> None:
    wheel = tmp_path / "a wheel.whl"
    wheel.touch()
    known = json.dumps({"url": wheel.as_uri(), "archive_info": {}})
    installed = Installation(python=PYTHON, direct_url=known, folder=Path("/nowhere"))
    assert shlex.split(installed.add("heic"))[-1] == f"emotion-classifier[heic] @ {wheel.as_uri()}"


def test_the_error_has_the_line_of_this_installation() -> None:
    assert this_installation().add("train") in str(missing_extra("train", "keras"))
    assert "[train]" in this_installation().add("train")
