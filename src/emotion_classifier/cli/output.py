"""Where a verb writes a page to, checked before the work is done."""

from __future__ import annotations

from pathlib import Path

from emotion_classifier.errors import DatasetError


def check_out(out: Path | None) -> None:
    """Refuse a page that cannot be written: before photos are read, not after.

    Raises
    ------
    DatasetError
    """
    if out is None:
        return
    if out.is_dir() or not out.absolute().parent.is_dir():
        raise DatasetError(f"{out} cannot be written: name a file in a folder that exists.")
    new = not out.exists()
    try:
        with out.open("a", encoding="utf-8"):
            pass
    except OSError as error:
        raise DatasetError(f"{out} cannot be written ({error.strerror}). Name another file.") from error
    if new:
        out.unlink()
