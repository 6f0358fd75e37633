"""Where this package came from, and the lines for a shell that add to it, renew it or mend it there."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

_NAME = "emotion-classifier"


@dataclass(frozen=True, kw_only=True)
class Installation:
    """An installation of this package.

    Parameters
    ----------
    python : str
        The interpreter it is installed for.
    checkout : Path or None
        Root of the source tree it runs from.
    direct_url : str or None
        What pip wrote down of an installation from a file, a folder or a repository (PEP 610).
    folder : Path
        Where the lines are to work; paths within it are shortened.
    pip : bool
        Whether the interpreter has pip.
    """

    python: str
    checkout: Path | None = None
    direct_url: str | None = None
    folder: Path
    pip: bool = True

    def add(self, extra: str = "") -> str:
        """Return the line that installs what the package needs, and what one of its extras needs."""
        return f"{self._pip()} {self._this(extra)}"

    def upgrade(self) -> str:
        """Return the line that gets the latest version."""
        if self.checkout:
            return f"git -C {_quoted(self._short(self.checkout))} pull"
        return f"{self._pip()} --upgrade {self._this('')}"

    def repair(self) -> str:
        """Return the line that restores the package's own files."""
        if self.checkout:
            return f"git -C {_quoted(self._short(self.checkout))} checkout -- src"
        return f"{self._pip()} --force-reinstall {self._this('')}"

    def _pip(self) -> str:
        python = _quoted(self._short(Path(self.python)))
        if not self.pip and shutil.which("uv"):
            return f"uv pip install --python {python}"
        return f"{python} -m pip install"

    def _this(self, extra: str) -> str:
        extras = f"[{extra}]" if extra else ""
        if self.checkout:
            constraints = self.checkout / "constraints.txt"
            pinned = f"-c {_quoted(self._short(constraints))} " if constraints.is_file() else ""
            return f"{pinned}-e {_quoted(self._short(self.checkout) + extras)}"
        source = _source(self.direct_url)
        return _quoted(f"{_NAME}{extras} @ {source}" if source else f"{_NAME}{extras}")

    def _short(self, path: Path) -> str:
        return str(path.relative_to(self.folder)) if path.is_relative_to(self.folder) else str(path)


def _source(direct_url: str | None) -> str | None:
    """Return the address after the @ of a requirement; None where pip takes the package from its index."""
    if direct_url is None:
        return None
    known = json.loads(direct_url)
    url = str(known["url"])
    if vcs := known.get("vcs_info"):
        return f"{vcs['vcs']}+{url}@{vcs['commit_id']}"
    parts = urlsplit(url)
    gone = parts.scheme == "file" and os.name != "nt" and not Path(unquote(parts.path)).exists()
    return None if gone else url


def _quoted(text: str) -> str:
    if os.name == "nt":
        return f'"{text}"' if set(text) & set(" []&^") else text
    return shlex.quote(text)


def this_installation() -> Installation:
    """Find out where the package that is running came from."""
    # Slow to import, and needed where something is amiss only.
    from importlib.metadata import PackageNotFoundError, distribution

    package = Path(__file__).resolve().parent
    root = package.parents[1]
    checkout = root if package.parent.name == "src" and (root / "pyproject.toml").is_file() else None
    try:
        direct_url = distribution(_NAME).read_text("direct_url.json")
    except PackageNotFoundError:
        direct_url = None
    return Installation(
        python=sys.executable or "python",
        checkout=checkout,
        direct_url=direct_url,
        folder=Path.cwd(),
        pip=find_spec("pip") is not None,
    )
