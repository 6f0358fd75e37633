"""The web app: a photo in the browser, an answer for every face, all on this computer."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import secrets
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emotion_classifier.errors import missing_extra
from emotion_classifier.serving import offline

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI
    from starlette.routing import BaseRoute

    from emotion_classifier.model.bundle import Bundle
    from emotion_classifier.photo import PhotoLimits
    from emotion_classifier.serving.gallery import Classifier

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_PORT, _PORTS_TRIED = 7860, 100
_QUEUE_SECONDS = 0.05  # between looks for something to do, as Gradio itself has it on Windows


def build_app(
    classifier: Classifier | None = None,
    *,
    reach: str = "local",
    language: str = "en",
    limits: PhotoLimits | None = None,
    frame_ancestors: Sequence[str] = (),
) -> FastAPI:
    """Make the web app, to be run by `launch` or by any ASGI server.

    Parameters
    ----------
    classifier : EmotionClassifier or None
        What reads the photos; None for one with the default model.
    reach : {"local", "network", "shared"}
        Who can open the page: this computer, its network, or anybody with the link. The notice on the
        page says so. A local one answers only at localhost and 127.0.0.1.
    language : str
        Of the page; `texts.languages` lists them.
    limits : PhotoLimits or None
        Those of the classifier; None for the usual ones. Larger photos are not even taken in.
    frame_ancestors : sequence of str
        See `OfflinePage`.

    Returns
    -------
    FastAPI
        With the page at ``/``.

    Raises
    ------
    MissingExtraError
        If Gradio is not installed.
    BundleError
        If the default model cannot be loaded.
    ValueError
        If there are no texts in the language.
    """
    offline.go_offline()
    from emotion_classifier.photo import PhotoLimits
    from emotion_classifier.serving import gallery_routes, interface, page, texts, video_tab_routes

    if classifier is None:
        from emotion_classifier.classifier import EmotionClassifier

        classifier = EmotionClassifier(limits=limits)
    say, examples, limits = texts.load(language), _examples(), limits or PhotoLimits()
    return mount(
        interface.build_blocks(classifier, say, examples, reach=reach, limits=limits),
        title=say("page.title"),
        style=page.STYLE,
        routes=[
            *gallery_routes.routes(classifier, say, examples, limits),
            *video_tab_routes.routes(classifier, say),
        ],
        local=reach == "local",
        frame_ancestors=frame_ancestors,
    )


def mount(
    blocks: Any,
    *,
    title: str,
    style: str,
    routes: Sequence[BaseRoute] = (),
    local: bool = True,
    frame_ancestors: Sequence[str] = (),
) -> FastAPI:
    """Put Gradio blocks at ``/`` of an app that keeps to this computer.

    Parameters
    ----------
    blocks : gradio.Blocks
        Made after `offline.go_offline`.
    title : str
    style : str
        CSS of the page.
    routes : sequence of starlette routes
        What the page asks for besides Gradio's own addresses; `offline` lets those below ``/gallery`` and ``/video``
        through.
    local, frame_ancestors
        See `OfflinePage`.
    """
    import gradio
    from fastapi import FastAPI

    from emotion_classifier.serving import interface, page

    app = FastAPI(title=title, openapi_url=None, routes=list(routes))
    app.add_middleware(offline.OfflinePage, local=local, frame_ancestors=frame_ancestors)
    mounted: FastAPI = gradio.mount_gradio_app(
        app,
        blocks,
        path="/",
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        mcp_server=False,
        ssr_mode=False,
        pwa=False,
        show_error=False,
        theme=interface.theme(),
        css=style,
        head=page.HEAD,
    )
    # Else Gradio looks a thousand times a second whether there is something to do, which takes an idle app a twentieth
    # of a processor.
    blocks._queue.sleep_when_free = _QUEUE_SECONDS
    return mounted


def launch(
    bundle: Bundle | str | Path | None = None,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    share: bool = False,
    open_browser: bool = True,
    language: str = "en",
) -> None:
    """Serve the web app until it is interrupted.

    Parameters
    ----------
    bundle : Bundle, str, Path or None
        The model; None for the default one.
    host : str
        Address to listen on. Anything but this computer's own ("127.0.0.1") opens the page to the network.
    port : int or None
        None: 7860, or the next free one.
    share : bool
        Also make a public link through Gradio's servers; photos then pass through them.
    open_browser : bool
        Open the page once it is ready.
    language : str
        See `build_app`.

    Raises
    ------
    MissingExtraError
        If Gradio is not installed.
    BundleError
        If the model cannot be loaded.
    ValueError
        If there are no texts in the language.
    OSError
        If the address cannot be listened on.
    """
    offline.go_offline()
    from emotion_classifier.classifier import EmotionClassifier
    from emotion_classifier.photo import PhotoLimits

    limits = PhotoLimits(advice="Save it smaller.")
    classifier = EmotionClassifier(bundle, limits=limits)
    listening = free_socket(host, port)
    reach = "shared" if share else "local" if host in LOOPBACK else "network"
    app = build_app(classifier, reach=reach, language=language, limits=limits)
    run(app, listening, share=share, open_browser=open_browser)


def run(app: FastAPI, listening: socket.socket, *, share: bool = False, open_browser: bool = True) -> None:
    """Serve an app until it is interrupted; `launch` says what the options mean.

    Raises
    ------
    MissingExtraError
        If uvicorn is not installed.
    """
    try:
        import uvicorn
    except ImportError as error:
        raise missing_extra("app", "uvicorn") from error
    # The page holds a connection open for as long as it is shown; do not wait for it when closing.
    config = uvicorn.Config(app, log_level=logging.WARNING, timeout_graceful_shutdown=1)
    if threading.current_thread() is threading.main_thread():
        # A plain SIGTERM would skip the removal of the folder for uploads at exit.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(uvicorn.Server(config), listening, share=share, open_browser=open_browser))


def free_socket(host: str, port: int | None = None) -> socket.socket:
    """Listen on a port; it is ours from here, so nobody can take it between.

    Parameters
    ----------
    host : str
    port : int or None
        None: 7860, or the next free one.

    Raises
    ------
    OSError
        If it is taken, or the address is not one of this computer.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    first, tried = (_PORT, _PORTS_TRIED) if port is None else (port, 1)
    for candidate in range(first, first + tried):
        # Only where the protocol is named does asyncio send small answers at once; else each waits 40 ms.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        if sys.platform != "win32":
            # Else a port stays taken for a minute after the app was closed.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, candidate))
            # Bound alone, the port would be given to another program that asks for it.
            listening.listen()
        except OSError as error:
            listening.close()
            if error.errno != errno.EADDRINUSE:
                raise OSError(
                    f"Cannot listen on {host}, port {candidate}: {error}. Choose another host or port."
                ) from error
            continue
        return listening
    ports = f"ports {first} to {candidate} of {host} are all" if tried > 1 else f"port {port} of {host} is"
    raise OSError(f"The {ports} taken. Choose another port.")


