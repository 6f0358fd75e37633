"""Sphinx configuration."""

from __future__ import annotations

import re
from pathlib import Path

from sphinx.application import Sphinx

from emotion_classifier import __version__

README = Path(__file__).parents[1] / "README.md"

project = "Emotion Classifier"
author = "the Emotion Classifier authors"
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = f"Emotion Classifier {version}"
html_static_path = ["_static"]
html_css_files = ["start.css"]
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


def _figures_of_readme(app: Sphinx, page: str, source: list[str]) -> None:
    if page != "how_good":
        return
    text = README.read_text(encoding="utf-8")
    figures = text.split("## How good it is\n")[1].split("\n## ")[0].replace("](docs/", "](")
    # Files that are no pages of the guide are offered for download.
    figures = re.sub(
        r"\[([^\]]+)\]\(((?:benchmarks|default-model)/[^)]+)\)", r"{download}`\1 <../\2>`", figures
    )
    source[0] = f"# How good it is\n{figures}"
