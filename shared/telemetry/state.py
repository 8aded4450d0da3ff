"""What a service's database (and, for a worker, Kafka) knows of its state, asked when somebody asks for metrics.

The queries are those of `copse status`. However many ask, the database is asked once in five seconds and Kafka once
in fifteen; while one asks, the others get the answer before.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from shared.database.pool import Unavailable
from shared.messages.clock import Clock
from shared.operations.service_status import Holder, PlacesRead, ServiceStatus, look_at
from shared.operations.watched import Watched, seconds_since
from shared.release import RELEASE

_DATABASE_SECONDS = 5.0
_KAFKA_SECONDS = 15.0

GAUGES = {
    "copse_build_info": ("Always 1; the release of the process that was asked.", ("service", "part", "release")),
    "copse_state_known": ("1 when what follows could be asked, 0 when database or kafka did not answer.", ("of",)),
    "copse_migrations_missing": ("Migrations of this release that the database lacks.", ()),
    "copse_horizon_age_seconds": (
        "Age of the oldest open transaction that holds up every reader; 0 when none. From when it was first met, where"
        " this account may not see its start.",
        (),
    ),
    "copse_relay_lag_events": ("Events that are not sent to Kafka yet.", ()),
    "copse_relay_lag_seconds": ("Since when the oldest of them waits.", ()),
    "copse_relay_repeated_records": (
        "Records that Kafka holds twice, as a relay was killed. Readers drop those.",
        (),
    ),
    "copse_reader_lag_events": ("Own events that a projection or reaction was not told of yet.", ("reader",)),
    "copse_reader_lag_seconds": ("Since when the oldest of them waits.", ("reader",)),
    "copse_reader_stopped": ("1 when a projection or reaction stands still; copse status says why.", ("reader",)),
    "copse_projection_not_built": (
        "1 when a projection waits to be built or cannot be, and lacks events until then; copse status says why.",
        ("projection",),
    ),
    "copse_consumer_stopped": ("1 when the consumer stands still because most messages fail.", ()),
    "copse_consumer_lag_records": ("Records of another service's topic that were not read yet.", ("topic",)),
    "copse_consumer_lag_seconds": ("Since when the oldest of them waits.", ("topic",)),
    "copse_dead_letters": ("Parked messages of other services.", ()),
    "copse_dead_letter_streams": ("Streams that they hold.", ()),
    "copse_agenda_entries": ("Commands, timers and effects to come. state: due, later or postponed.", ("state",)),
    "copse_agenda_failing_entries": ("Those that failed five times or more; copse status says why.", ()),
    "copse_agenda_late_seconds": ("For how long the oldest entry has been due; 0 when none is.", ()),
}
"""Name: what it says, and its labels."""

AskKafka = Callable[[ServiceStatus, PlacesRead], str | None]
"""Fills in the lags of the consumer; gives a reason when Kafka could not be asked."""

_Sample = tuple[str, tuple[str, ...], float]


@dataclass
class _Kept:
    """The last answer to a question, and until when it does."""

    seconds: float
    until: float = float("-inf")
    asking: threading.Lock = field(default_factory=threading.Lock)

    def renew(self, ask: Callable[[], None]) -> None:
        """Asks when the answer is too old and nobody else asks just now: who waited would hold a thread of the web."""
        if self.asking.acquire(blocking=False):
            try:
                if time.monotonic() >= self.until:
                    ask()
                    self.until = time.monotonic() + self.seconds
            finally:
                self.asking.release()


@dataclass
class _Holding:
    """Since when the transaction that holds readers back is known, for an account that may not see its start: with 0
    instead, nobody would be told of one that somebody forgot."""

    transaction: str | None = None
    met_at: float = 0.0

    def seconds(self, holder: Holder | None) -> float:
        if holder is None:
            self.transaction = None
            return 0
        if holder.transaction != self.transaction:
            self.transaction, self.met_at = holder.transaction, time.monotonic()
        return time.monotonic() - self.met_at if holder.seconds is None else holder.seconds


class StateOfService(Collector):
    """The gauges of one service. Every process of the service tells the same."""

    def __init__(self, watched: Watched, clock: Clock, part: str, ask_kafka: AskKafka | None = None) -> None:
        """`part` is web or worker."""
        self._watched, self._clock, self._part = watched, clock, part
        self._ask_kafka = ask_kafka if watched.followed() else None
        self.database, self.kafka = _Kept(_DATABASE_SECONDS), _Kept(_KAFKA_SECONDS)
        self._status: ServiceStatus | None = None
        self._read: PlacesRead = {}
        self._of_kafka: ServiceStatus | None = None
        self._holding = _Holding()
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def text(self) -> bytes:
        """In Prometheus' text format."""
        return generate_latest(self._registry)

    def describe(self) -> Iterable[Metric]:
        """Nothing, so that registering asks no database."""
        return []

    def collect(self) -> Iterator[Metric]:
        families: dict[str, GaugeMetricFamily] = {}
        for name, labels, value in self._samples():
            if name not in families:
                families[name] = GaugeMetricFamily(name, GAUGES[name][0], labels=GAUGES[name][1])
            families[name].add_metric(labels, value)
        yield from families.values()

    def _samples(self) -> Iterator[_Sample]:
        yield "copse_build_info", (self._watched.service.name, self._part, RELEASE), 1
        self.database.renew(self._look)
        yield "copse_state_known", ("database",), float(self._status is not None)
        if self._status:
            names = [each.name for each in self._watched.service.projections]
            yield from _of_database(self._status, names, self._clock, self._holding)
        if self._ask_kafka:
            self.kafka.renew(self._look_at_kafka)
            yield "copse_state_known", ("kafka",), float(self._of_kafka is not None)
        if self._of_kafka:
            yield from _of_kafka(self._of_kafka)

    def _look(self) -> None:
        status = ServiceStatus(self._watched.service.name)
        try:
            self._read = look_at(status, self._watched, self._clock)
        except Unavailable:
            self._status = None
        else:
            self._status = status

    def _look_at_kafka(self) -> None:
        status = ServiceStatus(self._watched.service.name)
        known = self._status is not None and self._ask_kafka is not None and not self._ask_kafka(status, self._read)
        self._of_kafka = status if known else None


