"""axe-core on every page of a report, light and dark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("jinja2", reason="the package jinja2 is not installed")

PAGES = ("evaluation", "comparison", "check", "audit", "leaderboard", "explanation")


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 320)])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_serious_problem(
    browser: Any,
    report_pages: Callable[[str], Path],
    serious_problems: Callable[[Any], set[str]],
    name: str,
    scheme: str,
    width: int,
) -> None:
    page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 844})
    page.goto(report_pages(name).as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    found = serious_problems(page)
    page.close()
    assert found == set()
