"""What clients send, and what they get: forms, JSON, problems, limits, keys, metrics."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import socket
import time
from typing import Any

import httpx
import pytest
from fastapi import Request
from starlette.types import Message

from emotion_classifier.model.bundle import Bundle
from emotion_classifier.serving.api.metrics import Metrics
from emotion_classifier.serving.api.options import Batching, Limits, ServeOptions
from emotion_classifier.serving.api.pool import ReadingPool
from emotion_classifier.serving.api.problems import RefusedError
from emotion_classifier.serving.api.requests import RequestRecords, WebAppBeside
from emotion_classifier.serving.api.service import build_service
from emotion_classifier.serving.api.uploads import Receiver

from .conftest import Service, Start

KEY = "a-key-for-tests-only"


def problem(response: httpx.Response) -> str:
    """The kind of a problem, after everything a problem must have has been seen."""
    told = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert told["status"] == response.status_code and told["title"] and told["detail"]
    assert told["request_id"] == response.headers["x-request-id"]
    return str(told["type"]).removeprefix("urn:emotion-classifier:problem:")


def test_several_photos_come_back_in_order_under_the_clients_names(plain: Service) -> None:
    answer = plain.send(b"a", b"b", b"c").json()
    assert [photo["file"] for photo in answer["photos"]] == ["1.jpg", "2.jpg", "3.jpg"]
    assert answer["model"]


def test_photos_may_be_base64_in_json(plain: Service) -> None:
    photos = [{"content": base64.b64encode(b"a").decode(), "file": "ann.jpg"}, {"content": "YQ=="}]
    with plain.client() as client:
        answer = client.post("/v1/predict", json={"photos": photos}).json()
    assert [photo["file"] for photo in answer["photos"]] == ["ann.jpg", "photo 2"]


def test_an_unknown_parameter_is_named_with_the_known_ones(plain: Service) -> None:
    with plain.client() as client:
        refused = client.post("/v1/predict?explained=true", json={"photos": [{"content": "YQ=="}]})
        assert (refused.status_code, problem(refused)) == (422, "bad-query")
        assert "no parameter 'explained'. Those known here: explain." in refused.json()["detail"]
        assert problem(client.get("/v1/model?x")) == "bad-query"


@pytest.mark.parametrize("name", ["../../etc/passwd", "naïve \U0001f600.jpg", "a" * 300, 'q"uote.jpg'])
def test_a_name_is_only_ever_a_name(plain: Service, name: str) -> None:
    with plain.client() as client:
        answer = client.post("/v1/predict", json={"photos": [{"content": "YQ==", "file": name}]}).json()
    assert answer["photos"][0]["file"] == name[:255]


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (b"{", 400, "malformed"),
        (b"[" * 4000, 400, "malformed"),
        (b"\xff\xfe", 400, "malformed"),
        (b"[]", 422, "invalid"),
        (b"{}", 422, "invalid"),
        (b'{"photos": []}', 422, "invalid"),
        (b'{"photos": ["YQ=="]}', 422, "invalid"),
        (b'{"photos": [{"content": 1}]}', 422, "invalid"),
        (b'{"photos": [{"content": "https://example.org/a.jpg"}]}', 422, "invalid"),
        (b'{"photos": [{"content": "YQ==", "file": 3}]}', 422, "invalid"),
        (b'{"photos": [{"content": "YQ==", "path": "/etc/passwd"}]}', 422, "invalid"),
        (b'{"photos": [{"content": "YQ=="}], "url": "x"}', 422, "invalid"),
    ],
)
def test_json_that_holds_no_photos_is_a_problem(plain: Service, body: bytes, status: int, kind: str) -> None:
    with plain.client(headers={"content-type": "application/json"}) as client:
        response = client.post("/v1/predict", content=body)
    assert (response.status_code, problem(response)) == (status, kind)


def test_json_of_countless_parts_is_refused_before_it_is_parsed() -> None:
    body = b'{"photos": [' + b"[]," * 6_000_000 + b"[]]}"

    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    headers = [(b"content-type", b"application/json")]
    asked = Request({"type": "http", "method": "POST", "headers": headers}, receive)
    with pytest.raises(RefusedError) as refused:
        asyncio.run(Receiver(Limits()).photos(asked))
    assert refused.value.problem.detail == "The body holds more than photos."


def test_a_lone_surrogate_in_a_name_does_no_harm(plain: Service) -> None:
    with plain.client(headers={"content-type": "application/json"}) as client:
        body = b'{"photos": [{"content": "YQ==", "file": "\\ud800.jpg"}]}'
        assert client.post("/v1/predict", content=body).json()["photos"][0]["file"] == "?.jpg"


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("multipart/form-data", b"x", 400),
        ("multipart/form-data; boundary=edge", b"x", 400),
        ("multipart/form-data; boundary=edge", b"--edge\r\n\r\nx\r\n--edge--\r\n", 400),
        ("multipart/form-data; boundary=edge", b"--edge--\r\n", 422),
        (
            "multipart/form-data; boundary=edge",
            b'--edge\r\ncontent-disposition: form-data; name="photos"\r\n\r\nx\r\n--edge--\r\n',
            422,
        ),
        ("multipart/form-data; boundary=\xe9; charset=nothing", b"--\xe9--\r\n", 422),
        ("text/plain", b"x", 415),
        ("application/x-www-form-urlencoded", b"photos=x", 415),
    ],
)
def test_broken_forms_are_problems(plain: Service, kind: str, body: bytes, status: int) -> None:
    with plain.client() as client:
        headers = {"content-type": kind.encode("latin-1")}
        response = client.post("/v1/predict", content=body, headers=headers)
    assert response.status_code == status, response.text
    problem(response)


def test_too_many_bytes_and_photos_are_refused(plain: Service) -> None:
    assert problem(plain.send(b"a" * 6000)) == "too-large"
    assert problem(plain.send(b"a", b"b", b"c", b"d")) == "too-many-photos"
    many = [{"content": "YQ=="}] * 4
    with plain.client() as client:
        assert problem(client.post("/v1/predict", json={"photos": many})) == "too-many-photos"

        def endless() -> object:
            yield from [b"a" * 1000] * 10

        headers = {"content-type": "application/json"}  # No length is declared.
        assert problem(client.post("/v1/predict", content=endless(), headers=headers)) == "too-large"  # type: ignore[arg-type]


def test_paths_and_methods_that_do_not_exist_are_problems(plain: Service) -> None:
    with plain.client() as client:
        assert problem(client.get("/v1/../etc/passwd")) == "not-found"
        assert problem(client.get("/v1/predict")) == "method-not-allowed"
        docs = client.get("/docs")  # It would load scripts from elsewhere.
        assert problem(docs) == "not-found" and "/openapi.json" in docs.json()["detail"]


def test_oversized_headers_are_refused_and_end_the_connection(plain: Service) -> None:
    with socket.create_connection(plain.address, timeout=10) as connection:
        connection.sendall(b"GET /health/live HTTP/1.1\r\nhost: a\r\nx: ")
        answer = b""
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                connection.sendall(b"a" * 10_000)
            answer = connection.recv(1000)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")


def test_a_client_that_never_finishes_its_headers_is_cut_off(plain: Service) -> None:
    with socket.create_connection(plain.address, timeout=10) as connection:
        began = time.monotonic()
        for byte in b"GET /health/live HT":
            connection.sendall(bytes([byte]))
            time.sleep(0.01)
        assert connection.recv(1000) == b""
    assert 0.5 < time.monotonic() - began < 5


def test_a_client_that_never_finishes_its_body_is_told(plain: Service) -> None:
    head = b"POST /v1/predict HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n{"
    with socket.create_connection(plain.address, timeout=10) as connection:
        connection.sendall(head)
        answer = connection.recv(2000)
    assert answer.startswith(b"HTTP/1.1 408")


def test_a_client_that_hangs_up_is_no_fault_of_the_service(start: Start) -> None:
    head = b"POST /v1/predict HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n{"
    with start() as service, service.client() as client:
        with socket.create_connection(service.address, timeout=10) as connection:
            connection.sendall(head)
            time.sleep(0.5)
        for _ in range(50):
            if 'status="499"' in (metrics := client.get("/metrics").text):
                break
            time.sleep(0.1)
    assert 'status="499"' in metrics and 'status="500"' not in metrics
    assert "request failed" not in [line["event"] for line in service.log]


def test_a_request_keeps_its_id(plain: Service) -> None:
    with plain.client() as client:
        assert client.get("/health/live", headers={"x-request-id": "a-1"}).headers["x-request-id"] == "a-1"
        odd = client.get("/health/live", headers={"x-request-id": "a\x7f b"}).headers["x-request-id"]
        assert len(odd) == 32


def test_no_page_of_another_origin_may_ask_unless_named(plain: Service, start: Start) -> None:
    ask = {"origin": "https://example.org", "access-control-request-method": "POST"}
    with plain.client() as client:
        assert "access-control-allow-origin" not in client.get("/health/live", headers=ask).headers
    with start(cors_origins=["https://example.org"]) as service, service.client() as client:
        allowed = client.options("/v1/predict", headers=ask)
        assert allowed.headers["access-control-allow-origin"] == "https://example.org"
        other = client.options("/v1/predict", headers={**ask, "origin": "https://example.com"})
        assert "access-control-allow-origin" not in other.headers


def test_with_keys_only_health_is_open(start: Start) -> None:
    with start(keys=[KEY]) as service, service.client() as client:
        assert client.get("/health/ready").status_code == 200
        predict = client.get("/openapi.json").json()["paths"]["/v1/predict"]["post"]
        assert predict["security"] and "401" in predict["responses"]
        for path in ("/v1/model", "/metrics"):
            refused = client.get(path, headers={"authorization": f"Bearer {KEY}x"})
            assert problem(refused) == "no-key" and refused.headers["www-authenticate"] == "Bearer"
            assert client.get(path, headers={"authorization": f"Bearer {KEY}"}).status_code == 200
        assert problem(service.send(b"a")) == "no-key"
        assert service.send(b"a", headers={"authorization": f"bearer {KEY}"}).status_code == 200
        assert problem(service.send(b"a", headers={"authorization": b"\xff\xfe"})) == "no-key"  # type: ignore[dict-item]


def test_metrics_count_what_was_asked(start: Start) -> None:
    with start() as service, service.client() as client:
        service.send(b"a", b"b")
        service.send()
        text = client.get("/metrics").text
    assert 'photos_total{outcome="no face"} 2.0' in text
    assert 'requests_total{method="POST",route="/v1/predict",status="200"} 1.0' in text
    assert "emotion_classifier_queue_length 0.0" in text
    for histogram in ("batch_size", "queue_seconds", "inference_seconds"):
        assert f"emotion_classifier_{histogram}_count 2.0" in text


def test_logs_hold_requests_and_nothing_of_their_content(start: Start) -> None:
    with start() as service, service.client() as client:
        body = {"photos": [{"content": base64.b64encode(b"secret-image").decode(), "file": "secret-name"}]}
        answered = client.post("/v1/predict", json=body)
        client.post("/v1/predict", json={"photos": [{"content": "secret-broken"}]})
        client.get("/secret-path?secret-query")
    log = json.dumps(service.log)
    assert answered.headers["x-request-id"] in log and '"photos": 1' in log
    assert [line["event"] for line in service.log].count("ready") == 1
    assert (
        "secret" not in log and base64.b64encode(b"secret-image").decode() not in log and "no face" not in log
    )


def test_the_web_app_gets_only_paths_that_are_not_the_apis() -> None:
    async def web_app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"the page"})

    bundle = Bundle.default()
    app = build_service(bundle, make_pool, ServeOptions())
    beside = WebAppBeside(app, web_app=web_app)
    recorded = RequestRecords(beside, metrics=Metrics())

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(recorded)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return [await client.get(path) for path in (*pages, "/v1/predict", *missing)]

    pages, missing = (
        ("/", "/theme.css", "/metrics.css"),
        ("/v1/nothing", "/v1", "/v2/predict", "/health", "/docs"),
    )
    answers = asyncio.run(ask())
    assert [answer.text for answer in answers[:3]] == ["the page"] * 3
    assert answers[3].status_code == 405
    assert [problem(answer) for answer in answers[4:]] == ["not-found"] * 5
    assert "/openapi.json" in answers[-1].json()["detail"]


def make_pool(metrics: Metrics) -> ReadingPool:
    return ReadingPool(["unused"], Batching(), photo_seconds=1.0, metrics=metrics)
