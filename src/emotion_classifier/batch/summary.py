"""What came of all photos of a batch, counted from its parts, whichever run read them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from emotion_classifier.batch.parts import BatchFolder
from emotion_classifier.reading import NO_FACE

_FIRST = 5  # photos that could not be read and are named, of any number


@dataclass(kw_only=True)
class Summary:
    """What came of a batch; every photo is in one of the three: with faces, without, not read.

    Parameters
    ----------
    photos, with_faces, without_face, unread : int
        Photos in all, with at least one face, without a face, and those that could not be read.
    faces : int
    labels, main_labels : Counter
        Faces by label, and photos by the label of the face they are about.
    uncertain : Counter
        Faces that are uncertain, by reason; without what was measured of each.
    noted : int
        Photos that were read with a note, such as that faces may be missing.
    died : list of dict
        ``file`` and ``reason`` of each photo that ended the process that read it, or held it up; among the unread.
    unread_first : list of str
        Why the first few others could not be read; each names its photo.
    parts : int
    model : str
    passed_over : dict
        Files that were taken for no photos, by reason and ending.
    """

    photos: int = 0
    with_faces: int = 0
    without_face: int = 0
    unread: int = 0
    faces: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    main_labels: Counter[str] = field(default_factory=Counter)
    uncertain: Counter[str] = field(default_factory=Counter)
    noted: int = 0
    died: list[dict[str, str]] = field(default_factory=list)
    unread_first: list[str] = field(default_factory=list)
    parts: int = 0
    model: str = ""
    passed_over: dict[str, dict[str, int]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers and strings."""
        return {
            name: dict(value) if isinstance(value, Counter) else value for name, value in vars(self).items()
        }


def summarise(
    folder: BatchFolder, parts: int, *, model: str, passed_over: dict[str, dict[str, int]]
) -> Summary:
    """Count what is in the parts, one after another.

    Raises
    ------
    BatchError
        If a part is damaged.
    """
    summary = Summary(parts=parts, model=model, passed_over=passed_over)
    for number in range(parts):
        rows, kept = folder.read(number)
        # A photo begins with its first face, or is one row.
        photos = [row for row in rows if not row["face"]]
        summary.photos += len(photos)
        for row in rows:
            if row["face"] is not None:
                _count_face(summary, row)
        for index, row in enumerate(photos):
            _count_photo(summary, row, died=index in kept["died"])
    return summary


def _count_face(summary: Summary, row: dict[str, Any]) -> None:
    summary.faces += 1
    summary.labels[row["label"]] += 1
    if row["main"]:
        summary.main_labels[row["label"]] += 1
    if row["reason"]:
        summary.uncertain[row["reason"].partition(":")[0]] += 1


def _count_photo(summary: Summary, row: dict[str, Any], *, died: bool) -> None:
    summary.noted += bool(row["note"])
    if row["face"] is not None:
        summary.with_faces += 1
    elif row["reason"] == NO_FACE:
        summary.without_face += 1
    else:
        summary.unread += 1
        if died:
            summary.died.append({"file": row["file"], "reason": row["reason"]})
        elif len(summary.unread_first) < _FIRST:
            summary.unread_first.append(row["reason"])
