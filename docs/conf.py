"""Sphinx configuration."""

from emotion_classifier import __version__

project = "Emotion Classifier"
author = "the Emotion Classifier authors"
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = "Emotion Classifier"
exclude_patterns = ["_build"]
napoleon_google_docstring = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"
myst_heading_anchors = 3
# Several classes have an attribute of the same name, such as labels; which is meant is clear on the page.
suppress_warnings = ["ref.python"]
