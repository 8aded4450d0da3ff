"""What the worker's jobs count and time."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import msgspec
from prometheus_client import Counter, Gauge, Histogram

from shared.messages.recorded import Metadata
from shared.telemetry import tracing
from shared.telemetry.metrics import QUICK, REGISTRY
from shared.telemetry.tracing import Trace

_SIZES = (1, 2, 5, 10, 50, 100, 250, 500, 1000, 5000)


class Published(Protocol):
    """What is told of an event that the relay sent."""

    @property
    def stream(self) -> str: ...

    @property
    def type(self) -> str: ...

    @property
    def metadata(self) -> str: ...


relay_batch_seconds = Histogram(
    "copse_relay_batch_seconds",
    "Time of one batch of the relay, from sending to the last acknowledgement.",
    buckets=QUICK,
    registry=REGISTRY,
)
relay_events = Counter("copse_relay_events", "Events that the relay sent and noted as sent.", registry=REGISTRY)
relay_failed_batches = Counter(
    "copse_relay_failed_batches",
    "Batches that failed after they were begun: some of their events may be sent again. Readers drop those.",
    registry=REGISTRY,
)
consumer_batch_seconds = Histogram(
    "copse_consumer_batch_seconds",
    "Time to tell projections and reactions of the records of one partition that came together.",
    ["topic"],
    buckets=QUICK,
    registry=REGISTRY,
)
consumer_batch_records = Histogram(
    "copse_consumer_batch_records",
    "How many records of one partition came together.",
    ["topic"],
    buckets=_SIZES,
    registry=REGISTRY,
)
consumer_redelivered = Counter(
    "copse_consumer_redelivered_records",
    "Records that were known already and changed nothing: a relay or a consumer had begun again.",
    ["topic"],
    registry=REGISTRY,
)
consumer_set_back = Counter(
    "copse_consumer_set_back_partitions",
    "Partitions that are read again from their beginning, because Kafka had lost records of them.",
    ["topic"],
    registry=REGISTRY,
)
agenda_entry_seconds = Histogram(
    "copse_agenda_entry_seconds",
    "Time to work off one entry of the agenda, whatever came of it.",
    buckets=QUICK,
    registry=REGISTRY,
)
agenda_refused = Counter(
    "copse_agenda_refused",
    "Entries of the agenda that a rule refused, so that nothing came of them. The worker's log has the reason.",
    ["action"],
    registry=REGISTRY,
)
job_ready = Gauge(
    "copse_job_ready", "1 while a job of the worker does its work, 0 while it cannot.", ["job"], registry=REGISTRY
)
job_restarts = Counter(
    "copse_job_restarts",
    "How often a job of the worker began again because PostgreSQL or Kafka was away, or another process led.",
    ["job"],
    registry=REGISTRY,
)


def relayed(topic: str, events: int, traced: Sequence[Published], began: int) -> None:
    """Counts and times one batch that Kafka took, and tells the collector of each of `traced` that belongs to a trace.
    `began`: nanoseconds since 1970."""
    relay_batch_seconds.observe((time.time_ns() - began) / 1e9)
    relay_events.inc(events)
    for each in traced:
        before = msgspec.json.decode(each.metadata, type=Metadata).traceparent
        if before:
            told: dict[str, str | int] = {"topic": topic, "stream": each.stream}
            tracing.tell(Trace.after(before), f"publish {each.type}", tracing.PRODUCER, began, None, told)


@contextmanager
def telling(topic: str, records: int) -> Iterator[None]:
    """Counts and times what is done with the records of one partition."""
    consumer_batch_records.labels(topic).observe(records)
    began = time.perf_counter()
    try:
        yield
    finally:
        consumer_batch_seconds.labels(topic).observe(time.perf_counter() - began)
