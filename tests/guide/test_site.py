"""The guide as it is built: without a warning, with nothing fetched, and accessible."""

from __future__ import annotations

import functools
import re
import runpy
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from emotion_classifier import __version__

for needed in ("furo", "myst_parser"):
    pytest.importorskip(needed)

SOURCE = Path(__file__).parents[2] / "docs"
# What a browser fetches by itself, unlike a link that somebody follows.
FETCHED = re.compile(r"""<(?:script|img|iframe)[^>]*\bsrc="(?:https?:)?//|<link[^>]*\bhref="(?:https?:)?//""")
FETCHED_BY_STYLES = re.compile(r"""(?:url\(|@import)\s*["']?(?:https?:)?//""")
# The start page, a tutorial with pictures, and a page of every other kind.
KINDS = ("index", "tutorials/conversation", "predict", "api", "recipes", "fairness", "findings/fair005")
KINDS += ("decisions/0004-no-telemetry-from-onnx-runtime", "search")


class SilentHandler(SimpleHTTPRequestHandler):
    """Files, without a line for each request."""

    def log_message(self, *_: object) -> None:
        pass


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
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 320)])
def test_axe_finds_no_serious_problem(
    browser: Any, serious_problems: Callable[[Any], set[str]], site: Path, scheme: str, width: int
) -> None:
    page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 900})
    for place in [site / f"{name}.html" for name in KINDS] + sorted((SOURCE / "pages").glob("*.html")):
        page.goto(place.as_uri())
        assert serious_problems(page) == set(), place.name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, place.name
    page.close()


@pytest.fixture
def all_versions(site: Path, tmp_path: Path) -> Iterator[str]:
    """The address of a site with the guides of two releases; the older one lacks a page."""
    tool = runpy.run_path(str(SOURCE.parent / "tools" / "add_guide.py"))
    older = shutil.copytree(site, tmp_path / "older")
    (older / "watch.html").unlink()
    assert tool["add_guide"](site, tmp_path / "site", "0.10.0") == ["0.10.0"]
    assert tool["add_guide"](older, tmp_path / "site", "0.9.0") == ["0.10.0", "0.9.0"]
    assert tool["add_guide"](older, tmp_path / "site", "1.0rc1") == ["0.10.0", "0.9.0", "1.0rc1"]
    handler = functools.partial(SilentHandler, directory=str(tmp_path / "site"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.browser
def test_a_reader_goes_to_another_version_of_the_page(browser: Any, all_versions: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{all_versions}/index.html")
    page.wait_for_url("**/0.10.0/index.html")
    page.goto(f"{all_versions}/0.10.0/findings/fair005.html")
    page.locator(".versions summary").click()
    page.get_by_role("link", name="0.9.0").click()
    page.wait_for_url("**/0.9.0/findings/fair005.html")
    # What the other release lacks leads to its start page.
    page.goto(f"{all_versions}/0.10.0/watch.html")
    page.locator(".versions summary").click()
    page.locator(".versions a[href$='0.9.0/index.html']").click()
    page.wait_for_url("**/0.9.0/index.html")
    page.close()


@pytest.mark.browser
def test_a_guide_on_disk_states_its_version(browser: Any, site: Path) -> None:
    page = browser.new_page()
    page.goto((site / "index.html").as_uri())
    assert page.locator(".versions").inner_text().strip() == f"Version {__version__}"
    page.close()
