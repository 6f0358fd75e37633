"""Write the lowest version of every dependency that pyproject.toml allows, as a constraints file.

    python tools/lowest_versions.py evaluate train > lowest.txt
    pip install --constraint lowest.txt --editable '.[evaluate]'

The core's dependencies are always there; name the extras whose own are wanted too.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

PYPROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"


def lowest(requirement: Requirement) -> str | None:
    """Return ``name==version`` of the lowest version allowed, None where none is named or another extra is meant."""
    bounds = [bound.version for bound in requirement.specifier if bound.operator in (">=", "==")]
    marker = f"; {requirement.marker}" if requirement.marker else ""
    return f"{requirement.name}=={bounds[0]}{marker}" if bounds else None


def lowest_versions(pyproject: Path, extras: list[str]) -> list[str]:
    """List the lines of the constraints file."""
    project = tomllib.loads(pyproject.read_text("utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(line for extra in extras for line in project["optional-dependencies"][extra]),
    ]
    return [line for each in wanted if (line := lowest(Requirement(each)))]


if __name__ == "__main__":
    print("\n".join(lowest_versions(PYPROJECT, sys.argv[1:])))
