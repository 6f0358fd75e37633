"""The classifier as a callable for ``map_batches`` of Ray Data, and for anything that maps tables to tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from emotion_classifier.classifier import EmotionClassifier
from emotion_classifier.errors import missing_extra
from emotion_classifier.reading import arrow_schema, table_rows


class ReadPhotos:
    """Reads a batch of photos into a table; the bundle is loaded once, when the object is made.

    Parameters
    ----------
    model : str, Path or None
        Folder of a bundle; None: the default model.
    column : str
        With the photos: bytes, arrays or paths.
    name : str
        The column that says what to call each; without it they are numbered in their batch.
    threads : int
        For the networks.
    cropped : bool
        See `EmotionClassifier.predict`.

    Examples
    --------
    >>> import numpy as np
    >>> table = ReadPhotos(column="image")({"image": np.full((2, 90, 90, 3), 128, np.uint8), "path": ["a", "b"]})
    >>> table["file"].to_pylist(), table["reason"].to_pylist()
    (['a', 'b'], ['no face found', 'no face found'])
    """

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        column: str = "bytes",
        name: str = "path",
        threads: int = 1,
        cropped: bool = False,
    ) -> None:
        self._classifier = EmotionClassifier(model, threads=threads)
        self._column, self._name, self._cropped = column, name, cropped

    def __call__(self, batch: Mapping[str, Sequence[Any]]) -> Any:
        """Read the photos of a batch.

        Parameters
        ----------
        batch : mapping of str to sequence
            Columns by their names, as Ray Data gives them with ``batch_format="numpy"``, its default.

        Returns
        -------
        pyarrow.Table
            With the columns of `to_frame`: a row per face, or one with a reason for a photo without.
        """
        try:
            import pyarrow as pa
        except ImportError as error:
            raise missing_extra("batch", "pyarrow") from error
        photos = self._classifier.predict_many(iter(batch[self._column]), cropped=self._cropped)
        names = batch.get(self._name)
        rows: list[dict[str, Any]] = []
        for number, photo in enumerate(photos):
            named = photo if names is None else replace(photo, file=str(names[number]))
            rows += table_rows(named)
        return pa.Table.from_pylist(rows, schema=arrow_schema())
