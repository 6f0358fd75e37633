"""What `predict` and `batch` say: a line for each face, and what came of all photos together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from emotion_classifier.reading import NO_FACE
from emotion_classifier.text import counted, fixed, in_one_line, percent

if TYPE_CHECKING:
    from emotion_classifier.reading import PhotoReading, Reading
    from emotion_classifier.reading_files import FileReading

LABEL_COLOURS = {
    "happy": "green",
    "neutral": "white",
    "sad": "blue",
    "other": "magenta",
    "uncertain": "yellow",
}
_LISTED = 10  # photos that could not be read or saved, and endings of files passed over


def show_photo(console: Console, photo: PhotoReading, remarks: Sequence[str] = ()) -> None:
    """Print a photo's path and a line for each face, with a remark below each where there are any."""
    console.print(f"[bold]{escape(in_one_line(photo.file))}[/bold]", soft_wrap=True)
    for remark in (photo.reason, photo.note):
        if remark:
            console.print(f"  {escape(in_one_line(remark))}", soft_wrap=True)
    for number, reading in enumerate(photo.readings, start=1):
        whose = "whole photo" if reading.whole_photo else f"face {number}"
        console.print(f"  {whose}: {_describe(reading)}", soft_wrap=True)
        for remark in remarks[number - 1 : number]:
            console.print(f"    {escape(remark)}", soft_wrap=True)


def _describe(reading: Reading) -> str:
    colour = LABEL_COLOURS[reading.label]
    why = f" ({reading.reason})" if reading.reason else ""
    degree = fixed(reading.degree, 2, signed=True, minus="-")
    x, y, width, height = (round(value) for value in reading.box)
    where = "" if reading.whole_photo else f", at {x},{y} {width}×{height} px"
    return (
        f"[{colour}]{reading.label}[/{colour}]{why}, {reading.grade}, degree {degree}, "
        f"leaning {reading.leaning} ({percent(reading.p_leaning, 0)}%){where}"
    )


@dataclass
class Tally:
    """What came of all photos, in a few numbers however many there are.

    Parameters
    ----------
    photos, unread, without, saved : int
        Photos; those that could not be read; those without a face; pictures saved.
    labels : Counter
        Faces by label.
    problems, unsaved : list of str
        The first few photos that could not be read, or saved, with the reason.
    not_saved : int
        How many could not be saved.
    what : str
        "face"; "reading" where the model takes in whole photos.
    """

    photos: int = 0
    unread: int = 0
    without: int = 0
    saved: int = 0
    not_saved: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    unsaved: list[str] = field(default_factory=list)
    what: str = "face"

    def add(self, result: FileReading) -> None:
        """Take in what came of a photo."""
        photo = result.photo
        self.photos += 1
        self.labels.update(reading.label for reading in photo.readings)
        if any(reading.whole_photo for reading in photo.readings):
            self.what = "reading"
        if photo.reason == NO_FACE:
            self.without += 1
        elif photo.reason:
            self.unread += 1
            _keep(self.problems, photo.reason)
        self.saved += result.saved is not None
        if result.unsaved:
            self.not_saved += 1
            _keep(self.unsaved, f"{photo.file}: {result.unsaved}")

    def lines(self, passed_over: Mapping[str, Counter[str]], *, reasons: bool) -> Iterator[str]:
        """Say it in a few lines.

        Parameters
        ----------
        passed_over : mapping of str to Counter
            Endings of the files that were taken for no photos, by reason.
        reasons : bool
            Name photos that could not be read: nothing has named them yet.
        """
        if self.photos > 1 or (reasons and self.photos):
            yield self._first()
            if self.without:
                yield f"{counted(self.without, 'photo')} without a face."
        if self.unread:
            yield f"{self.unread:,} of {counted(self.photos, 'photo')} could not be read{':' if reasons else '.'}"
            yield from listed(self.problems, self.unread) if reasons else ()
        for reason, endings in sorted(passed_over.items()):
            yield skipped(reason, endings)
        if self.not_saved:
            yield f"{counted(self.not_saved, 'picture')} could not be saved:"
            yield from listed(self.unsaved, self.not_saved)

    def _first(self) -> str:
        return photos_and_faces(self.photos, self.labels, what=self.what)


def photos_and_faces(photos: int, labels: Mapping[str, int], *, what: str = "face") -> str:
    """Say how many photos there were, and how many faces of each label, from happy to uncertain.

    Examples
    --------
    >>> photos_and_faces(3, {"sad": 1, "happy": 2}), photos_and_faces(1, {})
    ('3 photos, 3 faces: 2 happy, 1 sad.', '1 photo, 0 faces.')
    """
    named = ", ".join(f"{labels[label]:,} {label}" for label in LABEL_COLOURS if labels.get(label))
    return f"{counted(photos, 'photo')}, {counted(sum(labels.values()), what)}{': ' if named else ''}{named}."


def _keep(kept: list[str], text: str) -> None:
    if len(kept) < _LISTED:
        kept.append(text)


def listed(kept: Sequence[str], number: int, where: str = "") -> Iterator[str]:
    """Name the first few of a number, and say how many more there are, and where."""
    yield from (f"  {in_one_line(text)}" for text in kept)
    if number > len(kept):
        yield f"  … and {number - len(kept):,} more{where}"


def skipped(reason: str, endings: Mapping[str, int]) -> str:
    """Say how many files of which endings were passed over, the commonest first."""
    named = [
        f"{number:,} {in_one_line(ending) or 'without an ending'}"
        for ending, number in sorted(endings.items(), key=lambda item: (-item[1], item[0]))
    ]
    if len(named) > _LISTED:
        named = [*named[:_LISTED], "…"]
    return f"Skipped {counted(sum(endings.values()), 'file')} ({reason}): {', '.join(named)}."
