"""What a fresh environment takes on disk, as `du` counts it, pip itself included."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from results import write_results

ROOT = Path(__file__).parents[1]


def megabytes(folder: Path) -> float:
    """Size of a folder, in MB of 1,000,000 bytes."""
    done = subprocess.run(["du", "-sB1", str(folder)], check=True, capture_output=True, text=True)
    return int(done.stdout.split()[0]) / 1e6


def main() -> None:
    figures = {}
    for name, target in {"library": str(ROOT), "with the web app": f"{ROOT}[app]"}.items():
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            pip = [f"{folder}/bin/pip", "install", "--quiet", "--constraint", str(ROOT / "constraints.txt")]
            subprocess.run([*pip, target], check=True)
            figures[name] = megabytes(Path(folder))
        print(f"{name:20} {figures[name]:.0f} MB")
    bundles = ROOT / "src/emotion_classifier/bundles"
    figures["default bundle and detector"] = (
        sum(p.stat().st_size for p in bundles.rglob("*") if p.is_file()) / 1e6
    )
    print(f"default bundle and detector {figures['default bundle and detector']:.2f} MB")
    write_results("install_size", figures)


if __name__ == "__main__":
    main()
