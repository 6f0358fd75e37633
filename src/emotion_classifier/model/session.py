"""An ONNX file, opened to be run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from emotion_classifier.errors import CorruptBundleError

if TYPE_CHECKING:
    import onnxruntime


def open_session(model: Path | bytes, *, threads: int) -> onnxruntime.InferenceSession:
    """Open an ONNX file, or its content, on the CPU.

    Parameters
    ----------
    model : Path or bytes
    threads : int
        0: as many as there are cores.

    Raises
    ------
    CorruptBundleError
        If ONNX Runtime cannot read the file.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(
            model if isinstance(model, bytes) else str(model), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # ONNX Runtime raises a dozen private types.
        name = "the model" if isinstance(model, bytes) else model
        raise CorruptBundleError(f"ONNX Runtime cannot load {name}: {error}") from error
