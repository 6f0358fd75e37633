"""The routes of the API, put together."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, replace
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException

from emotion_classifier import __version__
from emotion_classifier.model.bundle import MODEL, Bundle
from emotion_classifier.serving.api import schema
from emotion_classifier.serving.api.examples import PHOTOS
from emotion_classifier.serving.api.keys import Keys
from emotion_classifier.serving.api.metrics import Metrics
from emotion_classifier.serving.api.options import Limits, ServeOptions
from emotion_classifier.serving.api.pool import QueueFullError, ReadingPool
from emotion_classifier.serving.api.problems import (
    BAD_QUERY,
    DRAINING,
    NO_ANSWER,
    NO_KEY,
    NOT_READY,
    QUEUE_FULL,
    Problem,
    RefusedError,
    respond,
    unknown_parameter,
)
from emotion_classifier.serving.api.requests import RequestRecords, WebAppBeside
from emotion_classifier.serving.api.uploads import Receiver

_ABOUT = (
    "Reads whether the faces in a photo look happy, neutral or sad, and how much: an expression, never a feeling. "
    "Nothing is stored, and nothing is fetched."
)


@dataclass
class Lifecycle:
    """Whether the service takes requests; the server sets `draining` before it stops."""

    draining: bool = False


def build_service(
    bundle: Bundle,
    make_pool: Callable[[Metrics], ReadingPool],
    options: ServeOptions,
    *,
    lifecycle: Lifecycle | None = None,
    web_app: FastAPI | None = None,
) -> FastAPI:
    """Make the API, to be run by `serve` or by any ASGI server.

    Parameters
    ----------
    bundle : Bundle
        What /v1/model tells about.
    make_pool : callable
        Makes what reads the photos; called in the event loop that serves.
    options : ServeOptions
    lifecycle : Lifecycle or None
        Shared with whoever stops the service.
    web_app : FastAPI or None
        Gets every path that the API does not have.
    """
    service = _Service(bundle, options, lifecycle or Lifecycle(), Metrics())

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.pool = make_pool(service.metrics)
        service.pool.start()
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(service.pool.close)
            if web_app is not None:
                await stack.enter_async_context(web_app.router.lifespan_context(web_app))
            yield

    # The usual pages /docs and /redoc load scripts from elsewhere.
    app = FastAPI(
        title="Emotion Classifier",
        version=__version__,
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.include_router(_open_routes(service))
    app.include_router(_guarded_routes(service))
    _add_problems(app)
    if options.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(options.cors_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "X-Request-ID"],
            expose_headers=["X-Request-ID", "Retry-After"],
        )
    if web_app is not None:
        app.add_middleware(WebAppBeside, web_app=web_app)
    app.add_middleware(RequestRecords, metrics=service.metrics)
    return app


class _Service:
    """What the routes share."""

    pool: ReadingPool

    def __init__(self, bundle: Bundle, options: ServeOptions, lifecycle: Lifecycle, metrics: Metrics) -> None:
        self.limits = options.limits
        self.lifecycle = lifecycle
        self.metrics = metrics
        self.keys = Keys(options.keys)
        self.receiver = Receiver(options.limits)
        self.model_id = bundle.id
        self.about_model = _about(bundle, options.limits)

    async def predict(self, request: Request, *, explain: bool) -> str:
        """Read the photos of a request; refuse early, before the body has been taken in."""
        if not self.pool.ready:
            raise RefusedError(NOT_READY)
        if self.pool.full:
            raise RefusedError(QUEUE_FULL)
        photos = await self.receiver.photos(request)
        if explain:
            photos = [replace(photo, explain=True) for photo in photos]
        request.state.photos = len(photos)
        try:
            async with asyncio.timeout(self.limits.answer_seconds):
                answers = await self.pool.read(photos)
        except QueueFullError:
            raise RefusedError(QUEUE_FULL) from None
        except TimeoutError:
            raise RefusedError(NO_ANSWER) from None
        lines = ", ".join(answer.line for answer in answers)
        return f'{{"photos": [{lines}], "model": {json.dumps(self.model_id)}}}'


def _about(bundle: Bundle, limits: Limits) -> dict[str, Any]:
    config = bundle.config
    return {
        "id": bundle.id,
        "recipe": config.recipe,
        "created": config.created,
        "labels": list(bundle.labels),
        "sha256": config.files[MODEL].sha256,
        "version": __version__,
        "limits": asdict(limits),
    }


def _open_routes(service: _Service) -> APIRouter:
    """Answer without a key to whoever watches over the service."""
    routes = APIRouter()

    @routes.get("/health/live")
    async def live() -> schema.Health:
        """Answer as long as the process runs."""
        return schema.Health(status="live")

    @routes.get("/health/ready", responses=schema.problems(_503="Not ready, or about to stop."))
    async def ready() -> schema.Health:
        """Say whether photos can be sent here."""
        if service.lifecycle.draining:
            raise RefusedError(DRAINING)
        if not service.pool.ready:
            raise RefusedError(NOT_READY)
        return schema.Health(status="ready")

    return routes


def _only(*known: str) -> Any:
    """Refuse parameters of the query that would change nothing, such as misspelt ones."""

    async def check(request: Request) -> None:
        if unknown := [name for name in request.query_params if name not in known]:
            raise RefusedError(unknown_parameter(unknown[0], known))

    return Depends(check)


def _guarded_routes(service: _Service) -> APIRouter:
    """Answer with a key, where there are keys."""

    async def show_key(request: Request) -> None:
        if not service.keys.admit(request.headers.get("authorization")):
            raise RefusedError(NO_KEY)

    # The document asks for a key only where the service does.
    bearer = [Depends(HTTPBearer(auto_error=False))] if service.keys else []
    routes = APIRouter(dependencies=[Depends(show_key), *bearer])
    no_key = schema.problems(_401="A valid key is missing.") if service.keys else {}

    @routes.post(
        "/v1/predict",
        dependencies=[_only("explain")],
        responses={
            200: {"model": schema.Predictions},
            **no_key,
            **schema.problems(
                _400="The body cannot be read.",
                _408="The body came too slowly.",
                _413="Too many bytes.",
                _415="Neither a form nor JSON.",
                _422="The body holds something else than photos, or too many; or a parameter is wrong.",
                _503="Too busy, not ready, or about to stop.",
            ),
        },
        openapi_extra={"requestBody": schema.request_body(service.limits)},
    )
    async def predict(
        request: Request,
        explain: Annotated[bool, Query(description="Say where in each face its reading comes from")] = False,
    ) -> Response:
        """Read every face in one or several photos.

        A photo that cannot be read has a reason instead of readings; the others are read all the same.
        """
        return Response(await service.predict(request, explain=explain), media_type="application/json")

    @routes.get(
        "/v1/model",
        dependencies=[_only()],
        responses={**no_key, **schema.problems(_422="There is a parameter, and none is known.")},
    )
    async def model() -> schema.ModelAnswer:
        """Say which model answers, and within which limits."""
        return schema.ModelAnswer(**service.about_model)

    text: dict[int | str, dict[str, Any]] = {
        200: {"description": "Metrics for Prometheus", "content": {"text/plain": {}}}
    }

    @routes.get("/metrics", response_class=Response, responses={**text, **no_key})
    async def metrics() -> Response:
        """Give counts and times, as Prometheus reads them."""
        content, kind = service.metrics.render()
        return Response(content, headers={"content-type": kind})

    return routes


def _add_problems(app: FastAPI) -> None:
    async def as_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, RefusedError)
        return respond(error.problem, request)

    async def as_query_problem(request: Request, error: Exception) -> Response:
        return respond(BAD_QUERY, request)

    async def as_http_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        status = HTTPStatus(error.status_code)
        kind = status.phrase.lower().replace(" ", "-")
        told = Problem(
            status, kind, f"{status.description or status.phrase}. The paths are in /openapi.json."
        )
        return respond(told, request, dict(error.headers or {}))

    app.add_exception_handler(RefusedError, as_problem)
    app.add_exception_handler(RequestValidationError, as_query_problem)
    app.add_exception_handler(HTTPException, as_http_problem)
    make = app.openapi

    def openapi() -> dict[str, Any]:
        document = make()
        problem = schema.ProblemDetails.model_json_schema()
        schemas = document["components"]["schemas"]
        schemas["ProblemDetails"] = problem
        schemas["Predictions"]["examples"] = [PHOTOS]  # FastAPI leaves the nulls out.
        return document

    app.openapi = openapi  # type: ignore[method-assign]
