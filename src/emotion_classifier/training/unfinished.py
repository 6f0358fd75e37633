"""The folder of a training that is not done: whether it may be gone on with, and what stays of it in the end."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from emotion_classifier.errors import BundleNotFoundError, RecipeError
from emotion_classifier.files import atomic_write
from emotion_classifier.training.ensemble_fit import MEMBERS, tidy
from emotion_classifier.training.loop import HISTORY

_RECORD = "run.json"
_DIGESTS = ("the photos or what is said of them", "the photos of --extra")


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
    BundleNotFoundError
        If the folder cannot be written.
    """
    record = work / _RECORD
    known = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else None
    if known not in (None, run) and ((work / HISTORY).is_file() or (work / MEMBERS).is_dir()):
        raise RecipeError(
            f"{work} holds an unfinished training with other data or options ({_differing(known, run)}). "
            f"Go on with those, delete that folder, or name another --out."
        )
    if known != run:
        try:
            work.mkdir(parents=True, exist_ok=True)
            # Inputs that were cut out before stay: their name says which data they are of.
            for stale in (*work.glob("*.weights.h5"), work / HISTORY):
                stale.unlink(missing_ok=True)
            shutil.rmtree(work / MEMBERS, ignore_errors=True)
            atomic_write(record, json.dumps(run))
        except OSError as error:
            raise BundleNotFoundError(
                f"{work}, where the training keeps its state, cannot be written: {error.strerror or error}. "
                f"Name another --out."
            ) from error


def _differing(known: Any, run: dict[str, Any]) -> str:
    """Name what differs between two runs, options as they are typed."""
    known = known if isinstance(known, dict) else {}
    before, now = (
        {
            "--recipe": each.get("recipe"),
            **{f"--{name.replace('_', '-')}": value for name, value in each.get("options", {}).items()},
            "the labels": ", ".join(each.get("labels", ())),
            "the photos or what is said of them": each.get("data"),
            "the photos of --extra": each.get("extra"),
        }
        for each in (known, run)
    )
    return "; ".join(
        f"{name} differ"
        if name in _DIGESTS
        else f"{name}: {_said(before.get(name))} then, {_said(now.get(name))} now"
        for name in dict.fromkeys([*before, *now])
        if before.get(name) != now.get(name)
    )


def _said(value: Any) -> str:
    if value is None:
        return "not given"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def leave_history(work: Path) -> None:
    """Delete the state of a training that is done, and its folder where no history is left."""
    for leftover in (*work.glob("inputs-*.np[yz]"), *work.glob("*.weights.h5"), work / _RECORD):
        leftover.unlink(missing_ok=True)
    tidy(work)
    if not any(work.iterdir()):
        work.rmdir()
