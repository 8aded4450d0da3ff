"""`/metrics` of a web process, and how long each request took. For those inside: the gateway does not publish it."""

import time
from typing import TYPE_CHECKING

from flask import Flask, Response, abort, g, request
from prometheus_client import Histogram

from shared.telemetry.metrics import CONTENT_TYPE, REGISTRY, counted

if TYPE_CHECKING:
    from shared.service import Running

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

http_request_seconds = Histogram(
    "copse_http_request_seconds",
    "Time from a request to its answer. route: the address as it is written in the code, without ids.",
    ["method", "route", "status"],
    buckets=(0.005, 0.015, 0.05, 0.15, 0.5, 2.5, 10),
    registry=REGISTRY,
)


def time_requests(app: Flask) -> None:
    """Times every request of an app. Called before any other hook is added, so that theirs count too."""

    timers: dict[tuple[str, str, int], Histogram] = {}

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        # Addresses hold ids, and whoever looks for holes makes up addresses and methods: neither is a label.
        rule, method = request.url_rule, request.method
        which = (method if method in _METHODS else "other", rule.rule if rule else "none", response.status_code)
        timer = timers.get(which)
        if timer is None:
            timer = timers[which] = http_request_seconds.labels(*which)
        timer.observe(time.perf_counter() - g.began)
        return response


def register(app: Flask, running: "Running | None" = None) -> None:
    """Adds `/metrics`: with the state of a service, or (the portal, which has none) without."""
    state = None
    if running:
        from shared.operations.watched import Watched  # not above: the portal has no database
        from shared.telemetry.state import StateOfService

        state = StateOfService(Watched(running.service, running.database), running.clock, "web")

    @app.get("/metrics")
    def metrics() -> Response:
        # What came through a gateway came from outside. Prometheus asks the process itself.
        if "X-Forwarded-For" in request.headers:
            abort(404)
        return Response(counted() + (state.text() if state else b""), content_type=CONTENT_TYPE)
