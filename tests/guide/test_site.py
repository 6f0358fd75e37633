"""The guide as it is built: without a warning, with nothing fetched, and accessible."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

for needed in ("furo", "myst_parser"):
    pytest.importorskip(needed)

SOURCE = Path(__file__).parents[2] / "docs"
# What a browser fetches by itself, unlike a link that somebody follows.
FETCHED = re.compile(r"""<(?:script|img|iframe)[^>]*\bsrc="(?:https?:)?//|<link[^>]*\bhref="(?:https?:)?//""")
FETCHED_BY_STYLES = re.compile(r"""(?:url\(|@import)\s*["']?(?:https?:)?//""")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built guide."""
    out = tmp_path_factory.mktemp("guide")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-d", str(out / "trees")]
    done = subprocess.run([*command, str(SOURCE), str(out / "html")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out / "html"


def test_nothing_is_fetched(site: Path) -> None:
    assert len(list(site.rglob("*.html"))) > 60
    for page in site.rglob("*.html"):
        found = FETCHED.search(page.read_text(encoding="utf-8"))
        assert not found, f"{page.name}: {found and found[0]}"
    for styles in site.rglob("*.css"):
        assert not FETCHED_BY_STYLES.search(styles.read_text(encoding="utf-8")), styles.name


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_axe_finds_no_serious_problem(
    site: Path, serious_problems: Callable[[Any], set[str]], scheme: str, width: int
) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium:
        pytest.skip("no Chromium on this machine; set CHROMIUM to its path")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 900})
        for name in ("index", "tutorials/fair_model", "api"):
            page.goto((site / f"{name}.html").as_uri())
            assert serious_problems(page) == set(), name
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        browser.close()
