"""One rater's way through a folder of photos, the doubtful first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from emotion_classifier.classifier import EmotionClassifier
from emotion_classifier.data.parquet import holds_parquet
from emotion_classifier.data.unread import instead_of_photos
from emotion_classifier.data.votes import (
    VOTE_GRADES,
    Vote,
    photo_key,
    read_vote_file,
    votes_file,
    write_votes,
)
from emotion_classifier.errors import DatasetError
from emotion_classifier.faces.pipeline import FacePipeline
from emotion_classifier.files import held
from emotion_classifier.labelling.kept import KeptAnswers, first_open
from emotion_classifier.photo import find_photos
from emotion_classifier.reading import PhotoReading

_FRAME = "#ffb83d"


@dataclass(frozen=True)
class Asked:
    """A photo to grade: its path, and its name in the votes."""

    path: Path
    name: str


class Labelling:
    """The photos that one rater is asked about, and the grades given so far.

    Parameters
    ----------
    root : Path
        The folder of the photos.
    photos : sequence of Asked
        In the order they are asked about.
    rater : str
        Votes in the rater's file are kept, and the session goes on after them.
    cropped : bool
        Each picture is one tight face crop.

    Raises
    ------
    DatasetError
        If the file of votes is not understood, or holds those of another rater.
    """

    def __init__(self, root: Path, photos: Sequence[Asked], *, rater: str, cropped: bool = False) -> None:
        self.root, self.rater = root, rater
        self.path = votes_file(root, rater)
        self.photos = tuple(photos)
        self._cropped, self._pipeline = cropped, FacePipeline()
        self._places = {asked.name: place for place, asked in enumerate(self.photos)}
        self._votes = KeptAnswers(
            _votes_in(self.path, rater), lambda votes: write_votes(self.path, votes), self.path
        )

    def __len__(self) -> int:
        return len(self.photos)

    @property
    def graded(self) -> int:
        """How many of the photos have a grade."""
        return sum(asked.name in self._votes for asked in self.photos)

    def grade(self, place: int) -> str | None:
        """Tell which grade a photo has, if any."""
        vote = self._votes.get(self.photos[place].name)
        return vote.grade if vote else None

    def following(self, place: int) -> int:
        """Find the first photo without a grade from `place` on, then from the start; `len(self)` without one."""
        return first_open(place, len(self), lambda spot: self.photos[spot].name in self._votes)

    def give(self, place: int, grade: str) -> None:
        """Grade a photo, or grade it anew.

        Raises
        ------
        DatasetError
            If there is no such grade, or the file cannot be written; then nothing has changed.
        """
        if grade not in VOTE_GRADES:
            raise DatasetError(f"There is no grade {grade!r}. Grades are {', '.join(VOTE_GRADES)}.")
        name, now = self.photos[place].name, datetime.now(UTC).isoformat(timespec="seconds")
        self._votes.give(name, Vote(name, self.rater, grade, now))

    def undo(self) -> int | None:
        """Take the last grade back; return the place of its photo, None if there is nothing to undo.

        Raises
        ------
        DatasetError
            If the file cannot be written; then nothing has changed.
        """
        name = self._votes.undo(self._places)
        return None if name is None else self._places[name]

    def picture(self, place: int) -> Image.Image:
        """Read a photo; where it shows several faces, a frame is around the one that the grade is about.

        Raises
        ------
        PhotoError
            If it cannot be read.
        """
        photo = self._pipeline.open(self.photos[place].path, cropped=self._cropped)
        image = Image.fromarray(photo.pixels)
        if photo.main is not None and len(photo.faces) > 1:
            x, y, width, height = photo.main.box
            line = max(2, round(max(image.size) / 250))
            ImageDraw.Draw(image).rectangle((x, y, x + width, y + height), outline=_FRAME, width=line)
        return image


@contextmanager
def only_session(root: Path, rater: str) -> Iterator[None]:
    """Let a rater have no second session on a folder while this one lasts: its votes would be refused.

    Raises
    ------
    DatasetError
        If there is one.
    """
    votes = votes_file(root, rater)
    with held(votes.with_name(f".{votes.name}.lock")) as holder:
        if holder:
            raise DatasetError(
                f"{rater} is grading {root} in another session ({holder}). End that one first, or grade under another "
                f"name: --rater NAME."
            )
        yield


def begin_labelling(
    root: Path,
    *,
    rater: str,
    classifier: EmotionClassifier,
    cropped: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Labelling:
    """Line up the photos of a folder for a rater: those graded before, then the rest, the doubtful first.

    Parameters
    ----------
    root : Path
        Any folder of photos; class folders are not needed.
    rater : str
        Goes into the name of the file of votes, see `votes_file`.
    classifier : EmotionClassifier
        Tells how doubtful a photo is.
    cropped : bool
        Each picture is one tight face crop.
    progress : callable or None
        Called with (photos read, photos to read).

    Raises
    ------
    DatasetError
        If there are no photos, or the votes are not understood.
    """
    if not root.is_dir():
        told = f"{root} is a file." if root.exists() else f"There is no folder {root}."
        parquet = (
            " Write its pictures as photos first, as docs/label.md shows."
            if root.suffix == ".parquet"
            else ""
        )
        raise DatasetError(f"{told}{parquet} Name a folder of photos.")
    before = {name: place for place, name in enumerate(_votes_in(votes_file(root, rater), rater))}
    photos = [Asked(one, photo_key(one.relative_to(root).as_posix())) for one in find_photos(root)]
    if not photos:
        told = (
            " Write the pictures inside Parquet as photos first, as docs/label.md shows."
            if holds_parquet(root)
            else instead_of_photos(root)
        )
        raise DatasetError(f"{root} holds no photos.{told} Name a folder of photos.")
    done = sorted((one for one in photos if one.name in before), key=lambda one: before[one.name])
    still = [one for one in photos if one.name not in before]
    doubts = np.zeros(len(still))
    for row, reading in enumerate(classifier.predict_many((one.path for one in still), cropped=cropped)):
        doubts[row] = doubt(reading)
        if progress:
            progress(row + 1, len(still))
    order = np.argsort(-doubts, kind="stable")
    return Labelling(root, (*done, *(still[row] for row in order)), rater=rater, cropped=cropped)


def doubt(photo: PhotoReading) -> float:
    """Measure how unsure the model is of the face that a photo is about.

    Returns
    -------
    float
        The entropy of its probabilities, in nats; −1 where there is no face.
    """
    if photo.main is None:
        return -1.0
    known = [share for share in photo.main.probabilities.values() if share]
    return float(-sum(share * np.log(share) for share in known))


def _votes_in(path: Path, rater: str) -> dict[str, Vote]:
    """Read a rater's votes, in the order they were given; of several on one photo the last.

    Raises
    ------
    DatasetError
        If there are votes of somebody else among them, one of which each new vote would replace.
    """
    votes: dict[str, Vote] = {}
    for vote in read_vote_file(path) if path.is_file() else ():
        if vote.rater != rater.strip():
            raise DatasetError(
                f"{path} holds votes of {vote.rater!r}. Rename it, say to votes.csv, or grade under another name: "
                f"--rater NAME."
            )
        votes.pop(vote.file_name, None)
        votes[vote.file_name] = vote
    return votes
