"""HTML for a cell of a notebook: a picture, and a scale for every face; no style sheet, script or outside file.

Colours of text and lines are the notebook's own, or see-through, so that it works in a light and in a dark theme.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from PIL import Image

from emotion_classifier.text import fixed

PICTURE_SIDE = 480
_MOST = 12
# Every element says its own style: notebooks that are not trusted lose style sheets.
_LINE = "rgba(128,128,128,0.45)"
_SCALE = (
    "position:relative;flex:1 1 10em;height:8px;border-radius:4px;"
    "background:linear-gradient(90deg,#1d5fd1,rgba(128,128,128,0.35) 50%,#ffb224)"
)


@dataclass(frozen=True)
class Row:
    """What a cell says of one face.

    Parameters
    ----------
    title : str
        "happy", or "2 sad" where there are several.
    degree : float
        −1 to +1.
    details : str
    colour : str
        Of the title's mark, as CSS takes it; that of the box in the picture.
    main : bool
        Whether the photo is about it.
    """

    title: str
    degree: float
    details: str
    colour: str
    main: bool = False


def cell(
    rows: Sequence[Row], *, heading: str = "", remark: str = "", picture: Image.Image | None = None
) -> str:
    """Lay a picture and what is said of its faces side by side; below each other where it is narrow.

    Parameters
    ----------
    rows : sequence of Row
        The first dozen are shown.
    heading, remark : str
        Plain text before the rows and after them.
    picture : PIL.Image.Image or None

    Returns
    -------
    str
        HTML; all text in it is escaped.
    """
    shown = "".join(_row(row, alone=len(rows) == 1) for row in rows[:_MOST])
    if len(rows) > _MOST:
        shown += f'<div style="opacity:0.75">and {len(rows) - _MOST} more</div>'
    title = f'<div style="overflow-wrap:anywhere"><b>{escape(heading)}</b></div>' if heading else ""
    end = f'<div style="overflow-wrap:anywhere;opacity:0.75">{escape(remark)}</div>' if remark else ""
    image = _image(picture, heading) if picture else ""
    return (
        '<div style="display:flex;flex-wrap:wrap;gap:16px;align-items:flex-start;max-width:960px;line-height:1.5">'
        f'{image}<div style="flex:1 1 16em;min-width:0;max-width:30em">{title}{shown}{end}</div></div>'
    )


def _row(row: Row, *, alone: bool) -> str:
    place = (min(max(row.degree, -1), 1) + 1) / 2
    main = "" if alone or not row.main else ' <span style="opacity:0.75">· main face</span>'
    mark = (
        f"display:inline-block;width:0.8em;height:0.8em;border-radius:2px;border:1px solid {_LINE};"
        f"background:{row.colour}"
    )
    dot = (
        f"position:absolute;left:{place:.1%};top:-4px;width:12px;height:12px;margin-left:-8px;border-radius:50%;"
        "background:#fff;border:2px solid #101216"
    )
    return (
        f'<div style="margin:0.4em 0 0.9em"><div><span style="{mark}"></span> <b>{escape(row.title)}</b> '
        f"{fixed(row.degree, 2, signed=True)}{main}</div>"
        f'<div style="display:flex;align-items:center;gap:0.6em;margin:0.2em 0">'
        f'<span>sad</span><div role="img" aria-label="{fixed(row.degree, 2, signed=True)} from −1, sad, to +1, happy" '
        f'style="{_SCALE}"><div style="{dot}"></div></div><span>happy</span></div>'
        f'<div style="opacity:0.75">{escape(row.details)}</div></div>'
    )


def _image(picture: Image.Image, name: str) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=80)
    content = base64.b64encode(buffer.getvalue()).decode()
    return (
        f'<img alt="{escape(name)}" src="data:image/jpeg;base64,{content}" '
        'style="flex:0 1 auto;max-width:min(100%,480px);max-height:480px;width:auto;height:auto">'
    )
