"""A gallery as HTML: a tile for every photo, and one photo large with its answer."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from emotion_classifier.reading import Reading
from emotion_classifier.serving import cards
from emotion_classifier.serving.gallery import Photo
from emotion_classifier.serving.page import data_uri
from emotion_classifier.serving.texts import Texts

if TYPE_CHECKING:
    from emotion_classifier.explain.explanation import Explanation

_WHERE_SIDE = 900
_WIDE = 3.0  # times as wide as high


def tile(say: Texts, number: int, photo: Photo) -> str:
    """Make the button that stands for a photo.

    Parameters
    ----------
    say : Texts
    number : int
        Of the photo in its gallery.
    photo : Photo
    """
    name, main, faces = photo.reading.file, photo.main, photo.reading.readings
    where, label = "50% 50%", "none"
    if main is None:
        said = f'<span class="ec-said">{say("gallery.no_face")}</span>'
    else:
        label, where = f"{main.label} ec-leans-{main.leaning}", _centre(photo, main)
        titles = "".join(
            f'<span class="ec-said {shown}">{escape(cards.title(say, seen))}</span>'
            for shown, seen in ((cards.AS_LABEL, main), (cards.AS_LEANING, main.as_binary()))
        )
        said = f'{titles}<span class="ec-degree">{cards.signed(main.degree)}</span>'
    several = (
        f'<span class="ec-faces">{say("gallery.more_faces", n=len(faces))}</span>' if len(faces) > 1 else ""
    )
    degree = "" if main is None else f"{main.degree:.4f}"
    return (
        f'<li data-number="{number}" data-degree="{degree}" data-name="{escape(name)}" data-faces="{len(faces)}">'
        f'<button type="button" class="ec-tile ec-{label}">'
        f'<img alt="" style="object-position:{where}" src="{data_uri(photo.thumbnail(), 80)}">{several}'
        f'<span class="ec-words">{said}</span><span class="ec-name">{escape(name)}</span></button></li>'
    )


def detail(say: Texts, token: str, number: int, photo: Photo, cuts: Sequence[float]) -> str:
    """Show one photo with its boxes, and the answer for every face.

    Parameters
    ----------
    say : Texts
    token : str
        Of the gallery.
    number : int
        Of the photo in it.
    photo : Photo
    cuts : sequence of float
        Degrees at which grades meet.
    """
    readings, name = photo.reading.readings, escape(photo.reading.file)
    shown = "".join(
        f'<img class="ec-picture {which}" alt="{escape(cards.description(say, seen))}" loading="lazy" '
        f'src="gallery/{token}/{number}.jpg?binary={int(which == cards.AS_LEANING)}">'
        for which, seen in cards.both(readings)
    )
    where = f'<details class="ec-where"><summary>{say("where.ask")}</summary><div aria-live="polite"></div></details>'
    # In half the page, nothing would be seen of a panorama.
    wide = " ec-wide" if photo.size[0] > _WIDE * photo.size[1] else ""
    return f"""
<h2 class="ec-title" tabindex="-1">{name}</h2>
<div class="ec-pair{wide}"><div class="ec-left">{shown}{where if readings else ""}</div>
<div class="ec-right" role="status">{cards.answer(say, readings, cuts, photo.reading.note)}</div></div>"""


def where(say: Texts, photo: Photo, explained: Explanation) -> str:
    """Show where in each face its reading comes from.

    Parameters
    ----------
    say : Texts
    photo : Photo
    explained : Explanation
        Of the photo's copy, on which a face may be read otherwise than on the photo.
    """
    if [face.label for face in explained.photo.readings] != [face.label for face in photo.reading.readings]:
        return f'<p class="ec-phrase">{say("where.otherwise")}</p>'
    picture = ""
    if any(face.heat for face in explained.faces):
        source = data_uri(explained.drawing(longest_side=_WHERE_SIDE), 85)
        picture = (
            f'<img class="ec-picture" alt="{say("where.picture")}" src="{source}">'
            f'<p class="ec-phrase">{say("where.light")}</p>'
        )
    several = len(explained.faces) > 1
    sentences = "".join(
        f"<p>{say('card.face', n=number) + ': ' if several else ''}{escape(face.sentence)}</p>"
        for number, face in enumerate(explained.faces, 1)
    )
    return f"{picture}{sentences}"


def _centre(photo: Photo, face: Reading) -> str:
    """Say which part of a picture to keep in view where it is cut to a square: the face."""
    x, y, width, height = (photo.scale * side for side in face.box)
    centre = ((x + width / 2) / photo.size[0], (y + height / 2) / photo.size[1])
    return " ".join(f"{100 * min(max(each, 0), 1):.0f}%" for each in centre)
