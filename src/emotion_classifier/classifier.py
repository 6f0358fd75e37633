"""The photo path as one object: a photo goes in, a reading for every face comes out."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.errors import PhotoError
from emotion_classifier.faces.cache import FaceCache
from emotion_classifier.faces.colours import look_exchanged
from emotion_classifier.faces.face import KEYPOINTS, Face, prominent
from emotion_classifier.faces.pipeline import Crop, FacePipeline, PhotoFaces
from emotion_classifier.faces.quality import FaceQuality
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.model.scale import ScaleReading, grade_of, read_scale
from emotion_classifier.photo import (
    Channels,
    KeptPhoto,
    PhotoLimits,
    PhotoSource,
    describe_source,
    in_rgb,
    is_array,
    is_one_photo,
)
from emotion_classifier.reading import NO_FACE, NO_FACE_IN_CROP, PhotoReading, Reading

if TYPE_CHECKING:
    from emotion_classifier.explain.explainer import Explainer
    from emotion_classifier.explain.explanation import Explanation

EXCHANGED = "red and blue look exchanged; channels='BGR' is for arrays of OpenCV, 'RGB' for all others"
_NOTHING = np.zeros((0, 2))


@dataclass(frozen=True)
class _Seen:
    """How well a face can be seen, and why it is too bad to be read, or None."""

    quality: FaceQuality | None
    doubt: str | None


@dataclass(frozen=True)
class _Prepared:
    """A photo whose faces are cut out and wait for the model."""

    file: str
    reason: str | None
    crops: Sequence[Crop] = ()
    seen: Sequence[_Seen] = ()
    note: str | None = None
    source: KeptPhoto | None = None


class EmotionClassifier:
    """Reads faces in photos with one bundle.

    Parameters
    ----------
    bundle : Bundle, str, Path or None
        A loaded bundle, its folder, or None for the default model.
    threads : int
        Threads for the networks, 1 by default; photos are taken one after another.
    face_cache : FaceCache or None
        Cache of the faces found, shared with others that read the same photos. It is not pickled with the classifier.
    limits : PhotoLimits or None
        The largest photo that is read; None for the defaults of `PhotoLimits`.
    max_faces : int or None
        The most faces of one photo that are read, largest first; a note says how many were found. None reads all.

    Attributes
    ----------
    classes_ : tuple of str
        The model's labels, in the order of the columns of `predict_proba`.

    Raises
    ------
    BundleError
        If the bundle is missing, damaged, or from a later version.
    TypeError
        If `limits` is no PhotoLimits.
    ValueError
        If `max_faces` is no whole number of at least 1.

    Examples
    --------
    >>> classifier = EmotionClassifier()
    >>> grey = np.full((200, 300, 3), 128, np.uint8)
    >>> classifier.predict(grey).reason
    'no face found'
    """

    def __init__(
        self,
        bundle: Bundle | str | Path | None = None,
        *,
        threads: int = 1,
        face_cache: FaceCache | None = None,
        limits: PhotoLimits | None = None,
        max_faces: int | None = None,
    ) -> None:
        if max_faces is not None:
            _require_positive("max_faces", max_faces)
        if bundle is None:
            bundle = Bundle.default()
        self.bundle = bundle if isinstance(bundle, Bundle) else Bundle.load(bundle)
        self.classes_ = self.bundle.labels
        self._threads = threads
        self._limits = limits
        self._max_faces = max_faces
        self._pipeline = FacePipeline(cache=face_cache, threads=threads, limits=limits)

    def __repr__(self) -> str:
        return f"EmotionClassifier({self.bundle.id!r})"

    def predict(
        self, photo: PhotoSource, *, cropped: bool = False, channels: Channels = "RGB"
    ) -> PhotoReading:
        """Read every face of one photo.

        Parameters
        ----------
        photo : str, Path, bytes, file object, PIL image or ndarray
            See `read_photo`.
        cropped : bool
            The picture already is one tight face crop, as in FER2013.
        channels : {"RGB", "BGR"}
            Order of the channels of an array: "BGR" for one from OpenCV. Files and PIL images have their own.

        Returns
        -------
        PhotoReading
            With a ``reason`` and no readings where the photo has no face or cannot be read.

        Raises
        ------
        TypeError
            If `photo` is none of the kinds above.
        ValueError
            If `channels` is neither "RGB" nor "BGR".
        """
        name, kept = describe_source(photo, 0), KeptPhoto.of(photo, hold=True, channels=channels)
        prepared = self._prepare(in_rgb(photo, channels), name, cropped=cropped, kept=kept)
        return next(self._read([prepared], 1))

    def predict_many(
        self,
        photos: Iterable[PhotoSource],
        *,
        batch_size: int = 32,
        cropped: bool = False,
        channels: Channels = "RGB",
    ) -> Iterator[PhotoReading]:
        """Read a stream of photos, in order, in constant memory.

        Faces of several photos go through the network together, `batch_size` at a time. Whatever cannot be read,
        because it is damaged or no photo at all, yields a `PhotoReading` with its reason; the others go on. If
        `photos` itself raises, what came before is delivered first.

        Parameters
        ----------
        photos : iterable
            Anything `predict` takes; consumed lazily.
        batch_size : int
            Faces per run of the network, at least 1.
        cropped, channels : bool, {"RGB", "BGR"}
            See `predict`.

        Yields
        ------
        PhotoReading

        Raises
        ------
        TypeError
            If one photo is given where several are expected.
        ValueError
            If `batch_size` is no whole number of at least 1, or `channels` neither "RGB" nor "BGR".
        """
        _require_positive("batch_size", batch_size)
        if is_one_photo(photos):
            raise TypeError("predict_many takes several photos; put one into a list, or call predict")
        waiting: deque[_Prepared] = deque()
        faces = 0
        sources = enumerate(photos)
        while True:
            try:
                index, source = next(sources)
            except StopIteration:
                break
            except BaseException:
                yield from self._read(waiting, batch_size)
                raise
            name, kept = describe_source(source, index), KeptPhoto.of(source, hold=False, channels=channels)
            try:
                prepared = self._prepare(in_rgb(source, channels), name, cropped=cropped, kept=kept)
            except TypeError as error:
                prepared = _Prepared(name, str(error))
            waiting.append(prepared)
            faces += len(prepared.crops)
            # Photos without faces must not pile up either, hence the second condition.
            if faces >= batch_size or len(waiting) >= 4 * batch_size:
                yield from self._read(waiting, batch_size)
                waiting.clear()
                faces = 0
        yield from self._read(waiting, batch_size)

    def predict_proba(
        self, inputs: npt.NDArray[np.uint8], *, batch_size: int = 32
    ) -> npt.NDArray[np.float32]:
        """Raw probabilities for inputs that are already cut out.

        Parameters
        ----------
        inputs : ndarray of uint8, shape (n, height, width, channels)
            As `Preprocessing.pixels` gives them.
        batch_size : int
            Inputs per run of the network, at least 1.

        Returns
        -------
        ndarray of float32, shape (n, number of classes)
            Rows sum to 1, columns in the order of `classes_`; not calibrated.

        Raises
        ------
        ValueError
            If `inputs` has another shape, or `batch_size` is no whole number of at least 1.
        """
        _require_positive("batch_size", batch_size)
        preprocessing = self.bundle.config.preprocessing
        inputs = np.asarray(inputs)
        if inputs.ndim != 4 or inputs.shape[1:] != preprocessing.input_shape:
            wanted = ", ".join(map(str, preprocessing.input_shape))
            raise ValueError(
                f"inputs must have shape (n, {wanted}), not {inputs.shape}; predict takes photos"
            )
        chunks = [
            self.bundle.probabilities(
                preprocessing.normalise(inputs[start : start + batch_size]), threads=self._threads
            )
            for start in range(0, len(inputs), batch_size)
        ]
        return np.concatenate(chunks) if chunks else np.zeros((0, len(self.classes_)), np.float32)

    def explain(self, photo: PhotoSource, *, cropped: bool = False, most: int | None = None) -> Explanation:
        """Read every face of one photo, and say where in the face each reading comes from.

        The class-activation map costs no further pass through the network; the sentence, for which the parts of a face
        are hidden one by one, costs one pass for each part.

        Parameters
        ----------
        photo : str, Path, bytes, file object, PIL image or ndarray
            See `read_photo`.
        cropped : bool
            See `predict`.
        most : int or None
            Explain at most this many faces: the main one, then the largest. All faces are read; None explains all.

        Returns
        -------
        Explanation
            Its ``photo`` is what `predict` gives; without faces where the photo has none or cannot be read.

        Raises
        ------
        TypeError
            If `photo` is none of the kinds above.
        ValueError
            If `most` is no whole number of at least 1.
        """
        if most is not None:
            _require_positive("most", most)
        from emotion_classifier.explain.explainer import Seen
        from emotion_classifier.explain.explanation import Explanation, FaceExplanation
        from emotion_classifier.explain.words import left_out

        file, kept = describe_source(photo, 0), KeptPhoto.of(photo, hold=True, channels="RGB")
        whole = self.bundle.config.preprocessing.input == "photo"
        try:
            opened = self._pipeline.open(photo, cropped=cropped)
            prepared = self._cut_out(opened, file, kept, is_array=is_array(photo))
            pixels = opened.pixels if whole else opened.seen
        except PhotoError as error:
            return Explanation(PhotoReading(file, (), str(error)))
        if not prepared.crops:
            return Explanation(next(self._answers([prepared], _NOTHING)), (), pixels)
        raw, maps = self._explainer.read(np.stack([crop.pixels for crop in prepared.crops]))
        reading = next(self._answers([prepared], raw))
        size = pixels.shape[0], pixels.shape[1]
        chosen = sorted(range(len(reading.readings)), key=lambda row: row != reading.main_index)[:most]
        faces = []
        for row, (crop, read) in enumerate(zip(prepared.crops, reading.readings, strict=True)):
            if most is not None and row not in chosen:
                faces.append(FaceExplanation(read, left_out(most)))
                continue
            face = opened.main if whole else crop.face
            seen = Seen(face, crop.pixels, raw[row], None if maps is None else maps[row])
            faces.append(self._explainer.explain(seen, read, photo_size=size))
        return Explanation(reading, tuple(faces), pixels)

    @cached_property
    def _explainer(self) -> Explainer:
        """Opened when it is first needed: it holds the network a second time."""
        from emotion_classifier.explain.explainer import Explainer

        return Explainer(self.bundle, threads=self._threads)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the bundle and the options; sessions of ONNX Runtime are opened anew."""
        make = partial(
            EmotionClassifier, threads=self._threads, limits=self._limits, max_faces=self._max_faces
        )
        return make, (self.bundle,)

    def _prepare(self, source: PhotoSource, file: str, *, cropped: bool, kept: KeptPhoto) -> _Prepared:
        try:
            photo = self._pipeline.open(source, cropped=cropped)
            return self._cut_out(photo, file, kept, is_array=is_array(source))
        except PhotoError as error:
            return _Prepared(file, str(error))

    def _cut_out(self, photo: PhotoFaces, file: str, kept: KeptPhoto, *, is_array: bool) -> _Prepared:
        """Find the faces and cut them out; decodes more of a large photo, hence may raise PhotoError, too."""
        template = self.bundle.config.preprocessing
        crops = photo.crops(template, most=self._max_faces)
        seen = [self._see(photo, crop) for crop in crops]
        exchanged = EXCHANGED if is_array and _looks_exchanged(photo) else None
        note = "; ".join(filter(None, (photo.note(template, most=self._max_faces), exchanged))) or None
        return _Prepared(file, None if crops else NO_FACE, crops, seen, note, kept)

    def _see(self, photo: PhotoFaces, crop: Crop) -> _Seen:
        quality = photo.quality(crop, self.bundle.config.preprocessing)
        if quality is None:
            return _Seen(None, None)
        # In a tight crop there is a face to the detector, whatever it sees; that is right for training, not here.
        if not photo.shows_face(crop):
            return _Seen(quality, NO_FACE_IN_CROP)
        return _Seen(quality, photo.too_bad(quality, self.bundle.config.quality))

    def _read(self, waiting: Iterable[_Prepared], batch_size: int) -> Iterator[PhotoReading]:
        waiting = list(waiting)
        inputs = [crop.pixels for prepared in waiting for crop in prepared.crops]
        raw = self.predict_proba(np.stack(inputs), batch_size=batch_size) if inputs else _NOTHING
        yield from self._answers(waiting, raw)

    def _answers(self, waiting: Iterable[_Prepared], raw: npt.NDArray[np.floating]) -> Iterator[PhotoReading]:
        """Turn the probabilities of all crops, in their order, into a reading for each photo."""
        scales = iter(read_scale(raw, self.classes_, self.bundle.config.scale) if len(raw) else [])
        for prepared in waiting:
            faces = [crop.face for crop in prepared.crops]
            main = prominent(faces)
            index = None if main is None else faces.index(main)
            readings = tuple(
                self._reading(face, seen, next(scales), main=number == index)
                for number, (face, seen) in enumerate(zip(faces, prepared.seen, strict=True))
            )
            yield PhotoReading(
                prepared.file, readings, prepared.reason, index, prepared.note, prepared.source
            )

    def _reading(self, face: Face, seen: _Seen, scale: ScaleReading, *, main: bool) -> Reading:
        parameters = self.bundle.config.scale
        return Reading(
            box=face.box,
            label="uncertain" if seen.doubt else scale.label,
            degree=scale.degree,
            grade=grade_of("uncertain", scale.degree, parameters) if seen.doubt else scale.grade,
            probabilities=scale.probabilities,
            p_happy=scale.p_happy,
            reason=seen.doubt or scale.reason,
            model=self.bundle.id,
            main=main,
            score=face.score,
            landmarks=dict(zip(KEYPOINTS, face.keypoints, strict=True)),
            quality=seen.quality,
            whole_photo=self.bundle.config.preprocessing.input == "photo",
        )


def _require_positive(name: str, number: object) -> None:
    if not isinstance(number, int | np.integer) or number < 1:
        raise ValueError(f"{name} must be a whole number of at least 1, not {number!r}")


def _looks_exchanged(photo: PhotoFaces) -> bool:
    return photo.main is not None and look_exchanged(photo.pixels, photo.main.box)
