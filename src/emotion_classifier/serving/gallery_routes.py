"""The addresses at which the page gives photos and takes answers; all below ``/gallery``.

Import this module only where the extra ``app`` is installed.
"""

from __future__ import annotations

import asyncio
import io
import json
import tempfile
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, BinaryIO, cast
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from emotion_classifier.photo import PhotoLimits
from emotion_classifier.photo.archive import count_files
from emotion_classifier.serving import cards, gallery_page, model_card
from emotion_classifier.serving.gallery import (
    MAX_BYTES,
    MAX_ZIP_BYTES,
    Added,
    Classifier,
    Gallery,
    LeftOut,
    Photo,
)
from emotion_classifier.serving.pages_open import OpenPages
from emotion_classifier.serving.texts import Texts

_MAX_FRAME_BYTES = 5_000_000
_IN_MEMORY = 32 << 20
_AT_ONCE = 2
_PATIENCE = 30.0  # seconds without a byte
GONE = 499
"""Status, of nginx, of what whoever asked did not wait for; it is seen in logs only."""
_OfGallery = Callable[[Request, Gallery], Awaitable[Response]]
_OfPhoto = Callable[[Request, Gallery, int], Awaitable[Response]]


def routes(
    classifier: Classifier,
    say: Texts,
    examples: list[tuple[str, bytes]],
    limits: PhotoLimits,
) -> list[Route]:
    """Make the routes of one app.

    Parameters
    ----------
    classifier : EmotionClassifier
    say : Texts
    examples : list of (name, content of the file)
    limits : PhotoLimits
        Those of the classifier.
    """
    place = _Places(classifier, say, examples, limits)
    at = "/gallery/{token}"
    return [
        Route("/gallery", place.begin, methods=["POST"]),
        Route("/gallery/card", place.card),
        Route(at, place.of_gallery(place.add), methods=["POST"]),
        Route(f"{at}/close", place.close, methods=["POST"]),
        Route(f"{at}/camera", place.of_gallery(place.watch), methods=["POST"]),
        Route(f"{at}/table.csv", place.of_gallery(place.table)),
        Route(f"{at}/pictures.zip", place.of_gallery(place.pictures)),
        Route(f"{at}/{{number:int}}", place.of_photo(place.detail)),
        Route(f"{at}/{{number:int}}/where", place.of_photo(place.where)),
        Route(f"{at}/{{number:int}}.jpg", place.of_photo(place.picture)),
    ]


