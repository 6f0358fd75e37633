"""A second chance for a face that fills the photo: in profile, blurred, grainy or behind sunglasses.

Such a face is seen in every look, though seldom clearly. What is no face is now and then seen clearly, though seldom
in every look. So several looks are averaged here, where `FaceDetector` holds one or two against a limit.

Chosen on 257 faces that `FaceDetector` missed among 6,450 of FairFace (training part, drawn at random), 1,006 pieces of
photos of landscapes, things and animals, 309 rendered patterns, and some 310 faces cut into 9 to 25 tiles and shuffled.
By these limits 165 of the faces pass, none of the pieces and patterns, and 2 of the shuffled, of which 4 pass
without. An average of 0.56 is enough for 4 more of the faces, and for a tree with a carved face.

Neither network has to be as sure where the box is nearly all of the photo and the two are sure enough together. Of the
93 faces missed until then 39 pass, of 552 more pieces of such photos, a third of them blurred, none, and of 300 more
shuffled faces 5, beside 23 that pass without.
"""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean

from emotion_classifier.faces.face import Face
from emotion_classifier.faces.network import Network
from emotion_classifier.faces.plausible import is_plausible
from emotion_classifier.faces.window import Window
from emotion_classifier.photo import Picture

# Only where the box is nearly the photo: few things that look like a face are as large, and a face that is not may
# well be one of several, of which the others were found.
_FILLS = 0.55  # width of the box, in shorter sides of the photo
_UPRIGHT = 45.0  # degrees; the photo has been tried on its sides by then
_PROPOSED = 0.3
_SURROUNDED = (1.0, 1.5, 2.0)  # sides of the squares that the photo is looked at in, in its longer sides
# Sides of the windows of the looks that are averaged, in sides of the box, and the averages asked for.
_SHORT_RANGE, _SHORT_ENOUGH = (1.5, 2.0, 2.6, 3.2), 0.58
_FULL_RANGE, _FULL_ENOUGH = (3.0, 4.0), 0.40  # animals pass the short range and fail here
# Of a box at least this wide it is enough that both averages have this sum.
_LARGEST, _TOGETHER = 0.7, 1.0
_SEEN = 0.02  # score below which a look has seen nothing


def filling_face(short: Network, full: Network, photo: Picture) -> Face | None:
    """Find the one face that fills a photo, by the average of several looks.

    Parameters
    ----------
    short, full : Network
        Of short and of full range.
    photo : Picture
        In which `FaceDetector` found nothing else.

    Returns
    -------
    Face or None
        Score and key points are averages over the looks.
    """
    proposed = (face for face in _proposed(short, photo) if _width(face, photo) >= _FILLS)
    straightened = (short.look_closely(photo, face, least=_PROPOSED) for face in proposed)
    face = next((face for face in straightened if face is not None and _may_be_a_face(face)), None)
    if face is None:
        return None
    seen = _looks(short, photo, face, _SHORT_RANGE)
    near, far = _average(seen), _average(_looks(full, photo, face, _FULL_RANGE))
    each = near >= _SHORT_ENOUGH and far >= _FULL_ENOUGH
    together = near + far >= _TOGETHER and _width(face, photo) >= _LARGEST
    if not (each or together):
        return None
    return replace(Face.mean([look for look in seen if look is not None]), score=near)


def _proposed(network: Network, photo: Picture) -> list[Face]:
    """Look at the whole photo with more and more black around it, in which a large face is smaller."""
    windows = [Window.whole(photo.size, margin=margin) for margin in _SURROUNDED]
    seen = (face for window in windows for face in network.faces(photo, window, least=_PROPOSED))
    return sorted(seen, key=lambda face: -face.score)


def _width(face: Face, photo: Picture) -> float:
    return face.box[2] / min(photo.size)


def _may_be_a_face(face: Face) -> bool:
    return is_plausible(face) and abs(face.roll) < _UPRIGHT


def _looks(network: Network, photo: Picture, face: Face, margins: tuple[float, ...]) -> list[Face | None]:
    return [network.look_again(photo, face, margin, least=_SEEN) for margin in margins]


def _average(seen: list[Face | None]) -> float:
    """Average the scores of several looks; a look that saw nothing counts as 0."""
    return fmean(0.0 if look is None else look.score for look in seen)
