"""The API on uvicorn: where it listens, whom it waits for, and how it stops."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from emotion_classifier.errors import EmotionClassifierError
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.serving.api.options import TOO_LARGE, Model, ServeOptions
from emotion_classifier.serving.api.pool import ReadingPool, worker_command
from emotion_classifier.serving.api.service import Lifecycle, build_service
from emotion_classifier.serving.app import LOOPBACK, build_app, free_socket

_HEADER_BYTES = 16_384
_SEEN_SECONDS = 2.0
"""How long a service that is about to stop still takes requests, so that who sends them sees that it is not ready."""
_logger = logging.getLogger(__name__)


def serve(
    bundle: str | Path | None,
    options: ServeOptions,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    with_app: bool | None = None,
    worker: Sequence[str] | None = None,
) -> None:
    """Serve the API until SIGTERM or Ctrl+C; both end it with what was begun answered.

    Parameters
    ----------
    bundle : str, Path or None
        Folder of a bundle; None: the default model.
    options : ServeOptions
    host : str
        Address to listen on.
    port : int
    with_app : bool or None
        Whether the web app is at ``/``; None: where Gradio is installed and no key is asked for.
    worker : sequence of str or None
        Starts a process that reads photos; None: the one that loads the bundle.

    Raises
    ------
    EmotionClassifierError
        If the web app is asked for, and keys are.
    MissingExtraError
        If the web app is asked for and Gradio is not installed.
    BundleError
        If the model cannot be loaded.
    OSError
        If the address cannot be listened on.
    """
    if with_app and options.keys:
        raise EmotionClassifierError("The web app asks for no key. Leave out --app, or the keys.")
    loaded = Bundle.default() if bundle is None else Bundle.load(bundle)
    command = worker or worker_command(Model.within(options.limits, bundle))
    lifecycle = Lifecycle()
    if with_app is None:
        with_app = find_spec("gradio") is not None
        if with_app and options.keys:
            with_app = False
            _logger.info("web app left out", extra={"fields": {"reason": "it asks for no key"}})
    app = build_service(
        loaded,
        lambda metrics: ReadingPool(
            command, options.batching, photo_seconds=options.limits.photo_seconds, metrics=metrics
        ),
        options,
        lifecycle=lifecycle,
        web_app=_web_app(loaded, host, options) if with_app else None,
    )
    listening = free_socket(host, port)
    seen = min(_SEEN_SECONDS, options.grace_seconds / 4)
    config = uvicorn.Config(
        app,
        http=_patient_protocol(options.limits.receive_seconds),
        ws="none",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        h11_max_incomplete_event_size=_HEADER_BYTES,
        timeout_graceful_shutdown=max(1, round(options.grace_seconds - seen)),
    )
    # uvicorn raises a signal again once it has stopped; this one then means that all went well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    address, number = listening.getsockname()[:2]
    shown = f"[{address}]" if ":" in address else address
    _logger.info("listening", extra={"fields": {"url": f"http://{shown}:{number}", "model": loaded.id}})
    _Stopping(config, lifecycle, seen).run(sockets=[listening])


def _web_app(bundle: Bundle, host: str, options: ServeOptions) -> FastAPI:
    from emotion_classifier.classifier import EmotionClassifier
    from emotion_classifier.photo import PhotoLimits

    limits = PhotoLimits(options.limits.max_pixels, options.limits.max_bytes, advice=TOO_LARGE)
    return build_app(
        EmotionClassifier(bundle, limits=limits, max_faces=options.limits.max_faces),
        reach="local" if host in LOOPBACK else "network",
        limits=limits,
        frame_ancestors=options.frame_ancestors,
    )


class _Stopping(uvicorn.Server):  # type: ignore[misc]
    """Says that it is not ready for a while before it stops."""

    def __init__(self, config: uvicorn.Config, lifecycle: Lifecycle, seen: float) -> None:
        super().__init__(config)
        self._lifecycle = lifecycle
        self._seen = seen

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        begun, self._lifecycle.draining = self._lifecycle.draining, True
        if begun or sig == signal.SIGINT:
            super().handle_exit(sig, frame)
            return
        _logger.info("draining")
        loop = asyncio.get_running_loop()
        loop.call_soon_threadsafe(loop.call_later, self._seen, super().handle_exit, sig, frame)


def _patient_protocol(seconds: float) -> type[Any]:
    """Make a protocol that does not wait for headers, or for what nobody reads, as long as a client likes."""

    class Patient(H11Protocol):  # type: ignore[misc]
        timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self.timer = self.loop.call_later(seconds, self.transport.close)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            waiting = self.cycle is None or self.cycle.response_complete
            if waiting and self.timer is None:
                self.timer = self.loop.call_later(seconds, self.transport.close)
            elif not waiting:
                self._disarm()

        def connection_lost(self, exc: Exception | None) -> None:
            self._disarm()
            super().connection_lost(exc)

        def _disarm(self) -> None:
            if self.timer is not None:
                self.timer.cancel()
                self.timer = None

    return Patient
