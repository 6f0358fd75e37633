"""The shipped set of rendered faces, which differ in one thing at a time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.errors import DatasetError, missing_extra
from emotion_classifier.model.bundle import SHIPPED

RENDERED = SHIPPED / "rendered" / "faces.parquet"
# Factors of the person, and of the picture, by column; the level of the latter that the former are compared at.
PERSON = {"ancestry": "ancestry", "sex": "sex", "age": "age", "skin_tone": "skin tone"}
PICTURE = {"pose": ("pose", "frontal"), "light": ("light", "standard")}
HEAD = ("ancestry", "sex", "age")
_NEEDED = ("image", "identity", "expression", *PERSON, *PICTURE)


@dataclass(frozen=True)
class RenderedSet:
    """Pictures of invented people and the parameters they were rendered with.

    Parameters
    ----------
    pictures : tuple of n bytes
        Encoded pictures.
    identity : tuple of n str
        Everything but the expression.
    strength : ndarray of float64, shape (n,)
        Of the rendered expression: −1 full frown, 0 neutral, +1 full smile.
    levels : dict of str to tuple of n str
        By column: ancestry (a shape parameter of the body model, nobody's ethnicity), sex, age, skin_tone, pose, light.
    """

    pictures: tuple[bytes, ...]
    identity: tuple[str, ...]
    strength: npt.NDArray[np.float64]
    levels: dict[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.pictures)

    def keys(self, columns: tuple[str, ...]) -> list[tuple[str, ...]]:
        """Levels of some columns, a tuple for each picture."""
        if not columns:
            return [()] * len(self)
        return list(zip(*(self.levels[column] for column in columns), strict=True))


def read_rendered(path: str | Path = RENDERED) -> RenderedSet:
    """Read the shipped set, or another with the same columns.

    Raises
    ------
    DatasetError
        If the file is absent, cannot be read, or lacks a column.
    MissingExtraError
        If pyarrow is not installed.
    """
    path = Path(path)
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise missing_extra("evaluate", "pyarrow") from error
    try:
        table = pyarrow.parquet.read_table(path)
    except (pyarrow.ArrowInvalid, OSError) as error:
        raise DatasetError(
            f"The rendered faces in {path} cannot be read ({error}). Install the package again, or name the file that "
            "tools/render_faces packed."
        ) from error
    absent = [name for name in _NEEDED if name not in table.column_names]
    if absent or not table.num_rows:
        what = f"lacks the columns {', '.join(absent)}" if absent else "has no rows"
        raise DatasetError(f"{path} is no set of rendered faces: it {what}.")
    columns: dict[str, list[Any]] = table.select(list(_NEEDED)).to_pydict()
    return RenderedSet(
        pictures=tuple(picture["bytes"] for picture in columns["image"]),
        identity=tuple(columns["identity"]),
        strength=np.asarray(columns["expression"], np.float64),
        levels={name: tuple(columns[name]) for name in (*PERSON, *PICTURE)},
    )
