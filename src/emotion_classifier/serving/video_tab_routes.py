"""The addresses at which the page gives a video and takes what came of it; all below ``/video``.

Import this module only where the extra ``app`` is installed.
"""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import AsyncIterator, Generator
from typing import Any

from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route

from emotion_classifier.errors import EmotionClassifierError
from emotion_classifier.serving import offline, video_tab_page
from emotion_classifier.serving.gallery import Classifier
from emotion_classifier.serving.gallery_routes import GONE, line, receive, saved_as
from emotion_classifier.serving.pages_open import OpenPages
from emotion_classifier.serving.texts import Texts
from emotion_classifier.serving.video_tab import MAX_BYTES, MAX_KEPT_BYTES, Clip

_MOST_WAITING = 4
_LOOK_EVERY = 1.0  # seconds between looks whether it is a video's turn
_logger = logging.getLogger(__name__)


def routes(classifier: Classifier, say: Texts) -> list[Route]:
    """Make the routes of one app.

    Parameters
    ----------
    classifier : EmotionClassifier
    say : Texts
    """
    place = _Places(classifier, say)
    at = "/video/{token}"
    return [
        Route("/video", place.read, methods=["POST"]),
        Route(f"{at}/close", place.close, methods=["POST"]),
        Route(f"{at}/{{name}}", place.file),
    ]


class _Places:
    """What is answered at each address."""

    def __init__(self, classifier: Classifier, say: Texts) -> None:
        self._classifier = classifier
        self._say = say
        self._kept: OpenPages[Clip] = OpenPages(MAX_KEPT_BYTES)
        # One at a time, apart from photos, which are read between its frames.
        self._reading = threading.Semaphore(1)
        self._waiting: weakref.WeakSet[Clip] = weakref.WeakSet()

    async def read(self, request: Request) -> Response:
        """Take a video and answer in JSON Lines: how far the reading is, and at last what came of it, or why nothing.

        Whoever closes the connection ends the reading.
        """
        if len(self._waiting) >= _MOST_WAITING:
            return Response(self._say("video.busy"), 503)
        clip = Clip(request.query_params.get("name") or "video", offline.private_folder())
        self._waiting.add(clip)
        try:
            with clip.given.open("wb") as file:
                await receive(request, file, MAX_BYTES + 1)
        except ClientDisconnect:
            self._end(clip)
            return Response(status_code=GONE)
        except TimeoutError:
            self._end(clip)
            return Response(self._say("progress.slow"), 408)
        told = self._told(clip, _seconds(request))
        return StreamingResponse(self._answers(clip, told), media_type="application/x-ndjson")

    async def _answers(self, clip: Clip, told: Generator[dict[str, Any]]) -> AsyncIterator[str]:
        try:
            async for each in iterate_in_threadpool(told):
                yield line(each)
        finally:
            # Also where the page went away or asked to stop.
            told.close()
            self._end(clip, keep=self._kept.get(clip.token) is clip)

    def _end(self, clip: Clip, *, keep: bool = False) -> None:
        self._waiting.discard(clip)
        if not keep:
            clip.remove()

    def _told(self, clip: Clip, seconds: float | None) -> Generator[dict[str, Any]]:
        while not self._reading.acquire(timeout=_LOOK_EVERY):
            yield {"said": self._say("video.waiting")}
        try:
            yield {"said": self._say("video.opening")}
            for progress in clip.read(self._classifier, self._say, seconds=seconds):
                yield {"said": progress.words(self._say), "time": progress.time, "whole": progress.whole}
            self._kept.add(clip)
            yield {"token": clip.token, "shown": video_tab_page.result(self._say, clip)}
        except EmotionClassifierError as error:
            yield {"problem": str(error)}
        except Exception:
            # The page gets a calm sentence; the cause goes where the person who runs the app sees it.
            _logger.exception("A video could not be answered")
            yield {"problem": self._say("left_out.failed")}
        finally:
            self._reading.release()

    async def file(self, request: Request) -> Response:
        """Send the video with boxes, of which a browser asks for parts, the table or the page."""
        clip = self._kept.get(request.path_params["token"])
        if clip is None:
            return Response(self._say("video.gone"), 404)
        found = {path.name: path for path in (clip.boxes, clip.table, clip.page)}
        path = found.get(request.path_params["name"])
        if path is None:
            return Response(status_code=404)
        headers = saved_as(path.name) if "save" in request.query_params else {}
        return FileResponse(path, headers=headers)

    async def close(self, request: Request) -> Response:
        await run_in_threadpool(self._kept.close, request.path_params["token"])
        return Response(status_code=204)


def _seconds(request: Request) -> float | None:
    """Read how long a recording is, which its file does not say."""
    try:
        told = float(request.query_params["seconds"])
    except (KeyError, ValueError):
        return None
    return told if 0 < told < float("inf") else None
