"""The folder of a training that is not done: whether it may be gone on with, and what stays of it in the end."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from emotion_classifier.errors import RecipeError
from emotion_classifier.files import atomic_write
from emotion_classifier.training.ensemble_fit import MEMBERS, tidy
from emotion_classifier.training.loop import HISTORY

_RECORD = "run.json"


def resume_or_begin(work: Path, run: dict[str, Any]) -> None:
    """Go on with what is in the folder of the state only if it is this very run; otherwise begin anew.

    Parameters
    ----------
    work : Path
    run : dict
        What makes it this run, as JSON can hold it.

    Raises
    ------
    RecipeError
        If the folder holds epochs or members of another run.
    """
    record = work / _RECORD
    known = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else None
    if known not in (None, run) and ((work / HISTORY).is_file() or (work / MEMBERS).is_dir()):
        raise RecipeError(
            f"{work} holds an unfinished training with other data or options. Go on with those, "
            f"delete that folder, or name another --out."
        )
    if known != run:
        # Inputs that were cut out before stay: their name says which data they are of.
        for stale in (*work.glob("*.weights.h5"), work / HISTORY):
            stale.unlink(missing_ok=True)
        shutil.rmtree(work / MEMBERS, ignore_errors=True)
        work.mkdir(parents=True, exist_ok=True)
        atomic_write(record, json.dumps(run))


def leave_history(work: Path) -> None:
    """Delete the state of a training that is done."""
    for leftover in (*work.glob("inputs-*.np[yz]"), *work.glob("*.weights.h5"), work / _RECORD):
        leftover.unlink(missing_ok=True)
    tidy(work)
