"""Counts and times for Prometheus; nothing of what was seen in a photo but how many faces."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 10.0, 30.0)
_BATCHES = (1, 2, 3, 4, 6, 8, 12, 16, 32)


class Metrics:
    """The service's counters; each service has its own, so that several in one process do not mix."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()

        def name(end: str) -> str:
            return f"emotion_classifier_{end}"

        self.requests = Counter(
            name("requests"), "Requests answered.", ("method", "route", "status"), registry=registry
        )
        self.failures = Counter(
            name("failures"),
            "Requests refused or failed, by kind of problem.",
            ("problem",),
            registry=registry,
        )
        self.photos = Counter(
            name("photos"), "Photos answered, by what came of them.", ("outcome",), registry=registry
        )
        self.faces = Counter(name("faces"), "Faces read.", registry=registry)
        self.restarts = Counter(
            name("worker_restarts"), "Workers replaced after a crash or a hang.", registry=registry
        )
        self.batch_size = Histogram(
            name("batch_size"), "Photos that went to a worker together.", buckets=_BATCHES, registry=registry
        )
        self.queue_seconds = Histogram(
            name("queue_seconds"), "Time a photo waited.", buckets=_SECONDS, registry=registry
        )
        self.inference_seconds = Histogram(
            name("inference_seconds"), "Time a worker took for a batch.", buckets=_SECONDS, registry=registry
        )
        self.request_seconds = Histogram(
            name("request_seconds"),
            "Time from the headers of a request to its answer.",
            ("route",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._queue_length = Gauge(name("queue_length"), "Photos that wait.", registry=registry)

    def watch_queue(self, length: Callable[[], int]) -> None:
        """Ask for the length of the queue whenever the metrics are asked for."""
        self._queue_length.set_function(length)

    def render(self) -> tuple[bytes, str]:
        """Write all metrics down; the text and its content type."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST
