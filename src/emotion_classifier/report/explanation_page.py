"""Where in each face of a photo its reading comes from, as one HTML file."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from emotion_classifier.drawing import LARGEST
from emotion_classifier.explain.explanation import Explanation, FaceExplanation
from emotion_classifier.explain.occlusion import Hidden
from emotion_classifier.explain.overlay import draw_heat
from emotion_classifier.explain.words import COUNTS
from emotion_classifier.reading import Reading
from emotion_classifier.report.contact_sheet import picture
from emotion_classifier.report.html_page import asset, load_template, picture_uri, write_page
from emotion_classifier.text import fixed, percent

MOST_FACES = 40
"""Faces that have a card, the largest first; the photo and `explain --json` have them all."""
_MOST_BYTES = 400_000  # of the photo as it stands in the page
_SIDE = 220
_LONG = 3  # times as long as wide: a photo that is scrolled, since nothing could be seen of it at full length
HOW = (
    "Parts of the face are blurred, one after the other, and each bar shows how much clearer the label is with the "
    "part than without it, as a change of log odds. The sentence says no more than that. A part to the left of 0 "
    f"speaks against the label. Below {COUNTS:g}, a part counts no more than a place beside the face.",
    "The heat is a map of the places that speak for the label, the lightest most, where the model has such a map and "
    "it is known to be better than one that is the same for every face. Otherwise the parts that count are tinted. "
    "Map and bars are two views of the model: the lightest place need not be in the part that costs most.",
    "This is what the model goes by. It does not say whether the reading is right, nor what the person feels.",
)


def write_explanation_page(explained: Explanation, out: Path, *, title: str, model: str) -> None:
    """Write an explanation as one HTML file that needs nothing beside it and asks for nothing.

    Parameters
    ----------
    explained : Explanation
        Of a photo that could be read.
    out : Path
        HTML file to write, in UTF-8.
    title : str
        Name of the photo, as its owner knows it.
    model : str
        Id of the bundle.

    Raises
    ------
    MissingExtraError
        If Jinja2 is not installed.
    """
    template = load_template("explanation.html")
    faces = explained.faces
    values = {
        "title": title,
        "model": model,
        "reason": explained.photo.reason,
        "note": explained.photo.note,
        "picture": _shown(explained),
        "faces": [_face(number, face, explained) for number, face in enumerate(faces[:MOST_FACES], start=1)],
        "left_out": max(0, len(faces) - MOST_FACES),
        "how": HOW if faces else (),
    }
    write_page(template, values, out, styles=[asset("page.css") + asset("explanation.css")])


def _shown(explained: Explanation) -> dict[str, Any]:
    """Encode the photo anew from pixels, so that nothing is left of what a file says of place, time and camera."""
    for side in (LARGEST, LARGEST * 2 // 3, LARGEST // 2, LARGEST // 4):
        drawing = explained.drawing(longest_side=side)
        file = io.BytesIO()
        drawing.save(file, "WEBP", quality=75, method=4)
        if file.tell() <= _MOST_BYTES:
            break
    longest, shortest = max(drawing.size), min(drawing.size)
    return {
        "uri": picture_uri(file.getvalue()),
        "width": drawing.width,
        "height": drawing.height,
        "long": longest > _LONG * shortest,
        "alt": "The photo, with what speaks for each label laid over the faces"
        if explained.faces
        else "The photo",
    }


def _face(number: int, face: FaceExplanation, explained: Explanation) -> dict[str, Any]:
    reading = face.reading
    assert explained.pixels is not None
    box = None if reading.whole_photo else reading.box
    small = partial(picture, box=box, side=_SIDE, quality=70)
    pictures = [small(explained.pixels, alt=f"Face {number}")]
    if face.heat is not None:
        heated = draw_heat(explained.pixels, [face.heat])
        what = (
            "a map of what speaks for the label" if face.map is not None else "the parts that count, tinted"
        )
        pictures.append(small(heated, alt=f"Face {number}: {what}"))
    return {
        "name": "The whole photo" if reading.whole_photo else f"Face {number}",
        "label": reading.label,
        "sentence": face.sentence,
        "pictures": pictures,
        "degree": fixed(reading.degree, 2, signed=True),
        "place": f"{50 * (1 + reading.degree):.1f}",
        "grade": reading.grade,
        "leaning": f"{reading.leaning}, {percent(reading.p_leaning, 0)}\N{NO-BREAK SPACE}%",
        "shares": [
            (name, percent(share, 0)) for name, share in reading.probabilities.items() if share is not None
        ],
        "parts": _parts(face.parts, reading),
    }


def _parts(parts: Mapping[str, Hidden], reading: Reading) -> list[dict[str, Any]]:
    """List the parts, the one that costs most first, with where their bars begin and end, in per cent."""
    losses = [part.loss for part in parts.values()]
    low, high = min([*losses, 0.0]), max([*losses, COUNTS])
    return [
        {
            "name": name,
            "loss": fixed(part.loss, 2, signed=True),
            "left": f"{100 * (min(part.loss, 0) - low) / (high - low):.1f}",
            "width": f"{100 * abs(part.loss) / (high - low):.1f}",
            "zero": f"{100 * -low / (high - low):.1f}",
            "kind": "counts" if part.loss >= COUNTS else "",
            "label": part.label if part.label != reading.label else None,
        }
        for name, part in sorted(parts.items(), key=lambda item: -item[1].loss)
    ]