async def _serve(
    server: uvicorn.Server, listening: socket.socket, *, share: bool, open_browser: bool
) -> None:
    host, port = listening.getsockname()[:2]
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not (server.started or serving.done()):
        await asyncio.sleep(0.01)
    if server.started:
        shown = f"[{host}]" if ":" in host else "127.0.0.1" if host == "0.0.0.0" else host
        url = f"http://{shown}:{port}"
        print(f"Emotion Classifier is ready at {url} (Ctrl+C closes it)", file=sys.stderr, flush=True)
        if share:
            print(await asyncio.to_thread(_share, port), file=sys.stderr, flush=True)
        if open_browser:
            await asyncio.to_thread(webbrowser.open, url)
    await serving


def _examples() -> list[tuple[str, bytes]]:
    folder = Path(str(files("emotion_classifier.serving").joinpath("examples")))
    return [(path.stem.replace("_", " "), path.read_bytes()) for path in sorted(folder.glob("*.jpg"))]


def _share(port: int) -> str:
    """Open a tunnel through Gradio's servers and say where it leads, or why there is none."""
    from gradio.networking import setup_tunnel

    try:
        link = setup_tunnel("127.0.0.1", port, secrets.token_urlsafe(32), None, None)
    except Exception as error:
        return f"No public link could be made: {error} The page goes on without one."
    return f"Public link, through gradio.live: {link}"
