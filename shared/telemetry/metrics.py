"""What a process counts and times while it works. No label holds an id, a name or anything else of a person.

The worker keeps it in memory. The processes of one gunicorn share files in PROMETHEUS_MULTIPROC_DIR, which
`copse web` sets before this is loaded, so that whichever of them is asked answers for all. What the database knows is
not counted but asked for at that moment (shared/telemetry/state.py). docs/reference/metrics.md lists everything.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
QUICK = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Buckets, in seconds, for what is mostly done within a few milliseconds."""

REGISTRY = CollectorRegistry()

append_seconds = Histogram(
    "copse_append_seconds",
    "Time of one append to the event store. outcome: appended, conflict, answered, in-flight or failed.",
    ["outcome"],
    buckets=QUICK,
    registry=REGISTRY,
)
pool_in_use = Gauge(
    "copse_pool_connections_in_use",
    "Connections to a database (own or keyring) that are in use at this moment.",
    ["database"],
    multiprocess_mode="livesum",
    registry=REGISTRY,
)

_SHARED = "PROMETHEUS_MULTIPROC_DIR" in os.environ
if not _SHARED:
    ProcessCollector(registry=REGISTRY)  # memory and processor time: of one process, so nothing to add up


def counted() -> bytes:
    """All that was counted and timed, in Prometheus' text format."""
    if not _SHARED:
        return generate_latest(REGISTRY)
    of_all_processes = CollectorRegistry()
    MultiProcessCollector(of_all_processes)  # type: ignore[no-untyped-call]
    return generate_latest(of_all_processes)


@contextmanager
def timed(histogram: Histogram) -> Iterator[None]:
    """Times what is inside, also when it raises."""
    began = time.perf_counter()
    try:
        yield
    finally:
        histogram.observe(time.perf_counter() - began)
