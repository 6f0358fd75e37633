"""The body of a request → photos, within limits on bytes, files and time; nothing touches the disk."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import AsyncGenerator
from typing import Any

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from emotion_classifier.serving.api.frames import Photo
from emotion_classifier.serving.api.options import Limits
from emotion_classifier.serving.api.problems import BUFFERS_FULL, TOO_SLOW, Problem, RefusedError

FIELD = "photos"
_LONGEST_NAME = 255
_UNSUPPORTED = Problem(
    415, "unsupported-media-type", "Send photos as multipart/form-data, or in base64 as application/json."
)
_BUFFERED_BODIES = 16  # of the largest size, in memory at a time
_MOST_PARTS = 10_000  # commas and opening brackets of JSON
_PARSED_AT_ONCE = 500_000  # bytes of JSON that do not keep the loop noticeably long


class Receiver:
    """Takes in bodies; together they stay within a budget of memory.

    Parameters
    ----------
    limits : Limits
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._budget = _BUFFERED_BODIES * limits.max_bytes

    async def photos(self, request: Request) -> list[Photo]:
        """Read the photos of a request.

        Raises
        ------
        RefusedError
            If the body is too large, too slow, of another kind, or not what its kind asks for.
        """
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in ("multipart/form-data", "application/json"):
            raise RefusedError(_UNSUPPORTED)
        declared = request.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > self._limits.max_bytes:
            raise self._too_large()
        held = _Held()
        try:
            async with asyncio.timeout(self._limits.receive_seconds):
                if kind == "application/json":
                    body = b"".join([chunk async for chunk in self._chunks(request, held)])
                    photos = await self._from_json(body)
                else:
                    photos = await self._from_form(request, held)
        except TimeoutError:
            raise RefusedError(TOO_SLOW) from None
        finally:
            self._budget += held.size
        self._check_number(len(photos))
        return photos

    async def _chunks(self, request: Request, held: _Held) -> AsyncGenerator[bytes, None]:
        async for chunk in request.stream():
            held.size += len(chunk)
            self._budget -= len(chunk)
            if held.size > self._limits.max_bytes:
                raise self._too_large()
            if self._budget < 0:
                raise RefusedError(BUFFERS_FULL)
            yield chunk

    async def _from_form(self, request: Request, held: _Held) -> list[Photo]:
        class InMemory(MultiPartParser):
            spool_max_size = self._limits.max_bytes + 1

        # One more than allowed, so that it is we who refuse it.
        parser = InMemory(
            request.headers, self._chunks(request, held), max_files=self._limits.max_files + 1, max_fields=1
        )
        try:
            form = await parser.parse()
        except MultiPartException as error:
            if "Too many files" in error.message:
                raise self._too_many() from error
            raise _malformed(f"The form cannot be read: {error.message.rstrip('.')}.") from error
        except (ValueError, LookupError, UnicodeError) as error:
            raise _malformed("The form cannot be read; its headers are broken.") from error
        photos: list[Photo] = []
        for name, value in form.multi_items():
            if name != FIELD or not isinstance(value, UploadFile):
                raise _invalid(f"The form may hold files named '{FIELD}' and nothing else.")
            photos.append(_photo(value.filename, await value.read(), len(photos)))
        return photos

    async def _from_json(self, body: bytes) -> list[Photo]:
        if len(body) > _PARSED_AT_ONCE:
            return await asyncio.to_thread(_parse_json, body)
        return _parse_json(body)

    def _check_number(self, number: int) -> None:
        if not number:
            raise _invalid(f"There is no photo in the request. Send at least one, as '{FIELD}'.")
        if number > self._limits.max_files:
            raise self._too_many()

    def _too_many(self) -> RefusedError:
        detail = f"A request may hold {self._limits.max_files} photos. Send several requests."
        return RefusedError(Problem(422, "too-many-photos", detail))

    def _too_large(self) -> RefusedError:
        most = f"{self._limits.max_bytes / 1e6:.6g} MB"
        return RefusedError(
            Problem(413, "too-large", f"A request may hold {most}. Send fewer or smaller photos.")
        )


class _Held:
    """How much of one body has come."""

    size = 0


def _parse_json(body: bytes) -> list[Photo]:
    # Millions of empty lists would take seconds, and hold up all else: none of it is in base64.
    if sum(map(body.count, (b",", b"[", b"{"))) > _MOST_PARTS:
        raise _invalid("The body holds more than photos.")
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _malformed("The body is not JSON.") from error
    entries = content.get(FIELD) if isinstance(content, dict) else None
    if not isinstance(entries, list) or content.keys() != {FIELD}:
        raise _invalid(f'The body must be {{"{FIELD}": [{{"content": "…base64…", "file": "a.jpg"}}, …]}}.')
    return [_entry(entry, number) for number, entry in enumerate(entries)]


def _entry(entry: Any, number: int) -> Photo:
    where = f"Photo {number + 1}"
    if not isinstance(entry, dict) or not entry.keys() <= {"content", "file"} or "content" not in entry:
        raise _invalid(f"{where} must be an object with 'content' and, if you like, 'file'.")
    name, content = entry.get("file"), entry["content"]
    if not isinstance(content, str) or not (name is None or isinstance(name, str)):
        raise _invalid(f"{where}: 'content' and 'file' must be text.")
    try:
        decoded = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _invalid(
            f"{where}: 'content' must be the photo itself in base64, without a prefix. Addresses are not fetched."
        ) from error
    return _photo(name, decoded, number)


def _photo(name: str | None, content: bytes, number: int) -> Photo:
    # Lone surrogates, which JSON may hold, could not be sent back.
    name = (name or "").encode("utf-8", "replace").decode()[:_LONGEST_NAME]
    return Photo(name or f"photo {number + 1}", content)


def _malformed(detail: str) -> RefusedError:
    return RefusedError(Problem(400, "malformed", detail))


def _invalid(detail: str) -> RefusedError:
    return RefusedError(Problem(422, "invalid", detail))
