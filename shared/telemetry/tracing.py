"""The trace that a piece of work belongs to: from a request to its event, through Kafka, to what others do then.

A trace travels as text (W3C Trace Context, `traceparent`): in HTTP headers, an event's metadata, a record's headers and
the agenda. With OTEL_EXPORTER_OTLP_ENDPOINT set, what was done in it is also told to a collector, as spans.
"""

import os
import random
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from shared.telemetry.spans import Exporter

_TRACEPARENT = re.compile(
    r"(?P<version>(?!ff)[0-9a-f]{2})-(?P<trace>(?!0{32})[0-9a-f]{32})-(?P<span>(?!0{16})[0-9a-f]{16})"
    r"-(?P<flags>[0-9a-f]{2})(?P<more>-.*)?"
)
_SAMPLED = 1

SERVER, CONSUMER, PRODUCER, INTERNAL = 2, 5, 4, 1
"""Kinds of spans, as OpenTelemetry numbers them."""

_process = "copse"

_current: ContextVar["Trace | None"] = ContextVar("trace", default=None)


class Trace(NamedTuple):
    """One place in a trace. `span_id` is what this very piece of work is known by to those that it causes."""

    trace_id: str
    span_id: str
    sampled: bool = True
    parent_id: str | None = None

    @classmethod
    def of(cls, traceparent: str | None) -> Self | None:
        """The place that a header names; None when there is none or it is malformed."""
        match = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
        if match is None or (match["more"] and match["version"] == "00"):
            return None
        return cls(match["trace"], match["span"], bool(int(match["flags"], 16) & _SAMPLED))

    @classmethod
    def after(cls, traceparent: str | None) -> Self:
        """A new place in the trace that is named, or the beginning of a new trace."""
        before = cls.of(traceparent)
        if before is None:
            return cls(made_up(16), made_up(8), _sampled())
        return cls(before.trace_id, made_up(8), before.sampled, before.span_id)

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"


def made_up(size: int) -> str:
    """So many random bytes in hexadecimal. For names only: whoever saw many of them could work out the next.

    Python's own generator, which begins anew in each forked process: the system's would let another thread have the
    interpreter, and each request would wait to get it back.
    """
    return random.getrandbits(size * 8).to_bytes(size).hex()  # no secret


def called(process: str) -> None:
    """What the collector shall know this process by, such as meetings-worker."""
    global _process  # once, when the process starts
    _process = process


def _sampled() -> bool:
    return _share() >= 1 or secrets.randbelow(10_000) < _share() * 10_000


@lru_cache
def _share() -> float:
    """Of the traces that begin here, how many are told of: OTEL_TRACES_SAMPLER_ARG, 0 to 1, all by default."""
    try:
        return float(os.environ.get("OTEL_TRACES_SAMPLER_ARG", "1"))
    except ValueError:
        return 1.0


def current() -> Trace | None:
    """Where the work of this thread belongs just now."""
    return _current.get()


def enter(trace: Trace | None) -> None:
    """Says where the work of this thread belongs from now on."""
    _current.set(trace)


@contextmanager
def work(name: str, kind: int = INTERNAL, after: str | None = None, **told: str | int) -> Iterator[Trace]:
    """A piece of work in the trace that `after` (a traceparent) names, or the current one, or a new one.

    `told` is told to the collector: never anything personal.
    """
    before = _current.get()
    trace = Trace.after(after or (before.traceparent if before else None))
    token, began, failed = _current.set(trace), time.time_ns(), None
    try:
        yield trace
    except BaseException as error:
        failed = type(error).__name__
        raise
    finally:
        _current.reset(token)
        tell(trace, name, kind, began, failed, told)


def tell(trace: Trace, name: str, kind: int, began: int, failed: str | None, told: "dict[str, str | int]") -> None:
    """Tells the collector, if there is one, of a span that ends now. `began` is in nanoseconds since 1970."""
    if trace.sampled and (exporter := exported_by()):
        exporter.add(trace, name, kind, began, time.time_ns(), failed, told)


@lru_cache
def exported_by() -> "Exporter | None":
    """What tells the collector; None where no collector is set, and then nothing of it is loaded."""
    if not (os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")):
        return None
    from shared.telemetry.spans import Exporter

    return Exporter.from_environment(_process)
