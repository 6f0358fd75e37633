"""The HTTP API: photos in, the lines of `predict --json` out (`emotion-classifier serve`).

`options`, `keys`, `logs`, `frames`, `pool` and `worker` need nothing beyond the package; the other modules are to be
imported after `require_extra`.
"""

from __future__ import annotations

from importlib.util import find_spec

from emotion_classifier.errors import missing_extra


def require_extra() -> None:
    """Make sure that the extra ``serve`` is installed.

    Raises
    ------
    MissingExtraError
        If it is not.
    """
    for module in ("fastapi", "python_multipart", "prometheus_client", "uvicorn"):
        if find_spec(module) is None:
            raise missing_extra("serve", module)
