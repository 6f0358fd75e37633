"""Add a built guide to the site that holds the guide of every release.

    python tools/add_guide.py docs/_build/html site

puts it into a folder of its version, in place of an earlier build of that version. ``versions.json`` names the versions
that are there, newest first, for the list in the sidebar (``docs/_static/versions.js``), and the site's start page
leads to the newest release.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

from packaging.version import InvalidVersion, Version

from emotion_classifier import __version__

_START = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Emotion Classifier</title>
<meta http-equiv="refresh" content="0; url={version}/index.html">
<p><a href="{version}/index.html">The guide of version {version}</a></p>
</html>
"""


def add_guide(built: Path, site: Path, version: str) -> list[str]:
    """Add the guide of a version and return all versions of the site, newest first, pre-releases last."""
    target = site / version
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(built, target, ignore=shutil.ignore_patterns(".doctrees", ".buildinfo"))
    names = [
        folder.name for folder in site.iterdir() if (folder / "index.html").is_file() and _is_version(folder)
    ]
    names.sort(key=_newest, reverse=True)
    (site / "versions.json").write_text(json.dumps(names) + "\n", encoding="utf-8")
    (site / "index.html").write_text(_START.format(version=names[0]), encoding="utf-8")
    (site / ".nojekyll").touch()  # GitHub Pages would leave out folders such as _static.
    return names


def _is_version(folder: Path) -> bool:
    try:
        Version(folder.name)
    except InvalidVersion:
        return False
    return True


def _newest(name: str) -> tuple[bool, Version]:
    version = Version(name)
    return not version.is_prerelease, version


def main() -> None:
    """Add the guide of the installed version."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("built", type=Path, help="folder that sphinx-build wrote")
    parser.add_argument("site", type=Path, help="folder of all versions")
    arguments = parser.parse_args()
    if not (arguments.built / "index.html").is_file():
        parser.error(f"{arguments.built} holds no built guide; run make docs first.")
    print("\n".join(add_guide(arguments.built, arguments.site, __version__)))


if __name__ == "__main__":
    main()
