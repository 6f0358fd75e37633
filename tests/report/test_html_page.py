"""Templates of pages, as they are read before the work whose result they show."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("jinja2", reason="the package jinja2 is not installed")

from emotion_classifier.report.html_page import load_template

TEMPLATES = sorted(
    file.name
    for file in files("emotion_classifier.report").joinpath("templates").iterdir()
    if file.name.endswith(".html")
)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_and_all_that_it_includes_are_there(name: str) -> None:
    assert load_template(name).name == name


@pytest.mark.browser
@pytest.mark.parametrize(("name", "place"), [("leaderboard", ".figures thead"), ("check", ".findings thead")])
def test_no_buttons_are_printed(
    browser: Any, report_pages: Callable[[str], Path], name: str, place: str
) -> None:
    page = browser.new_page(viewport={"width": 700, "height": 900})
    page.goto(report_pages(name).as_uri())
    shown = page.locator(place).is_visible()
    page.emulate_media(media="print")
    printed = page.locator(place).is_visible()
    page.close()
    assert shown and not printed
