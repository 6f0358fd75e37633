"""Is this installation sound? Versions, extras, the bundle's hash, and a photo read from end to end."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from emotion_classifier import __version__
from emotion_classifier.errors import EmotionClassifierError
from emotion_classifier.installation import this_installation
from emotion_classifier.serving.api.examples import SMILE
from emotion_classifier.text import fixed

# The packages of each extra; one of several where a bar parts them.
_EVALUATE = ("huggingface-hub", "jinja2", "matplotlib", "pyarrow", "scikit-learn", "scipy")
EXTRAS = {
    "app": ("fastapi", "gradio", "markdown-it-py", "uvicorn"),
    "serve": ("fastapi", "prometheus-client", "python-multipart", "uvicorn"),
    "evaluate": _EVALUATE,
    "train": (
        *_EVALUATE,
        *("keras", "keras-tuner", "lightgbm", "onnx", "scikit-image", "six", "skl2onnx", "tensorboard"),
        *("tensorflow-cpu|tensorflow", "tf2onnx"),
    ),
    "audit": (*_EVALUATE, "cleanlab", "fairlearn"),
    "track": ("alembic", "mlflow-skinny", "sqlalchemy"),
    "heic": ("pi-heif",),
    "video": ("av",),
    "batch": ("fsspec", "pyarrow"),
    "ray": ("fsspec", "pyarrow", "ray"),
}


@dataclass(frozen=True)
class Check:
    """One thing looked at. ``ok`` is None where absence is a choice and no fault."""

    name: str
    ok: bool | None
    detail: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def doctor(model: str | Path | None = None) -> list[Check]:
    """Examine the installation.

    Parameters
    ----------
    model : str, Path or None
        Folder of a bundle; None examines the default one.

    Returns
    -------
    list of Check
        ``ok`` is False where something is broken.
    """
    checks = [
        Check("emotion-classifier", ok=True, detail=f"{__version__} at {Path(__file__).parents[1]}"),
        Check(
            "python",
            ok=True,
            detail=f"{platform.python_version()} on {platform.platform()}, {os.cpu_count()} cores",
        ),
    ]
    checks += [_core(name) for name in ("numpy", "pillow", "onnxruntime", "pydantic", "typer", "rich")]
    checks += [_extra(extra, packages) for extra, packages in EXTRAS.items()]
    checks.append(Check("keras backend", None, os.environ.get("KERAS_BACKEND", "tensorflow (default)")))
    checks.append(_guarded("face detector", _detector))
    checks.append(_guarded("model", lambda: _model(model)))
    checks.append(_guarded("self-test", lambda: _self_test(model)))
    return checks


def _installed(packages: str) -> str | None:
    for name in packages.split("|"):
        try:
            return f"{name} {version(name)}"
        except PackageNotFoundError:
            continue
    return None


def _core(name: str) -> Check:
    found = _installed(name)
    return Check(name, found is not None, found or f"missing; install it with: {this_installation().add()}")


def _extra(extra: str, packages: tuple[str, ...]) -> Check:
    found = {name: _installed(name) for name in packages}
    missing = [name.split("|")[0] for name, have in found.items() if have is None]
    if missing:
        return Check(
            f"[{extra}]",
            None,
            f"not installed ({', '.join(missing)}); to get it: {this_installation().add(extra)}",
        )
    return Check(f"[{extra}]", ok=True, detail=", ".join(have for have in found.values() if have))


def _guarded(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, ok=True, detail=look())
    except EmotionClassifierError as error:
        return Check(name, ok=False, detail=str(error))


def _detector() -> str:
    from emotion_classifier.faces.pipeline import FacePipeline

    start = time.perf_counter()
    if not FacePipeline().open(SMILE).faces:
        raise EmotionClassifierError("No face was found in the example photo; reinstall the package.")
    return f"BlazeFace, files as shipped; first face in {1000 * (time.perf_counter() - start):.0f} ms"


def _model(model: str | Path | None) -> str:
    from emotion_classifier.model.bundle import MODEL, Bundle

    bundle = Bundle.default() if model is None else Bundle.load(model)
    return f"{bundle.id}, labels {', '.join(bundle.labels)}, SHA-256 {bundle.config.files[MODEL].sha256}"


def _self_test(model: str | Path | None) -> str:
    from emotion_classifier.classifier import EmotionClassifier

    classifier = EmotionClassifier(model)
    classifier.predict(SMILE)
    start = time.perf_counter()
    reading = classifier.predict(SMILE).main
    elapsed = 1000 * (time.perf_counter() - start)
    if reading is None:
        raise EmotionClassifierError("No face was found in the example photo; reinstall the package.")
    if model is None and reading.label != "happy":
        raise EmotionClassifierError(f"The example smile was read as {reading.label}; reinstall the package.")
    degree = fixed(reading.degree, 2, signed=True, minus="-")
    return f"the example smile reads {reading.label}, degree {degree}, in {elapsed:.0f} ms"