def _of_database(
    status: ServiceStatus, projections: Iterable[str], clock: Clock, holding: _Holding
) -> Iterator[_Sample]:
    yield "copse_migrations_missing", (), len(status.migrations_missing)
    if status.relay is None:
        return  # the database is empty
    yield "copse_horizon_age_seconds", (), holding.seconds(status.horizon)
    yield "copse_relay_lag_events", (), status.relay.events
    yield "copse_relay_lag_seconds", (), status.relay.seconds or 0
    yield "copse_relay_repeated_records", (), status.relay_repeated or 0
    for name, lag in status.readers.items():
        yield "copse_reader_lag_events", (name,), lag.events
        yield "copse_reader_lag_seconds", (name,), lag.seconds or 0
        yield "copse_reader_stopped", (name,), float(lag.failure is not None)
    not_built = {each.name for each in status.not_built}
    for name in projections:
        yield "copse_projection_not_built", (name,), float(name in not_built)
    yield "copse_consumer_stopped", (), float(status.consumer_failure is not None)
    if status.dead_letters:
        yield "copse_dead_letters", (), status.dead_letters.letters
        yield "copse_dead_letter_streams", (), status.dead_letters.streams
    if status.agenda:
        for state in ("due", "later", "postponed"):
            yield "copse_agenda_entries", (state,), getattr(status.agenda, state)
        yield "copse_agenda_failing_entries", (), status.agenda.failing
        yield "copse_agenda_late_seconds", (), seconds_since(status.agenda.due_since, clock) or 0


def _of_kafka(status: ServiceStatus) -> Iterator[_Sample]:
    for lag in status.consumer:
        yield "copse_consumer_lag_records", (lag.topic,), lag.events
        yield "copse_consumer_lag_seconds", (lag.topic,), lag.seconds or 0
