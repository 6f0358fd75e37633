"""How a tool's process answers: one JSON string (a path) a line in, one JSON object a line out."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any


def answer_each(read: Callable[[str], dict[str, Any]]) -> None:
    """Answer every path on standard input with what `read` says of it, or with its error.

    Whatever else is printed goes to standard error.

    Parameters
    ----------
    read : callable
        From a path to ``{"faces", "scores", "ms", "decode_ms"}``; ``scores`` holds a number for every emotion the
        tool knows, named happy, sad, neutral or otherwise, and is None without a face.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        file = json.loads(line)
        try:
            answer = {"file": file, **read(file)}
        except Exception as error:  # Whatever fails, it is this tool's answer to this photo.
            answer = {"file": file, "error": str(error) or type(error).__name__}
        print(json.dumps(answer), file=answers, flush=True)
