"""What a file is that is no picture, told by its first bytes, and what to do with it."""

from __future__ import annotations

_PAGES = (b"<!doctype html", b"<html")
_RAW = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"IIU\0", b"FOVb")
_KINDS: tuple[tuple[tuple[bytes, ...], str], ...] = (
    (
        (b"version https://git-lfs",),
        "it is a pointer that Git LFS left in its place. Fetch the picture with `git lfs pull`.",
    ),
    ((b"\0\5\x16\7", b"\0\5\x16\0"), "it is what macOS keeps beside a file. Use the file without '._'."),
    ((b"PK\3\4", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b"), "it is an archive. Unpack it first."),
    ((b"%PDF",), "it is a PDF. Save its pages as JPEG or PNG."),
    (_RAW, "it is a camera's raw file. Develop it to JPEG or TIFF."),
)
_VIDEO = (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"qt  ", b"3gp")


def what_instead(content: bytes) -> str | None:
    """Say what content is that is no picture, and what to do; None where it is of no kind known here.

    Examples
    --------
    >>> what_instead(b"%PDF-1.7")
    'it is a PDF. Save its pages as JPEG or PNG.'
    """
    if content[4:8] == b"ftyp":
        brand = content[8:12]
        if brand == b"crx ":
            return "it is a camera's raw file. Develop it to JPEG or TIFF."
        return "it is a video. Save pictures of it as JPEG or PNG." if brand.startswith(_VIDEO) else None
    if content[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGES):
        return "it is a web page, as a failed download leaves it. Download the picture again."
    return next((said for signatures, said in _KINDS if content.startswith(signatures)), None)
