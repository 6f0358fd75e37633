"""Too much at once, photos that crash or hang, and the end of the service."""

from __future__ import annotations

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from .conftest import Service, Start


def crowd(service: Service, number: int, content: bytes) -> list[httpx.Response]:
    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(lambda _: service.send(content), range(number)))


def test_more_than_may_wait_is_refused_and_the_rest_answered(start: Start) -> None:
    with start(limits={"max_files": 2}, batching={"queue": 2}) as service:
        statuses = [response.status_code for response in crowd(service, 12, b"sleep 1")]
        assert set(statuses) == {200, 503} and 3 <= statuses.count(200) <= 6
        refused = next(r for r in crowd(service, 12, b"sleep 0.3") if r.status_code == 503)
        assert refused.headers["retry-after"] == "1" and "queue-full" in refused.json()["type"]
        time.sleep(1)
        assert service.send(b"a").status_code == 200


def test_a_photo_that_crashes_or_hangs_takes_no_other_with_it(start: Start) -> None:
    with start(limits={"photo_seconds": 0.5}, batching={"batch_size": 8}) as service:
        photos = service.send(b"a", b"crash", b"b", b"sleep 60", b"c").json()["photos"]
        reasons = [photo["reason"] for photo in photos]
        assert [reasons[0], reasons[2], reasons[4]] == ["no face found"] * 3
        assert "crash" in reasons[1] and reasons[1].startswith("2.jpg ")
        assert "longer than 0.5 s" in reasons[3]


def test_an_answer_that_does_not_come_in_time_is_a_problem_and_its_photos_hold_up_no_other(
    start: Start,
) -> None:
    with start(limits={"answer_seconds": 1.0}) as service:
        late = service.send(b"sleep 1.2", *[b"sleep 60"] * 5)
        assert late.status_code == 503 and "no-answer" in late.json()["type"]
        assert service.send(b"a").status_code == 200


def test_a_worker_lets_libraries_start_no_threads_of_their_own(plain: Service) -> None:
    assert plain.send(b"threads").json()["photos"][0]["reason"] == "1 and 1"


def test_sigterm_is_not_ready_first_and_answers_what_was_begun(start: Start) -> None:
    with start(grace_seconds=6.0) as service, ThreadPoolExecutor(1) as threads:
        begun = threads.submit(service.send, b"sleep 2")
        time.sleep(0.5)
        service.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        with service.client() as client:
            unready = client.get("/health/ready")
            assert unready.status_code == 503 and "draining" in unready.json()["type"]
            assert client.get("/health/live").status_code == 200
        assert begun.result().status_code == 200
        assert service.process.wait(timeout=10) == 0


def test_the_grace_ends_also_what_goes_on_for_longer(start: Start) -> None:
    with start(grace_seconds=1.0) as service, ThreadPoolExecutor(1) as threads:
        begun = threads.submit(service.send, b"sleep 9")
        time.sleep(0.5)
        began = time.monotonic()
        service.process.send_signal(signal.SIGTERM)
        service.process.wait(timeout=10)
        assert time.monotonic() - began < 5
        assert begun.exception() is not None or begun.result().status_code >= 500


def test_workers_end_with_a_service_that_was_killed(start: Start) -> None:
    with start() as service:
        children = Path(f"/proc/{service.process.pid}/task/{service.process.pid}/children")
        if not children.exists():
            pytest.skip("this system does not list the children of a process")
        worker = Path(f"/proc/{children.read_text().split()[0]}")
        service.process.kill()
        service.process.wait()
        for _ in range(100):
            if not worker.exists():
                break
            time.sleep(0.05)
        assert not worker.exists()
