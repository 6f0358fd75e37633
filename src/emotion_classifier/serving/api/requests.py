"""What every request gets, whatever it asks for: an id, a line in the log, its place in the metrics."""

from __future__ import annotations

import logging
import re
import time
import uuid

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emotion_classifier.serving.api.metrics import Metrics
from emotion_classifier.serving.api.problems import INTERNAL, respond

_logger = logging.getLogger(__name__)
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# /docs and /redoc, which others have, are answered with where the paths are.
_API_PATHS = re.compile(r"/(v\d+|health|metrics|openapi\.json|docs|redoc)(/|$)")
_GONE = 499  # as nginx has it: whoever asked did not wait for the answer
_HEADERS = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))


class RequestRecords:
    """ASGI middleware, outermost: numbers requests, logs and counts them, and answers what went wrong unforeseen.

    Parameters
    ----------
    app : ASGI application
    metrics : Metrics
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["request_id"] = _request_id(scope)
        began, status = time.monotonic(), 0
        own = ((b"x-request-id", state["request_id"].encode()), *_HEADERS)

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                given = {name.lower() for name, _ in message["headers"]}
                added = [pair for pair in own if pair[0] not in given]
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        try:
            await self._app(scope, receive, send_on)
        except ClientDisconnect:
            status = status or _GONE
        except Exception:
            _logger.exception("request failed", extra={"fields": {"request_id": state["request_id"]}})
            if not status:
                await respond(INTERNAL, Request(scope))(scope, receive, send_on)
        finally:
            self._record(scope, status, time.monotonic() - began)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        # The route as it is written in the code: a path, and a method, may hold anything.
        route = getattr(scope.get("route"), "path", "other")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        state = scope["state"]
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.request_seconds.labels(route).observe(seconds)
        fields = {
            "request_id": state["request_id"],
            "method": method,
            "route": route,
            "status": status,
            "milliseconds": round(1000 * seconds, 1),
        }
        for name in ("photos", "problem"):
            if name in state:
                fields[name] = state[name]
        if "problem" in state:
            self._metrics.failures.labels(state["problem"]).inc()
        _logger.info("request", extra={"fields": fields})


class WebAppBeside:
    """ASGI middleware: sends every path that is not the API's to the web app.

    A mount would do, but for wrong methods: where a path fits and its method does not, Starlette tries the mount.

    Parameters
    ----------
    app : ASGI application
        The API.
    web_app : ASGI application
    """

    def __init__(self, app: ASGIApp, *, web_app: ASGIApp) -> None:
        self._app = app
        self._web_app = web_app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        elsewhere = scope["type"] == "http" and not _API_PATHS.match(scope["path"])
        await (self._web_app if elsewhere else self._app)(scope, receive, send)


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _ID.fullmatch(value.decode("latin-1")):
            return str(value.decode("latin-1"))
    return uuid.uuid4().hex
