"""The one result type of Python, command line, API, web app and video."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.drawing import COLOURS, LARGEST, Mark, draw_marks
from emotion_classifier.errors import PhotoError, UnreadablePhotoError, missing_extra
from emotion_classifier.faces.quality import FaceQuality
from emotion_classifier.model.scale import CANONICAL, Grade, Label, Leaning
from emotion_classifier.notebook import PICTURE_SIDE, Row, cell
from emotion_classifier.photo import KeptPhoto, PhotoSource, read_photo
from emotion_classifier.text import fixed, percent

if TYPE_CHECKING:
    import pandas as pd
    from PIL import Image

NO_FACE = "no face found"
NO_FACE_IN_CROP = "no face found in the crop"
COLUMNS: tuple[str, ...] = (
    *("file", "face", "main", "x", "y", "width", "height", "label", "leaning", "degree", "grade"),
    *(*CANONICAL, "p_happy", "reason", "score", "model", "note"),
)
"""Of every table of readings: a data frame, a CSV file, a Parquet file."""
# Longest side of a plot: sharp on a screen, and a megabyte or two in a notebook.
_PLOTTED = 1280
_LISTED = 4
_SIGNS: dict[Label, str] = {"happy": "+", "neutral": "0", "sad": "-", "other": "*", "uncertain": "?"}


@dataclass(frozen=True, repr=False)
class Reading:
    """How one face in one photo looks; an expression, never a feeling.

    Parameters
    ----------
    box : tuple of four floats
        x, y, width and height of the face in pixels of the upright photo.
    label : {"happy", "neutral", "sad", "other", "uncertain"}
        What most viewers would say they see; "uncertain" where the face cannot be read well.
    degree : float
        −1 (sad) to +1 (happy); about 0 is neutral.
    grade : str
        "sad", "slightly sad", "neutral", "slightly happy", "happy" or "mixed".
    probabilities : dict of str to float or None
        happy, neutral, sad and other; they sum to 1. None for what the model does not know.
    p_happy : float
        Calibrated P(happy | happy or sad), 0 to 1, taking both to be equally common.
    reason : str or None
        Why the label is "uncertain", or would be but for the forced choice of `as_binary`.
    model : str
        Id of the bundle that read the face.
    main : bool
        Whether the photo is about this face: the largest of those the detector is sure of or, without any, the one it
        is surest of.
    score : float
        The detector's confidence, 0 to 1; 0 where a face was assumed and not found.
    landmarks : dict of str to (float, float)
        Right eye, left eye, nose, mouth, right ear and left ear, in pixels of the upright photo; right and left are
        the person's own.
    quality : FaceQuality or None
        How well the face can be seen; None where the model takes in the whole photo.
    whole_photo : bool
        Whether the model looks at whole photos: no face was looked for, and `box` is the photo's.
    """

    box: tuple[float, float, float, float]
    label: Label
    degree: float
    grade: Grade
    probabilities: dict[str, float | None]
    p_happy: float
    reason: str | None
    model: str
    main: bool = False
    score: float = 0.0
    landmarks: dict[str, tuple[float, float]] = field(default_factory=dict)
    quality: FaceQuality | None = None
    whole_photo: bool = False

    @property
    def leaning(self) -> Leaning:
        """Which of happy and sad it is, if it has to be one of the two: the side of `p_happy`."""
        return "happy" if self.p_happy >= 0.5 else "sad"

    @property
    def p_leaning(self) -> float:
        """Probability of the side that the face leans to, 0.5 to 1."""
        return max(self.p_happy, 1 - self.p_happy)

    def __repr__(self) -> str:
        x, y, width, height = (round(value) for value in self.box)
        where = "whole photo" if self.whole_photo else f"{width}×{height} px at {x},{y}"
        main = ", main face" if self.main else ""
        return f"Reading({self.label} {_degree(self)}, {where}{main})"

    def _repr_html_(self) -> str:
        """Show the place on the scale in a notebook."""
        return cell([_row(self)])

    def as_binary(self) -> Reading:
        """Return the same reading with its leaning as the label: the forced choice between happy and sad.

        The reason stays, so that a face that cannot be read well is still known as one.
        """
        return replace(self, label=self.leaning)

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers and strings, as `predict --json` prints them."""
        plain = asdict(self) | {"leaning": self.leaning}
        plain["box"] = [round(value, 1) for value in self.box]
        for name in ("degree", "p_happy", "score"):
            plain[name] = round(plain[name], 4)
        plain["probabilities"] = {
            name: None if value is None else round(value, 4) for name, value in self.probabilities.items()
        }
        plain["landmarks"] = {
            name: [round(value, 1) for value in point] for name, point in self.landmarks.items()
        }
        if self.quality is not None:
            plain["quality"] = {name: round(value, 4) for name, value in plain["quality"].items()}
        return plain


