"""Everything that is refused or fails, as problem details (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import Request, Response

CONTENT_TYPE = "application/problem+json"
_TYPE = "urn:emotion-classifier:problem:"
_RETRY_SECONDS = "1"
_LONGEST_NAME = 60  # of what a problem repeats


@dataclass(frozen=True)
class Problem:
    """What is wrong with a request, or with the service.

    Parameters
    ----------
    status : int
        Of HTTP.
    kind : str
        Names the problem to programs: the last part of ``type``.
    detail : str
        Tells people what happened and what to do.
    """

    status: int
    kind: str
    detail: str

    @property
    def headers(self) -> dict[str, str]:
        """Headers that the status asks for."""
        if self.status == HTTPStatus.SERVICE_UNAVAILABLE:
            return {"Retry-After": _RETRY_SECONDS}
        return {"WWW-Authenticate": "Bearer"} if self.status == HTTPStatus.UNAUTHORIZED else {}


class RefusedError(Exception):
    """Ends the handling of a request with a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.kind)
        self.problem = problem


QUEUE_FULL = Problem(
    503, "queue-full", "More photos are waiting than can be read soon. Send yours again later."
)
BUFFERS_FULL = Problem(503, "buffers-full", "Other requests take up all memory set aside. Try again later.")
NOT_READY = Problem(503, "not-ready", "The model is being loaded, or no worker is running. Try again soon.")
DRAINING = Problem(503, "draining", "The service is about to stop. Ask another one, or again later.")
NO_ANSWER = Problem(503, "no-answer", "The photos could not be read in time. Send fewer, or try again later.")
NO_KEY = Problem(401, "no-key", "A valid key is missing. Send it as: Authorization: Bearer KEY")
TOO_SLOW = Problem(408, "too-slow", "The request took too long to arrive. Send it again, with less in it.")
BAD_QUERY = Problem(422, "bad-query", "explain is true or false; leave it out for false.")
INTERNAL = Problem(
    500, "internal", "This should not have happened, and it is in the log. Report the request_id."
)


def unknown_parameter(name: str, known: Sequence[str]) -> Problem:
    """Name a parameter of the query that would change nothing, and those that do."""
    told = f"Those known here: {', '.join(known)}." if known else "None are known here."
    return Problem(422, "bad-query", f"There is no parameter {name[:_LONGEST_NAME]!r}. {told}")


def respond(problem: Problem, request: Request, headers: dict[str, str] | None = None) -> Response:
    """Write a problem down, and note its kind for the log and the metrics."""
    request.state.problem = problem.kind
    body = {
        "type": _TYPE + problem.kind,
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "request_id": request.state.request_id,
    }
    return Response(
        json.dumps(body),
        problem.status,
        headers={**(headers or {}), **problem.headers},
        media_type=CONTENT_TYPE,
    )
