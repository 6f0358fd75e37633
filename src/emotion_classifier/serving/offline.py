"""What keeps the web app on this computer: nothing is fetched from outside, reported, or kept.

Gradio, as it comes, reports its use, looks for newer versions, keeps a history of runs in the browser and
names outside addresses in its page. This module turns the first two off, closes the routes the page does
not need, cleans the page, and tells the browser to refuse everything that is not from this server.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from emotion_classifier.errors import missing_extra

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ENVIRONMENT = {
    "GRADIO_ANALYTICS_ENABLED": "False",  # also turns off Gradio's look for newer versions
    "GRADIO_RUN_HISTORY": "False",
    "GRADIO_SHARE": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "ORT_DISABLE_TELEMETRY": "1",  # from 1.29 on it reports to its maker, unless told before it starts
}

# Gradio starts itself with inline scripts and compiles its templates in the browser; without the two
# 'unsafe' words its page stays empty. data: and blob: never leave the computer.
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "connect-src 'self' data: blob:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",  # the last: others may be added
    )
)
_HEADERS = (
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(self), microphone=(), geolocation=()"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
)

# The routes that the page uses. Closed with all others: uploads to disk, files served back, Gradio's proxy to
# outside addresses, its monitoring, run history, screen recording and code editor.
_ROUTES = re.compile(
    r"/|/(assets|static)/.+|/theme\.css|/config|/favicon\.ico"
    r"|/(gallery|video)(/.+)?"
    r"|/gradio_api/(queue/(join|data)|heartbeat/\w+|startup-events|cancel|reset|app_id)/?"
)
# The names by which a page for this computer is asked for. Another site can make its own name lead here (DNS
# rebinding), and its pages could then read what this one shows.
_LOCAL_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?", re.IGNORECASE)
_NOT_HERE = "There is nothing here. The app is at /."
_NOT_LOCAL = (
    "This page is for this computer only, at localhost or 127.0.0.1. To open it by another name, start it with --host; "
    "a proxy on this computer may also send 'Host: localhost'."
)
_FROM_ELSEWHERE = "The page of another site may not ask this of the app."
_OUTSIDE = re.compile(rb"""<(?:meta|link)\b[^>]*(?:https?://|property="og:|name="twitter:|manifest)[^>]*>""")


def go_offline() -> None:
    """Turn off everything in Gradio that would contact an outside host; to be called before importing it.

    Raises
    ------
    MissingExtraError
        If Gradio is not installed.
    """
    if find_spec("gradio") is None:
        raise missing_extra("app", "gradio")
    os.environ.update(_ENVIRONMENT)
    os.environ["GRADIO_TEMP_DIR"] = str(private_folder())


@cache
def private_folder() -> Path:
    """Folder, readable by this user only, for what Gradio may write; gone at exit."""
    folder = tempfile.mkdtemp(prefix="emotion-classifier-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder).resolve()


class OfflinePage:
    """ASGI middleware: only the page's own routes, no outside addresses, nothing for other sites, strict headers.

    Parameters
    ----------
    app : ASGI application
        The one that serves Gradio.
    local : bool
        Whether the page is for this computer only, so that it is asked for by no other name than localhost.
    frame_ancestors : sequence of str
        Sites, such as https://example.org, whose pages may show this one in a frame.
    """

    def __init__(self, app: ASGIApp, *, local: bool = True, frame_ancestors: Sequence[str] = ()) -> None:
        self._app = app
        self._local = local
        policy = " ".join((_POLICY, *frame_ancestors))
        self._headers = ((b"content-security-policy", policy.encode()), *_HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._local and not _LOCAL_HOST.fullmatch(_header(scope, b"host")):
            await self._refuse(send, 403, _NOT_LOCAL)
            return
        # Browsers say it in a header, and let no page leave it out.
        asker = _header(scope, b"sec-fetch-site")
        if scope["method"] == "POST" and asker not in ("", "same-origin", "none"):
            await self._refuse(send, 403, _FROM_ELSEWHERE)
            return
        if not _ROUTES.fullmatch(scope["path"]):
            await self._refuse(send, 404, _NOT_HERE)
            return
        page = _Page(send) if scope["path"] == "/" else None
        if page:
            # Uncompressed, so that it can be cleaned.
            headers = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
            scope = {**scope, "headers": headers}

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = {name for name, _ in self._headers}
                theirs = [pair for pair in message["headers"] if pair[0].lower() not in ours]
                caches = scope["path"].startswith(("/assets/", "/static/"))
                kept = [pair for pair in self._headers if not (caches and pair[0] == b"cache-control")]
                message = {**message, "headers": [*theirs, *kept]}
            await (page.send(message) if page else send(message))

        await self._app(scope, receive, send_with_headers)

    async def _refuse(self, send: Send, status: int, why: str) -> None:
        body = why.encode()
        headers = [
            (b"content-type", b"text/plain"),
            (b"content-length", str(len(body)).encode()),
            *self._headers,
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class _Page:
    """Gathers the page, takes outside references out of it, and sends it on."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message = {}
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        body = _OUTSIDE.sub(b"", self._body)
        headers = [pair for pair in self._start["headers"] if pair[0].lower() != b"content-length"]
        headers.append((b"content-length", str(len(body)).encode()))
        await self._send({**self._start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


def _header(scope: Scope, name: bytes) -> str:
    """Return what a header says, "" where it is absent."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")
