"""Tells an OpenTelemetry collector what was done: OTLP over HTTP, in its JSON encoding, without the SDK.

The SDK with its exporter costs each process 20 MB (docs/adr/0013-own-spans.md). Spans wait in memory and are sent once
a second. A collector that is away never holds up the work: what does not fit is counted and forgotten.

Specification: https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

import json
import os
import threading
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import structlog
from prometheus_client import Counter

from shared.release import RELEASE
from shared.telemetry.metrics import REGISTRY
from shared.telemetry.tracing import Trace

log = structlog.get_logger()

_MOST_WAITING = 4096
_AT_ONCE = 512
_PAUSE_SECONDS = 1.0
_PATIENCE_SECONDS = 5.0

spans_lost = Counter(
    "copse_spans_lost", "Spans that the collector did not take, or for which there was no room.", registry=REGISTRY
)


@dataclass(frozen=True, slots=True)
class _Span:
    trace: Trace
    name: str
    kind: int
    began: int
    ended: int
    failed: str | None
    told: Mapping[str, str | int]


class Exporter:
    """Sends spans from a thread of its own, which starts with the first one: threads do not survive a fork."""

    def __init__(self, process: str, address: str, headers: Mapping[str, str]) -> None:
        self._process, self.address, self._headers = process, address, headers
        self._waiting: deque[_Span] = deque()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._away = False

    @classmethod
    def from_environment(cls, process: str, variables: Mapping[str, str] = os.environ) -> "Exporter":
        """OTEL_EXPORTER_OTLP_ENDPOINT, or …_TRACES_ENDPOINT with its path, and OTEL_EXPORTER_OTLP_HEADERS."""
        whole = variables.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
        address = whole or variables["OTEL_EXPORTER_OTLP_ENDPOINT"].rstrip("/") + "/v1/traces"
        pairs = (pair.partition("=") for pair in variables.get("OTEL_EXPORTER_OTLP_HEADERS", "").split(",") if pair)
        return cls(process, address, {name.strip(): unquote(value.strip()) for name, _, value in pairs})

    def add(
        self,
        trace: Trace,
        name: str,
        kind: int,
        began: int,
        ended: int,
        failed: str | None,
        told: Mapping[str, str | int],
    ) -> None:
        """Never blocks and never raises. Times are in nanoseconds since 1970."""
        if len(self._waiting) >= _MOST_WAITING:
            spans_lost.inc()
            return
        self._waiting.append(_Span(trace, name, kind, began, ended, failed, told))
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="spans", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(_PAUSE_SECONDS)
            while self._waiting:
                self._send([self._waiting.popleft() for _ in range(min(_AT_ONCE, len(self._waiting)))])

    def _send(self, spans: Sequence[_Span]) -> None:
        request = urllib.request.Request(  # noqa: S310  # the operator's own address
            self.address,
            data=json.dumps(_document(self._process, spans)).encode(),
            headers={"Content-Type": "application/json", **self._headers},
        )
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS) as answer:  # noqa: S310
                answer.read()
            self._away = False
        except (urllib.error.URLError, OSError, ValueError) as error:
            spans_lost.inc(len(spans))
            if not self._away:
                log.warning("the collector of traces does not take them", reason=str(error))
            self._away = True


def _document(process: str, spans: Sequence[_Span]) -> dict[str, Any]:
    resource = {"service.name": process, "service.version": RELEASE, "service.namespace": "copse"}
    scope = {"name": "copse", "version": RELEASE}
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": _attributes(resource)},
                "scopeSpans": [{"scope": scope, "spans": [_as_json(each) for each in spans]}],
            }
        ]
    }


def _as_json(span: _Span) -> dict[str, Any]:
    return {
        "traceId": span.trace.trace_id,
        "spanId": span.trace.span_id,
        "parentSpanId": span.trace.parent_id or "",
        "name": span.name,
        "kind": span.kind,
        "startTimeUnixNano": str(span.began),
        "endTimeUnixNano": str(span.ended),
        "attributes": _attributes(span.told),
        "status": {"code": 2, "message": span.failed} if span.failed else {},
    }


def _attributes(values: Mapping[str, str | int]) -> list[dict[str, Any]]:
    return [
        {"key": key, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}
        for key, value in values.items()
    ]
