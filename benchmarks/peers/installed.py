"""Which tools are there, in which version and how large."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from install_size import mebibytes
from results import FOLDER
from worker import Tool, ToolError

from emotion_classifier.model.bundle import Bundle

HERE = Path(__file__).parent
_NODE_MODULES = HERE / "node_modules"
_ABOUT_FER = (
    "import json, pathlib; from importlib.metadata import version; about = version('fer'); "
    "import facenet_pytorch, fer.fer; print(json.dumps([about, str(pathlib.Path(fer.__file__).parents[1])]))"
)
_ABOUT_FACEX = (
    "import json, pathlib; from importlib.metadata import version; about = version('facex'); "
    "import facex; print(json.dumps([about, str(pathlib.Path(facex.__file__).parents[1])]))"
)


def ours(model: Path | None, environment: Path | None) -> Tool:
    """Describe this project with a bundle.

    Parameters
    ----------
    model : Path or None
        A bundle; None for the default one.
    environment : Path or None
        A fresh environment's site-packages, to be measured; None for what install_size.py measured last.

    Raises
    ------
    BundleError
        If there is no such bundle.
    """
    bundle = Bundle.load(model) if model else Bundle.default()
    command = [sys.executable, str(HERE / "read_ours.py"), *([str(model)] if model else [])]
    size = without_pip(environment) if environment else _recorded_size()
    return Tool(
        "ours", f"emotion-classifier {version('emotion-classifier')}, {bundle.id}", tuple(command), size, 1e-4
    )


def human(*, mesh: bool = False) -> Tool:
    """Describe the npm package ``@vladmandic/human``.

    Raises
    ------
    ToolError
        If Node.js or the packages are missing.
    """
    node = shutil.which("node")
    if node is None:
        raise ToolError(
            "Node.js 20.9 or newer is needed for human, and no 'node' is on the PATH. Install it."
        )
    manifest = _NODE_MODULES / "@vladmandic" / "human" / "package.json"
    if not manifest.is_file():
        raise ToolError(f"human is not installed. Run: npm install --prefix {HERE}")
    release = json.loads(manifest.read_text(encoding="utf-8"))["version"]
    engine = subprocess.run([node, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    return Tool(
        "human with mesh" if mesh else "human",
        f"@vladmandic/human {release}, Node.js {engine}",
        (node, str(HERE / "human.mjs"), *(["--mesh"] if mesh else [])),
        mebibytes(_NODE_MODULES),
        0.01,
    )


def fer(python: Path) -> Tool:
    """Describe PyPI's ``fer`` in another Python environment.

    Raises
    ------
    ToolError
        If it cannot be imported there.
    """
    release, packages = _ask(python, _ABOUT_FER)
    return Tool(
        "fer", f"fer {release}, MTCNN", (str(python), str(HERE / "read_fer.py")), without_pip(packages), 0.01
    )


def facex(python: Path) -> Tool:
    """Describe PyPI's ``facex`` in another Python environment.

    Raises
    ------
    ToolError
        If it cannot be imported there.
    """
    release, packages = _ask(python, _ABOUT_FACEX)
    return Tool(
        "facex", f"facex {release}", (str(python), str(HERE / "read_facex.py")), without_pip(packages), 1e-6
    )


def without_pip(packages: Path) -> int:
    """Size of a site-packages folder without pip itself, in MiB.

    Raises
    ------
    ToolError
        If there is no such folder.
    """
    if not packages.is_dir():
        raise ToolError(f"There is no folder {packages}. Name an environment's site-packages.")
    pip = packages / "pip"
    return mebibytes(packages) - (mebibytes(pip) if pip.is_dir() else 0)


def _ask(python: Path, question: str) -> tuple[str, Path]:
    try:
        done = subprocess.run([str(python), "-c", question], check=True, capture_output=True, text=True)
    except OSError as error:
        raise ToolError(f"{python} does not run: {error.strerror}") from error
    except subprocess.CalledProcessError as error:
        words = error.stderr.strip().splitlines() or [f"exit status {error.returncode}"]
        raise ToolError(f"{python} cannot import it: {words[-1]}") from error
    release, packages = json.loads(done.stdout.strip().splitlines()[-1])
    return str(release), Path(packages)


def _recorded_size() -> int | None:
    records = sorted(FOLDER.glob("install_size-*.json"))
    if not records:
        return None
    figures = json.loads(records[-1].read_text(encoding="utf-8"))["figures"]
    return int(figures["library"] - figures["empty environment (pip)"])
