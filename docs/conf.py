"""Sphinx configuration."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from emotion_classifier import __version__

README = Path(__file__).parents[1] / "README.md"

project = "Emotion Classifier"
author = "the Emotion Classifier authors"
copyright = author
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = "Emotion Classifier"
html_static_path = ["_static"]
html_css_files = ["guide.css"]
html_js_files = [("versions.js", {"defer": "defer"})]
templates_path = ["_templates"]
# The theme's, without advertisements and what is for Read the Docs, and with the version at the foot.
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
        "versions.html",
    ]
}
exclude_patterns = ["_build"]
napoleon_google_docstring = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"
myst_heading_anchors = 3
# Several classes have an attribute of the same name, such as labels; which is meant is clear on the page.
suppress_warnings = ["ref.python"]


def setup(app: Sphinx) -> None:
    """Show the figures of the README in the guide, where its own readers look for them."""
    app.connect("source-read", _figures_of_readme)
    app.connect("doctree-read", _unbroken_intervals)
    app.connect("html-page-context", _reachable_by_keyboard, priority=900)  # after the theme's


def _figures_of_readme(app: Sphinx, page: str, source: list[str]) -> None:
    if page != "how_good":
        return
    text = README.read_text(encoding="utf-8")
    figures = text.split("## How good it is\n")[1].split("\n## ")[0]
    figures = re.sub(r"\[docs/[^\]]+\]\(docs/", "[](", figures)  # By the titles of the pages.
    # Files that are no pages of the guide are offered for download.
    figures = re.sub(
        r"\[([^\]]+)\]\(((?:benchmarks|default-model)/[^)]+)\)", r"{download}`\1 <../\2>`", figures
    )
    source[0] = f"# How good it is\n{figures}"


def _unbroken_intervals(app: Sphinx, doctree: nodes.document) -> None:
    """Keep a figure and its unit, an interval, and "of 93" on one line in the narrow columns of tables."""
    figure = re.compile(r"\d %|\([−+]?[\d.,]+ to [−+]?[\d.,]+\)|\bof \d")
    for cell in doctree.findall(nodes.entry):
        for text in list(cell.findall(nodes.Text)):
            whole = figure.sub(lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), str(text))
            text.parent.replace(text, nodes.Text(whole))


def _reachable_by_keyboard(
    app: Sphinx, page: str, template: str, context: dict[str, Any], *_: object
) -> None:
    """Say how deep the sidebar's headings are, and let keys scroll what is wider than a narrow screen."""
    tree = context.get("furo_navigation_tree", "")
    context["furo_navigation_tree"] = tree.replace('role="heading"', 'role="heading" aria-level="2"')
    body = context.get("body", "").replace("<pre>", '<pre tabindex="0">')
    context["body"] = body.replace('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper')