class _Places:
    """What is answered at each address."""

    def __init__(
        self, classifier: Classifier, say: Texts, examples: list[tuple[str, bytes]], limits: PhotoLimits
    ) -> None:
        self._galleries: OpenPages[Gallery] = OpenPages(MAX_BYTES)
        self._classifier = classifier
        self._bundle = classifier.bundle
        self._say = say
        self._examples = examples
        self._limits = limits
        self._reading = threading.Semaphore(_AT_ONCE)

    def of_gallery(self, answer: _OfGallery) -> Callable[[Request], Awaitable[Response]]:
        """Find the gallery of a request, which may be gone."""

        async def endpoint(request: Request) -> Response:
            gallery = self._galleries.get(request.path_params["token"])
            if gallery is None:
                return Response(self._say("progress.gone"), 404)
            try:
                return await answer(request, gallery)
            except ClientDisconnect:
                return Response(status_code=GONE)
            except TimeoutError:
                return Response(self._say("progress.slow"), 408)

        return endpoint

    def of_photo(self, answer: _OfPhoto) -> Callable[[Request], Awaitable[Response]]:
        """Find the gallery of a request, and the number of the photo in it."""

        async def endpoint(request: Request, gallery: Gallery) -> Response:
            number = request.path_params["number"]
            if number >= len(gallery.photos):
                return Response(status_code=404)
            return await answer(request, gallery, number)

        return self.of_gallery(endpoint)

    async def begin(self, _: Request) -> Response:
        gallery = self._galleries.add(Gallery(self._classifier, self._say, self._limits))
        return JSONResponse({"token": gallery.token})

    async def close(self, request: Request) -> Response:
        self._galleries.close(request.path_params["token"])
        return Response(status_code=204)

    async def card(self, _: Request) -> Response:
        return HTMLResponse(await run_in_threadpool(model_card.card, self._bundle, self._say))

    async def add(self, request: Request, gallery: Gallery) -> Response:
        """Take a file and answer in JSON Lines: how many are expected, then each photo, or why it was left out."""
        example = request.query_params.get("example", "")
        file = cast(BinaryIO, tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115  # _answers closes it.
        if example.isdecimal() and int(example) < len(self._examples):
            name, content = self._examples[int(example)]
            file.write(content)
        else:
            name = request.query_params.get("name") or "photo"
            most = MAX_ZIP_BYTES if name.lower().endswith(".zip") else self._limits.max_bytes
            try:
                await receive(request, file, most + 1)
            except (ClientDisconnect, TimeoutError):
                file.close()
                raise
        file.seek(0)
        return StreamingResponse(self._answers(gallery, file, name), media_type="application/x-ndjson")

    def _answers(self, gallery: Gallery, file: BinaryIO, name: str) -> Iterator[str]:
        with file:
            if name.lower().endswith(".zip"):
                yield line({"expect": count_files(file)})
                file.seek(0)
            found = gallery.add(file, name)
            while True:
                with self._reading:
                    each = next(found, None)
                if each is None:
                    return
                yield line(self._told(each))

    def _told(self, each: Added | LeftOut) -> dict[str, Any]:
        if isinstance(each, LeftOut):
            return {"leftOut": each.name, "why": each.why}
        return {"number": each.number, "tile": gallery_page.tile(self._say, each.number, each.photo)}

    async def watch(self, request: Request, gallery: Gallery) -> Response:
        """Answer one picture of the camera with what the scale shows now."""
        frame = io.BytesIO()
        await receive(request, frame, _MAX_FRAME_BYTES + 1)
        if frame.tell() > _MAX_FRAME_BYTES:
            return Response(status_code=413)
        shown = await run_in_threadpool(gallery.watch, frame.getvalue())
        if shown is None:
            return JSONResponse({"face": False})
        return JSONResponse(
            {
                "face": True,
                "label": shown.label,
                "title": cards.title(self._say, shown),
                "leaning": cards.title(self._say, shown.as_binary()),
                "degree": cards.signed(shown.degree),
                "place": cards.place(shown.degree),
                "grade": shown.grade,
            }
        )

    async def table(self, request: Request, gallery: Gallery) -> Response:
        content = await run_in_threadpool(gallery.table, binary=_binary(request))
        return Response(content, media_type="text/csv", headers=saved_as("readings.csv"))

    async def pictures(self, request: Request, gallery: Gallery) -> Response:
        packed = gallery.pictures(binary=_binary(request))
        return StreamingResponse(packed, media_type="application/zip", headers=saved_as("pictures.zip"))

    async def detail(self, _: Request, gallery: Gallery, number: int) -> Response:
        photo = gallery.photos[number]
        cuts = self._bundle.config.scale.grade_cuts
        return HTMLResponse(gallery_page.detail(self._say, gallery.token, number, photo, cuts))

    async def where(self, _: Request, gallery: Gallery, number: int) -> Response:
        """Show where in the faces of a photo their readings come from."""
        return HTMLResponse(await run_in_threadpool(self._where, gallery, gallery.photos[number]))

    def _where(self, gallery: Gallery, photo: Photo) -> str:
        with self._reading:
            explained = gallery.explain(photo)
        return gallery_page.where(self._say, photo, explained)

    async def picture(self, request: Request, gallery: Gallery, number: int) -> Response:
        drawn = await run_in_threadpool(gallery.photos[number].drawn, binary=_binary(request))
        return Response(drawn, media_type="image/jpeg")


async def receive(request: Request, file: BinaryIO, most: int) -> None:
    """Take the body as it comes, to at most so many bytes.

    Raises
    ------
    ClientDisconnect
        If whoever sends it has gone.
    TimeoutError
        If nothing comes for half a minute.
    """
    left, blocks = most, request.stream()
    while True:
        async with asyncio.timeout(_PATIENCE):
            block = await anext(blocks, None)
        if block is None:
            return
        if left > 0:
            await run_in_threadpool(file.write, block[:left])
            left -= len(block)


def _binary(request: Request) -> bool:
    return request.query_params.get("binary") == "1"


def saved_as(name: str) -> dict[str, str]:
    """Make the header by which a browser saves an answer as a file."""
    return {"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}"}


def line(told: dict[str, Any]) -> str:
    """Write a line of JSON Lines."""
    return json.dumps(told) + "\n"