@dataclass(frozen=True, repr=False)
class PhotoReading:
    """Every face of one photo, or why there is none.

    Parameters
    ----------
    file : str
        Path of the photo, or a name such as "photo 3" for one that came without.
    readings : tuple of Reading
        Largest face first.
    reason : str or None
        "no face found", why the file could not be read, or None.
    main_index : int or None
        Which of `readings` the photo is about; None where there are none. See `Reading`, ``main``.
    note : str or None
        What a reader of `readings` should know: that faces may be missing, and why, that the file is not whole or only
        its first page was read, or that the photo was read with more contrast or smoothed.
    source : KeptPhoto or None
        The way back to the picture, for `plot`. A file is read again; a picture in memory is held by the reading that
        `predict` gave, and by those of `predict_many` only as long as you hold it yourself.
    """

    file: str
    readings: tuple[Reading, ...] = ()
    reason: str | None = None
    main_index: int | None = None
    note: str | None = None
    source: KeptPhoto | None = field(default=None, compare=False)

    @property
    def main(self) -> Reading | None:
        """The face the photo is about, or None where there is none."""
        return None if self.main_index is None else self.readings[self.main_index]

    def as_binary(self) -> PhotoReading:
        """Return the same photo with the leaning of every face as its label."""
        return replace(self, readings=tuple(reading.as_binary() for reading in self.readings))

    def to_dict(self) -> dict[str, Any]:
        """Return the line that `predict --json` prints for this photo."""
        return {
            "file": self.file,
            "readings": [reading.to_dict() for reading in self.readings],
            "reason": self.reason,
            "note": self.note,
        }

    def plot(self, photo: PhotoSource | None = None, *, longest_side: int = _PLOTTED) -> Image.Image:
        """Draw boxes, labels and degrees on the photo, legible on small photos and on large ones.

        Parameters
        ----------
        photo : str, Path, bytes, file object, PIL image, ndarray or None
            The photo; None: the one that was read.
        longest_side : int
            Pixels; a larger photo is shrunk to it, but to no fewer than 480, and one below 480 enlarged to 480: words
            would be illegible. 6000 for printing.

        Returns
        -------
        PIL.Image.Image
            RGB, with the proportions of the photo. A notebook shows it; `save` writes it to a file.

        Raises
        ------
        UnreadablePhotoError
            If the photo could not be read, or the picture cannot be had again.
        ValueError
            If `longest_side` is below 1.

        Examples
        --------
        >>> from emotion_classifier import EmotionClassifier
        >>> EmotionClassifier().predict(np.full((300, 600, 3), 128, np.uint8)).plot().size
        (600, 300)
        """
        return draw_readings(self._pixels(photo), self.readings, longest_side=longest_side)

    def _pixels(self, photo: PhotoSource | None) -> npt.NDArray[np.uint8]:
        if photo is not None:
            return read_photo(photo)
        if self.source is None:
            if self.reason not in (None, NO_FACE):
                raise UnreadablePhotoError(f"There is nothing to draw on: {self.reason}")
            raise UnreadablePhotoError(
                "The reading does not know its picture. To draw on it, give it: photo.plot(picture)."
            )
        return self.source.read()

    def __repr__(self) -> str:
        shown = ", ".join(f"{each.label} {_degree(each)}" for each in self.readings[:_LISTED])
        more = f" and {len(self.readings) - _LISTED} more" if len(self.readings) > _LISTED else ""
        return f"PhotoReading({self.file!r}: {shown}{more}{self.reason or ''})"

    def _repr_html_(self) -> str:
        """Show the picture with its boxes, and the place of every face on the scale, in a notebook."""
        remarks = [self.reason, self.note]
        picture = None
        if self.source is not None:
            try:
                picture = self.plot(longest_side=PICTURE_SIDE)
            except PhotoError as error:
                remarks.append(str(error))
        several = len(self.readings) > 1
        rows = [_row(each, number if several else None) for number, each in enumerate(self.readings, start=1)]
        remark = "; ".join(each for each in remarks if each)
        return cell(rows, heading=self.file, remark=remark, picture=picture)


def _degree(reading: Reading) -> str:
    return fixed(reading.degree, 2, signed=True)


def _row(reading: Reading, number: int | None = None) -> Row:
    details = [
        reading.reason,
        reading.grade if reading.grade != reading.label else None,
        f"leaning {reading.leaning} ({percent(reading.p_leaning, 0)} %)",
        "read from the whole photo" if reading.whole_photo else None,
    ]
    return Row(
        title=reading.label if number is None else f"{number} {reading.label}",
        degree=reading.degree,
        details=", ".join(each for each in details if each),
        colour=COLOURS[reading.label][0],
        main=reading.main,
    )


