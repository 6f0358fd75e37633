"""What a fresh environment takes on disk, in MiB as `du -sm` counts it, with pip and without."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from results import write_results

ROOT = Path(__file__).parents[1]


def mebibytes(folder: Path) -> int:
    """Size of a folder on disk, in MiB."""
    done = subprocess.run(["du", "-sm", str(folder)], check=True, capture_output=True, text=True)
    return int(done.stdout.split()[0])


def main() -> None:
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        figures["empty environment (pip)"] = mebibytes(Path(folder))
    for name, target in {"library": str(ROOT), "with the web app": f"{ROOT}[app]"}.items():
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            pip = [f"{folder}/bin/pip", "install", "--quiet", "--constraint", str(ROOT / "constraints.txt")]
            subprocess.run([*pip, target], check=True)
            figures[name] = mebibytes(Path(folder))
        write_results("install_size", figures)
    assets = ROOT / "src/emotion_classifier/assets"
    read = [path for name in ("default", "face_detector") for path in (assets / name).iterdir()]
    shipped = sum(path.stat().st_size for path in read)
    figures["default bundle and detector"] = round(shipped / 2**20, 2)
    for name, size in figures.items():
        print(f"{name:28} {size} MiB")
    write_results("install_size", figures)


if __name__ == "__main__":
    main()
