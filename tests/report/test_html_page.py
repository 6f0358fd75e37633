"""Templates of pages, as they are read before the work whose result they show."""

from __future__ import annotations

from importlib.resources import files

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
