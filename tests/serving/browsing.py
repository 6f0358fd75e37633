"""What a person does to the page, and sees there."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

Encode = Callable[..., bytes]


def give(page: Any, *contents: bytes, name: str = "photo.jpg") -> None:
    files = [
        {"name": f"{number}{name}" if number else name, "mimeType": "", "buffer": content}
        for number, content in enumerate(contents)
    ]
    page.set_input_files("input[multiple]", files)


def see(page: Any, text: str) -> None:
    page.get_by_text(text).locator("visible=true").first.wait_for(timeout=20_000)


def some_zip(encoded: Encode) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a/wall.jpg", encoded(noise=False))
        archive.writestr("a/face.jpg", encoded())
        archive.writestr("a/group.jpg", encoded(width=400))
        archive.writestr("notes.txt", b"milk")
    return buffer.getvalue()
