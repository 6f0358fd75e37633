"""Where the faces are in a photo: BlazeFace on ONNX Runtime, and the checks that make a box a face.

One look at the whole photo proposes boxes. Each is looked at again, closely and upright: that look
both decides whether it is a face and says where its eyes and mouth are. Measured on LFW faces set into
pictures of other things: the first look's score separates faces from the rest with an area under the
ROC curve of 0.988, the second's with 1.000; the error of the key points of a face 75 px wide in a
photo of 612 px falls from 0.13 to 0.04 eye distances, tilted by 60° from 0.21 to 0.05.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable

import numpy as np
from numpy.typing import NDArray

from emotion_classifier.faces.face import SURE, Face, Found, nominal_face
from emotion_classifier.faces.filling import filling_face
from emotion_classifier.faces.glance import Glance
from emotion_classifier.faces.network import CLOSE, Network, bundle_folder
from emotion_classifier.faces.plausible import agree, is_plausible
from emotion_classifier.faces.tiles import Tiling, first_tilings, overlooked, smaller_tiling
from emotion_classifier.faces.window import Window
from emotion_classifier.photo import Picture

Photo = NDArray[np.uint8]

_PROPOSED = 0.3  # score from which a box is worth a closer look
_PROPOSED_TURNED = 0.5  # the same in a photo laid on its side, where most boxes are no faces
# Bound the time that a picture full of face-like texture takes: boxes of one tile, and of all looks at one photo.
_MOST_PROPOSALS, _MOST_IN_ALL = 100, 1000
_SECOND = 0.05  # score from which a look that is asked for its opinion has one
_FAIR = 0.6  # score of the closer look from which other looks are asked for their opinion
# The same of a face tilted further than heads are held, as most false ones are that turn up when a photo is
# laid on its sides. Of 4,300 pictures shuffled or scrambled out of LFW and FER+ (training parts) until no
# face was left, 32 had one by the lower score and 16 have by this; a higher one spares next to none more.
# The price: 1 of 400 scenes with an LFW face laid on their sides, 3 of 3,400 others.
_FAIR_TILTED, _TILTED = 0.75, 75.0
# Before more of a large photo is decoded for a closer look, a look at what is decoded tells most of what is no face: of
# 149 LFW faces (training part) 12 pixels wide there, all score 0.4, and 99 in 100 score 0.46; of wider ones more.
_FAIR_BLURRED, _NARROW_BLURRED = 0.4, 12.0
# A face narrower than this share of the photo's longer side may have company too small for the
# short-range look. In a large photo, where smaller faces are still worth reading, sooner than in others.
_SMALL, _SMALL_IN_LARGE = 0.15, 0.25
_LARGE = 900  # longer side, in pixels, of what is a large photo in that
# Sides of the black squares, in sides of the picture, in which a crop without margin is looked at. The
# network wants some space around a face; averaging three looks steadies the key points.
_MARGINS = (1.5, 1.75, 2.0)
# Score from which what is found in a crop is taken for a face without a second opinion. With one for the others,
# 97 % of 1,500 FER+ pictures pass (training part; the rest are mostly profiles, covered and screaming faces), and 1 of
# 1,550 crops of noise, of textures and of corners of LFW and FairFace.
_SURE_IN_CROP = 0.75


@dataclass
class _Search:
    """What has been found in one photo so far, and how many more boxes may be looked at."""

    size: tuple[int, int]
    found: list[Face] = field(default_factory=list)
    left: int = _MOST_IN_ALL
    too_many: bool = False
    side: float = 0.0  # of the smallest tiles looked at

    @property
    def note(self) -> str | None:
        if self.too_many:
            return "faces may be missing: there are too many to look at each"
        width = overlooked(self.size, self.found, self.side)
        return f"faces narrower than {width} pixels may be missing" if width else None


class FaceDetector:
    """Find faces and their key points with the two BlazeFace networks shipped with this package.

    The networks are loaded on first use; one detector may be used from several threads.

    Parameters
    ----------
    threads : int
        Threads that ONNX Runtime uses for one photo.
    folder : Path, Traversable or None
        Another ``face_detector`` bundle than the one of this package.

    Raises
    ------
    CorruptBundleError
        On first use, when a network's file is missing or altered.

    References
    ----------
    Bazarevsky et al. (2019), BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs,
    arXiv:1907.05047.

    Examples
    --------
    >>> import numpy as np
    >>> FaceDetector().detect(np.zeros((200, 300, 3), dtype=np.uint8))
    []
    """

    def __init__(self, *, threads: int = 1, folder: Traversable | None = None) -> None:
        folder = bundle_folder() if folder is None else folder
        self._short = Network("short_range.onnx", threads=threads, folder=folder)
        self._full = Network("full_range.onnx", threads=threads, folder=folder)
        self._glance = Glance(threads=threads)

    def detect(self, photo: Photo | Picture) -> list[Face]:
        """Find the faces of a photo, largest first; see `find`."""
        return list(self.find(photo).faces)

    def find(self, photo: Photo | Picture) -> Found:
        """Find the faces of a photo, and say where some may be missing.

        Where none is found the photo is tried on its sides and on its head, then for one face that fills it.

        Parameters
        ----------
        photo : Picture, or ndarray, shape (height, width, 3), uint8
            RGB, upright as far as is known.

        Returns
        -------
        Found
            Largest first. Boxes are clipped to the photo; key points may lie outside.
        """
        picture = Picture.of(photo)
        search = self._upright(picture)
        if not search.found:
            turned = [self._turned(picture, tilt) for tilt in (90.0, 270.0, 180.0)]
            search.found = max(turned, key=lambda faces: max((face.score for face in faces), default=0.0))
        if not search.found:
            filling = filling_face(self._short, self._full, picture)
            search.found = [] if filling is None else [filling]
        width, height = picture.size
        clipped = sorted((face.clipped(width, height) for face in search.found), key=lambda face: -face.area)
        return Found(tuple(clipped), search.note)

    def detect_cropped(self, crop: Photo | Picture) -> Face:
        """Find the face in a picture that already is one tight face crop, as in FER2013.

        Parameters
        ----------
        crop : Picture, or ndarray, shape (height, width, 3), uint8
            RGB, upright.

        Returns
        -------
        Face
            In pixels of the crop. Where none is found, the whole picture with key points where
            they usually lie, and score 0.
        """
        picture = Picture.of(crop)
        width, height = picture.size
        windows = [Window.whole(picture.size, margin=margin) for margin in _MARGINS]
        seen = [face for window in windows for face in self._short.faces(picture, window, least=_PROPOSED)]
        seen = [face for face in seen if is_plausible(face)]
        if not seen:
            return nominal_face(width, height)
        best = max(seen, key=lambda face: face.score)
        return Face.mean([face for face in seen if best.is_at(face)]).clipped(width, height)

    def is_face(self, crop: Photo | Picture, face: Face) -> bool:
        """Tell whether what `detect_cropped` found is a face, and not a texture that happens to look like one.

        Parameters
        ----------
        crop : Picture, or ndarray, shape (height, width, 3), uint8
            RGB, upright.
        face : Face
            As `detect_cropped` gives it.
        """
        if face.score >= _SURE_IN_CROP:
            return True
        return (face.score > 0 and self._seconded(Picture.of(crop), face)) or bool(self.detect(crop))

    def _upright(self, photo: Picture) -> _Search:
        whole, search = Window.whole(photo.size), _Search(photo.size, side=float(max(photo.size)))
        self._check(photo, self._short.faces(photo, whole, least=_PROPOSED), search)
        enough = (_SMALL_IN_LARGE if max(photo.size) >= _LARGE else _SMALL) * max(photo.size)
        if search.found and min(face.box[2] for face in search.found) >= enough:
            return search
        self._check(photo, self._full.faces(photo, whole, least=_PROPOSED), search)
        self._look_closer(photo, search)
        return search

    def _look_closer(self, photo: Picture, search: _Search) -> None:
        """Look at a photo in tiles, in ever smaller ones as long as ever smaller faces turn up."""
        for tiling in first_tilings(photo.size):
            # Beside a face that was found only where the glance says so; where none was, tiny ones could be anywhere.
            windows = self._glance.windows(photo, tiling, search.found) if search.found else tiling.windows
            self._look_across(photo, tiling, windows, search)
        while finer := smaller_tiling(photo.size, search.found, search.side):
            self._look_across(photo, finer, finer.windows, search)

    def _look_across(
        self, photo: Picture, tiling: Tiling, windows: Iterable[Window], search: _Search
    ) -> None:
        for window in windows:
            proposed = self._full.faces(photo, window, least=_PROPOSED, square=tiling.side)
            self._check(photo, proposed, search, tiles=window.width * window.height / tiling.side**2)
        search.side = tiling.side

    def _turned(self, photo: Picture, tilt: float) -> list[Face]:
        whole, search = Window.whole(photo.size, tilt=tilt), _Search(photo.size)
        for network in (self._short, self._full):
            self._check(photo, network.faces(photo, whole, least=_PROPOSED_TURNED), search)
        return search.found

    def _check(
        self, photo: Picture, proposed: Iterable[Face], search: _Search, *, tiles: float = 1.0
    ) -> None:
        """Add to what was found those proposed faces that are new and pass the closer look."""
        new = sorted(
            (face for face in proposed if not any(face.is_at(other) for other in search.found)),
            key=lambda face: -face.score,
        )
        most = min(search.left, round(tiles * _MOST_PROPOSALS))
        search.too_many |= len(new) > most
        for proposal in new[:most]:
            if any(proposal.is_at(other) for other in search.found):
                continue
            search.left -= 1
            face = self._closer(photo, proposal)
            if face is not None and not any(face.is_at(other) for other in search.found):
                search.found.append(face)

    def _closer(self, photo: Picture, proposal: Face) -> Face | None:
        """Look at a proposed face closely and upright; None if it is no face after all."""
        if self._is_none_at_first_sight(photo, proposal):
            return None
        face = self._short.look_closely(photo, proposal, least=_PROPOSED)
        if face is None or not is_plausible(face):
            return None
        if face.score < (_FAIR if abs(face.roll) < _TILTED else _FAIR_TILTED):
            return None
        return face if face.score >= SURE or self._seconded(photo, face) else None

    def _is_none_at_first_sight(self, photo: Picture, proposal: Face) -> bool:
        step = Window.around(proposal.box, CLOSE).width / self._short.size
        if proposal.box[2] < _NARROW_BLURRED * photo.coarse.scale or photo.is_coarse(step):
            return False
        return self._short.look_again(photo.blurred, proposal, CLOSE, least=_FAIR_BLURRED) is None

    def _seconded(self, photo: Picture, face: Face) -> bool:
        """Ask whether two of three further looks put eyes, nose and mouth in the same places.

        From other distances, and by the other network: what is no face looks different to each.
        """
        others = (
            network.look_again(photo, face, margin, least=_SECOND)
            for network, margin in ((self._full, 3.0), (self._short, 2.6), (self._full, 2.0))
        )
        agreed = 0
        for missing, other in zip((2, 1, 0), others, strict=True):
            agreed += other is not None and agree(face, other)
            if agreed == 2 or agreed + missing < 2:
                break
        return agreed == 2
