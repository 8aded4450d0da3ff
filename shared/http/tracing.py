"""Every request has an id and belongs to a trace; the answer, the logs and the events that come of it carry both."""

import re
import time
from typing import NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

from flask import Flask, Response, g, request
from structlog.contextvars import bind_contextvars

from shared.telemetry import tracing
from shared.telemetry.tracing import SERVER, Trace

_REQUEST_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{7,63}")  # as the gateway has it


def follow(app: Flask) -> None:
    """Takes trace and id from the request, or begins them. Called before any other hook is added."""

    # In the way of every request: hence the environment instead of request.headers, and one object in g.
    @app.before_request
    def begin() -> None:
        said = request.environ.get("HTTP_X_REQUEST_ID", "")
        trace = Trace.after(request.environ.get("HTTP_TRACEPARENT"))
        followed = _Followed(trace, said if _REQUEST_ID.fullmatch(said) else tracing.made_up(16), time.time_ns())
        g.followed = followed
        tracing.enter(trace)
        bind_contextvars(trace_id=trace.trace_id, request_id=followed.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        followed = _followed()
        response.headers.add("X-Request-Id", followed.request_id)
        # https://w3c.github.io/trace-context/#traceresponse-header
        response.headers.add("traceresponse", followed.trace.traceparent)
        if tracing.exported_by():
            _tell(followed, response.status_code)
        return response


class _Followed(NamedTuple):
    trace: Trace
    request_id: str
    began: int


def _followed() -> _Followed:
    found: _Followed = g.followed
    return found


def _tell(followed: _Followed, status: int) -> None:
    route = request.url_rule.rule if request.url_rule else "none"
    told: dict[str, str | int] = {
        "http.request.method": request.method,
        "http.route": route,
        "http.response.status_code": status,
    }
    failed = str(status) if status >= 500 else None
    tracing.tell(followed.trace, f"{request.method} {route}", SERVER, followed.began, failed, told)


def request_id() -> str:
    """The client's X-Request-Id when it looks like one, otherwise one of our own."""
    return _followed().request_id


def correlation_id() -> UUID:
    """The request's id as the events have it: the same when it is a UUID, otherwise one that is made from it."""
    try:
        return UUID(request_id())
    except ValueError:
        return uuid5(NAMESPACE_URL, f"urn:copse:request:{request_id()}")


def traceparent() -> str:
    """This request's place in its trace, for what comes of it."""
    return _followed().trace.traceparent