def draw_readings(
    photo: npt.NDArray[np.uint8], readings: Sequence[Reading], *, longest_side: int = LARGEST
) -> Image.Image:
    """Draw a box and a label for every face.

    One face that looks happy or sad is labelled with its degree ("happy +0.93"); several are numbered in the order
    of `readings` ("2 sad"; "2 -" where the faces are too small for words). What was read from the whole photo has a
    label ("photo: happy +0.93") and no box.

    Parameters
    ----------
    photo : ndarray of uint8, shape (height, width, 3)
        The upright RGB photo; it is not changed.
    readings : sequence of Reading
        Boxes in pixels of `photo`.
    longest_side : int
        See `draw_marks`.

    Returns
    -------
    PIL.Image.Image
        An RGB picture with the proportions of the photo.
    """
    alone = len(readings) == 1
    marks = [_mark(reading, None if alone else number) for number, reading in enumerate(readings, start=1)]
    return draw_marks(photo, marks, longest_side=longest_side)


def _mark(reading: Reading, number: int | None) -> Mark:
    colours, outlined = COLOURS[reading.label], not reading.whole_photo
    if number is not None:
        short = f"{number} {_SIGNS[reading.label]}"
        return Mark(reading.box, f"{number} {reading.label}", colours, short, outlined=outlined)
    text = f"{'photo: ' if reading.whole_photo else ''}{reading.label}"
    if reading.label in ("happy", "sad"):
        # A hyphen: Pillow's built-in font has no minus sign.
        text += f" {fixed(reading.degree, 2, signed=True, minus='-')}"
    return Mark(reading.box, text, colours, outlined=outlined)


def to_frame(photos: Iterable[PhotoReading | Reading] | PhotoReading | Reading) -> pd.DataFrame:
    """Lay readings out as a table: a row per face, or one row with a reason for a photo without.

    Parameters
    ----------
    photos : PhotoReading, Reading, or an iterable of them
        What `predict` and `predict_many` give, or single readings, which have no file.

    Returns
    -------
    pandas.DataFrame
        Columns: file, face, main, x, y, width, height, label, leaning, degree, grade, happy, neutral, sad, other,
        p_happy, reason, score, model, note. What the model does not know is missing (NaN).

    Raises
    ------
    MissingExtraError
        If pandas is not installed.
    TypeError
        If something else is among them, such as a photo that was not read.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise missing_extra("app", "pandas") from error
    given: Any = [photos] if isinstance(photos, PhotoReading | Reading) else photos
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise _not_read(given)
    return pd.DataFrame([row for photo in given for row in table_rows(photo)], columns=COLUMNS)


def _not_read(given: object) -> TypeError:
    kind = type(given).__name__
    return TypeError(
        f"to_frame takes what predict and predict_many of an EmotionClassifier give, not {kind!r}. Read photos first: "
        f"to_frame(classifier.predict_many(photos))."
    )


def arrow_schema(columns: Sequence[str] = COLUMNS) -> Any:
    """Return the types of columns of a table of readings as a schema of pyarrow, which has to be installed."""
    import pyarrow as pa

    texts = ("file", "label", "raw_label", "leaning", "grade", "raw_grade", "reason", "model", "note")
    kinds = dict.fromkeys(columns, pa.float64())
    for names, kind in (
        (texts, pa.string()),
        (("face", "track", "frame", "scene"), pa.int64()),
        (("main",), pa.bool_()),
    ):
        kinds |= {name: kind for name in names if name in kinds}
    return pa.schema(kinds)


def table_rows(photo: PhotoReading | Reading) -> list[dict[str, Any]]:
    """Return the rows of `to_frame` for a photo, by the names of `COLUMNS`; what is missing or None is not known."""
    if isinstance(photo, Reading):
        photo = PhotoReading("", (photo,))
    elif not isinstance(photo, PhotoReading):
        raise _not_read(photo)
    of_photo = {"file": _utf8(photo.file) or None, "note": _utf8(photo.note)}
    if not photo.readings:
        return [{**of_photo, "main": False, "reason": _utf8(photo.reason)}]
    rows = []
    for number, reading in enumerate(photo.readings):
        plain = reading.to_dict()
        box = dict(zip(("x", "y", "width", "height"), plain.pop("box"), strict=True))
        rows.append({**of_photo, "face": number, **box, **plain.pop("probabilities"), **plain})
    return rows


def _utf8(text: str | None) -> str | None:
    """Write bytes of a file name that are not UTF-8 as escapes, since tables hold nothing else."""
    return text and text.encode(errors="backslashreplace").decode()
