"""What the service and a process that reads photos say to each other, over a pipe.

A message is its length (four bytes, big-endian), a list in JSON, a line feed, and the contents that the list gives the
sizes of.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

LENGTH = 4


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo as it was sent.

    Parameters
    ----------
    name : str
        The client's, for the photo.
    content : bytes
        The file.
    explain : bool
        Say where each reading comes from.
    """

    name: str
    content: bytes
    explain: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a photo.

    Parameters
    ----------
    line : str
        JSON, as `predict --json` prints it.
    outcome : str
        "read", "no face", "unreadable", "too slow" or "crashed".
    faces : int
    """

    line: str
    outcome: str
    faces: int = 0


def pack_photos(photos: Sequence[Photo]) -> bytes:
    """Write photos as one message."""
    head = json.dumps([[photo.name, len(photo.content), photo.explain] for photo in photos]).encode() + b"\n"
    size = len(head) + sum(len(photo.content) for photo in photos)
    return b"".join((size.to_bytes(LENGTH, "big"), head, *(photo.content for photo in photos)))


def unpack_photos(message: bytes) -> list[Photo]:
    """Read the photos of a message, its length left off."""
    end = message.index(b"\n")
    photos, at = [], end + 1
    for name, size, explain in json.loads(message[:end]):
        photos.append(Photo(name, message[at : at + size], explain))
        at += size
    return photos


def pack_answers(answers: Sequence[Answer]) -> bytes:
    """Write answers as one message."""
    body = json.dumps([[answer.line, answer.outcome, answer.faces] for answer in answers]).encode()
    return len(body).to_bytes(LENGTH, "big") + body


def unpack_answers(message: bytes) -> list[Answer]:
    """Read the answers of a message, its length left off."""
    return [Answer(*fields) for fields in json.loads(message)]


def read_message(pipe: BinaryIO) -> bytes | None:
    """Wait for a message; None where the other side has gone."""
    length = pipe.read(LENGTH)
    if len(length) < LENGTH:
        return None
    size = int.from_bytes(length, "big")
    message = pipe.read(size)
    return message if len(message) == size else None
