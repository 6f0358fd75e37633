"""What a file that is no picture is, told by its first bytes, and what a person can do with it."""

from __future__ import annotations

import re
import shlex
from typing import Literal

# fmt: off
Kind = Literal[
    "empty", "video", "sound", "pdf", "document", "zip", "part", "archive", "raw", "drawing", "page", "program",
    "pointer", "sidecar", "text", "other"
]
# fmt: on
"""A document is a file of an office program, a part one of a zip in several files, a drawing one that no pixels are in
(SVG) or many layers are (PSD), a pointer what Git LFS leaves in a file's place, a sidecar what macOS keeps beside a
file."""

_STARTS: tuple[tuple[int, bytes, Kind], ...] = (
    (0, b"%PDF", "pdf"),
    (0, b"PK\3\4", "zip"),
    (0, b"PK\5\6", "zip"),
    (0, b"PK00PK\3\4", "zip"),
    (0, b"PK\7\10", "part"),
    (0, b"\xd0\xcf\x11\xe0", "document"),
    (0, b"{\\rtf", "document"),
    (0, b"Rar!", "archive"),
    (0, b"7z\xbc\xaf", "archive"),
    (0, b"\x1f\x8b", "archive"),
    (0, b"BZh", "archive"),
    (0, b"\xfd7zXZ", "archive"),
    (257, b"ustar", "archive"),
    (0, b"\x1aE\xdf\xa3", "video"),
    (8, b"AVI ", "video"),
    (0, b"\x00\x00\x01\xba", "video"),
    (8, b"WAVE", "sound"),
    (0, b"ID3", "sound"),
    (0, b"\xff\xfb", "sound"),
    (0, b"OggS", "sound"),
    (0, b"fLaC", "sound"),
    (0, b"FUJIFILMCCD-RAW", "raw"),
    (0, b"IIRO", "raw"),
    (0, b"IIRS", "raw"),
    (0, b"IIU\0", "raw"),
    (0, b"FOVb", "raw"),
    (0, b"8BPS", "drawing"),
    (0, b"MZ", "program"),
    (0, b"\x7fELF", "program"),
    (0, b"version https://git-lfs", "pointer"),
    (0, b"\0\5\x16\7", "sidecar"),
    (0, b"\0\5\x16\0", "sidecar"),
)
_MARKUP: tuple[tuple[bytes, Kind], ...] = (
    (b"<svg", "drawing"),
    (b"<!doctype html", "page"),
    (b"<html", "page"),
)
# Pictures in the container of a video that no decoder here took.
_PICTURE_BRANDS = (b"mif", b"msf", b"hei", b"hev", b"avi")
_UNDER_A_NAME = " under a name that ends in .zip"
_INSTEAD: dict[Kind, str] = {
    "pointer": "it is a pointer that Git LFS left in its place. Fetch the picture with `git lfs pull`.",
    "sidecar": "it is what macOS keeps beside a file. Use the file without '._'.",
    "archive": "it is an archive. Unpack it first.",
    "pdf": "it is a PDF. Save its pages as JPEG or PNG.",
    "raw": "it is a camera's raw file. Develop it to JPEG or TIFF.",
    "video": "it is a video. `emotion-classifier watch` reads videos.",
    "page": "it is a web page, as a failed download leaves it. Download the picture again.",
}
_HEAD = 512
_OFFICE = (".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".epub", ".pages", ".numbers", ".key")


def file_kind(head: bytes, name: str = "") -> Kind:
    r"""Say what kind of file begins like this and is no picture.

    Parameters
    ----------
    head : bytes
        Its first 512 bytes, or all of a shorter one.
    name : str
        Tells an office document, which begins like any zip.

    Examples
    --------
    >>> file_kind(b"%PDF-1.7"), file_kind(b"milk, eggs"), file_kind(b"PK\x03\x04", "plan.docx"), file_kind(b"\0\1\2")
    ('pdf', 'text', 'document', 'other')
    """
    if not head:
        return "empty"
    if head[4:8] == b"ftyp":
        return _kind_of_brand(head[8:11])
    for start, signature, kind in _STARTS:
        if head.startswith(signature, start):
            return "document" if kind == "zip" and name.lower().endswith(_OFFICE) else kind
    lowered = head.lower()
    for mark, kind in _MARKUP:
        if mark in lowered:
            return kind
    return "text" if _is_text(head) else "other"


def what_instead(content: bytes, name: str = "") -> str | None:
    """Say what content is that is no picture, and what to do; None where there is nothing to do but convert it.

    Examples
    --------
    >>> what_instead(b"%PDF-1.7")
    'it is a PDF. Save its pages as JPEG or PNG.'
    """
    kind = file_kind(content[:_HEAD], name)
    if kind == "part":
        return f"it is {part_of_zip(name)}"
    if kind == "zip":
        named = name.lower().endswith(".zip")
        return f"it is a zip. Unpack it, or give it to `emotion-classifier predict`{'' if named else _UNDER_A_NAME}."
    return _INSTEAD.get(kind)


def part_of_zip(name: str) -> str:
    """Say what one part of a zip is, and what to do with it.

    Examples
    --------
    >>> part_of_zip("my trip.z01")
    "one part of a zip in several parts. Join the parts (zip -s 0 'my trip.zip' --out whole.zip), or unpack it."
    """
    last = re.sub(r"\.z\d+$", ".zip", name, flags=re.IGNORECASE)
    whole = shlex.quote(last) if last.lower().endswith(".zip") else "in.zip"
    return f"one part of a zip in several parts. Join the parts (zip -s 0 {whole} --out whole.zip), or unpack it."


def _kind_of_brand(brand: bytes) -> Kind:
    if brand == b"crx":
        return "raw"
    if brand == b"M4A":
        return "sound"
    return "other" if brand in _PICTURE_BRANDS else "video"


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    try:
        words = head.decode()
    except UnicodeDecodeError as error:
        # The first bytes may end in the middle of a letter.
        if error.start < len(head) - 3:
            return False
        words = head[: error.start].decode()
    return all(letter.isprintable() or letter in "\t\r\n\f" for letter in words)
