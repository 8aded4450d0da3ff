"""Publishes a service's events to its topic: at least once, each stream in order.

One process leads. It reads below the horizon, sends a batch, and reads the next while the last is on its way. Its
cursor moves by compare-and-set, and only up to where every single record was acknowledged. It holds no transaction
while it waits for Kafka: an open one would freeze the horizon for every reader. Killed at any point, the next leader
sends again from the cursor, and counts what that repeats. After one failure nothing more is sent by the same producer.
Events of confined streams are passed by: the cursor goes over them, and nothing of them is sent.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence, Set
from contextlib import closing
from dataclasses import dataclass
from time import monotonic

import structlog

from shared.database.leadership import lead
from shared.database.pool import Database
from shared.errors import CannotGoOn
from shared.eventstore.doorbell import Listener, Looks, Tap
from shared.eventstore.outbox import Outbox, ToPublish
from shared.messages.decisions import category_of
from shared.messages.recorded import Position
from shared.projections.reader import Fenced
from shared.streaming.broker import PARTITIONS, Broker, BrokerUnavailable
from shared.streaming.cloudevents import headers_of, topic_of
from shared.streaming.producer import BATCH_BYTES, Producer, Sent, content, partition_of, size_in_batch
from shared.streaming.rewinding import intact_to, shorter
from shared.streaming.topics import LARGEST_BATCH, Topic, largest_batch_of, topics_there
from shared.telemetry import tracing
from shared.telemetry.jobs import relay_failed_batches, relayed

log = structlog.get_logger()

_NAME = "relay"
_BATCH = 1000
_BATCH_BYTES = 256 * 1024  # with the bytes of four batches on their way, the process stays small
_UNDER_WAY = 4
_LOOK_SECONDS = 0.25
_ACKNOWLEDGED_WITHIN_SECONDS = 15.0  # then everything begins again, with a look at the topic
_LAST_ACKNOWLEDGEMENTS_SECONDS = 5.0


class CannotPublish(CannotGoOn):
    """The topic, or the next event, is not as it must be. Nothing is lost; the message says what to do."""


class Relay:
    """Publishes the events of one service."""

    def __init__(self, service: str, database: Database, broker: Broker, confined: Set[str] = frozenset[str]()) -> None:
        """`confined` are the categories whose streams never leave the service."""
        self._service, self._database, self._broker, self._confined = service, database, broker, confined

    def run(self, stop: threading.Event, works: Callable[[], None] = lambda: None) -> None:
        """Until `stop`. Raises Unavailable, BrokerUnavailable, CannotPublish or Fenced: the worker then begins again
        with a new producer. `works` is called whenever it does what it should."""
        with lead(self._database, _NAME, stop, works) as connection:
            if connection is None:
                return
            outbox = Outbox(connection)
            try:
                with closing(Tap()) as tap:
                    self._lead(outbox, Listener(connection, tap=tap), tap, stop, works)
            except CannotGoOn as error:
                outbox.stands_still(str(error))
                raise

    def _lead(
        self, outbox: Outbox, listener: Listener, tap: Tap, stop: threading.Event, works: Callable[[], None]
    ) -> None:
        looks = Looks(listener, _LOOK_SECONDS)
        topic = self._begin(outbox)
        with self._broker.producer() as producer:
            producer.answered = tap
            publishing = Publishing(self._service, outbox, self._broker, producer, topic, self._confined)
            told = False
            while not stop.is_set():
                looked = publishing.has_room and looks.due
                if looked:
                    read = publishing.send_next()
                    if not read and looks.idle:
                        publishing.stay_where_the_cursor_is()
                    looks.looked(read, at_once=read > 1)
                if publishing.settle():
                    works()
                elif looked and not publishing.under_way:
                    works()
                    if not told:  # once: what is said later is said at the next beginning
                        outbox.is_up_to_date()
                        told = True
                if not (publishing.has_room and looks.due):
                    looks.wait(None if publishing.has_room else _LOOK_SECONDS)
            until = monotonic() + _LAST_ACKNOWLEDGEMENTS_SECONDS
            while publishing.under_way and monotonic() < until:
                publishing.settle(wait_seconds=_LOOK_SECONDS)

    def publish(self, producer: Producer) -> int:
        """Publishes one batch and moves the cursor; how many events that were. For whoever is alone with the topic."""
        with self._database.own_connection() as connection:
            outbox = Outbox(connection)
            topic = self._begin(outbox)
            publishing = Publishing(self._service, outbox, self._broker, producer, topic, self._confined)
            read = publishing.send_next()
            while publishing.under_way:
                publishing.settle(wait_seconds=_LOOK_SECONDS)
            return read

    def _begin(self, outbox: Outbox) -> Topic:
        """The topic, when it is fit to be published to. Sets the cursor back when records are missing there."""
        name = topic_of(self._service)
        topic = topics_there(self._broker, [name]).get(name)
        _must_be_fit(topic, name, self._service)
        assert topic is not None
        cursor, noted = outbox.cursor(), outbox.ends()
        lost = shorter(topic, noted)
        if lost:
            intact = intact_to(self._broker, topic, lost, cursor)
            log.error("the topic has lost records; they are sent again", topic=name, partitions=lost, after=str(intact))
            cursor = min(cursor, intact)
        repeated = sum(max(0, end - noted.get(partition, end)) for partition, end in topic.ends.items())
        if repeated:
            log.warning("records are sent again: the relay before this one did not note them", records=repeated)
        outbox.begin(topic.ends, cursor, anew=bool(lost))
        return topic


def _must_be_fit(topic: Topic | None, name: str, service: str) -> None:
    """Raises CannotPublish. With another number of partitions a stream's later events would overtake its earlier."""
    if topic is None:
        raise CannotPublish(f"Kafka has no topic {name}, so nothing is published. Run: copse migrate {service}")
    if topic.partitions != PARTITIONS:
        raise CannotPublish(
            f"{name} has {topic.partitions} partitions and must have {PARTITIONS}: streams would lose their order, so"
            f" nothing is published. Delete it, then run: copse migrate {service}"
        )
    if topic.largest_batch < LARGEST_BATCH:
        raise CannotPublish(
            f"{name} takes {topic.largest_batch:,} bytes at once and must take {LARGEST_BATCH:,}, so nothing is"
            f" published. Run: {largest_batch_of(name, LARGEST_BATCH)}"
        )


@dataclass(slots=True)
class _Batch:
    """What was read at once, up to `upto`, and is on its way since `since` (monotonic seconds) or
    `since_1970` (nanoseconds). `traced` are its events where a collector wants to know of them: they take memory."""

    upto: Position
    sent: Sequence[Sent]
    events: int
    traced: Sequence[ToPublish]
    since: float
    since_1970: int


class Publishing:
    """One leader's way along the event table: how far it has read, what is on its way, how far all has arrived."""

    def __init__(
        self,
        service: str,
        outbox: Outbox,
        broker: Broker,
        producer: Producer,
        topic: Topic,
        confined: Set[str] = frozenset[str](),
    ) -> None:
        self._service, self._outbox, self._broker = service, outbox, broker
        self._producer, self._topic, self._confined = producer, topic, confined
        self._published = self._read = outbox.cursor()
        self._filling = outbox.filling()
        self._ends = dict(topic.ends)
        self._batches: deque[_Batch] = deque()
        with broker.speaking():
            producer.partitions_for(topic.name)  # where its partitions are; batches for an unknown topic wait for ever

    @property
    def under_way(self) -> bool:
        return bool(self._batches)

    @property
    def has_room(self) -> bool:
        """Whether the next batch may be sent before one that is on its way has arrived."""
        return len(self._batches) < _UNDER_WAY

    def send_next(self) -> int:
        """Sends the next batch unless enough is on its way; how many events that were.

        Raises CannotPublish for an event that is too large, once all before it have arrived.
        """
        if not self.has_room:
            return 0
        rows = self._outbox.after(self._read, _BATCH, _BATCH_BYTES)
        if not rows:
            return 0
        by_partition: dict[int, list[bytes]] = {}
        taken = 0
        for row in rows:
            if self._is_confined(row):
                taken += 1
                continue
            key = row.stream.encode()
            encoded = content(key, row.data.encode(), headers_of(row, self._service, self._filling))
            if size_in_batch(encoded) > self._topic.largest_batch:
                break
            by_partition.setdefault(partition_of(key, PARTITIONS), []).append(encoded)
            taken += 1
        if not taken:
            if not self._batches:
                raise _too_large(rows[0], size_in_batch(encoded), self._topic)
            return 0
        with self._broker.speaking():
            sent = [
                self._producer.send_batch(self._topic.name, partition, part)
                for partition, contents in by_partition.items()
                for part in _parts(contents)
            ]
            self._producer.go()
        self._read = rows[taken - 1].position
        traced = [] if not tracing.exported_by() else [row for row in rows[:taken] if not self._is_confined(row)]
        events = sum(each.records for each in sent)
        self._batches.append(_Batch(self._read, sent, events, traced, monotonic(), time.time_ns()))
        return taken

    def _is_confined(self, row: ToPublish) -> bool:
        return bool(self._confined) and category_of(row.stream) in self._confined

    def stay_where_the_cursor_is(self) -> None:
        """Raises Fenced when somebody set it elsewhere, as `copse topics refill` does: then it is begun again there."""
        if not self._batches and self._outbox.cursor() != self._published:
            raise Fenced(f"{_NAME} was set elsewhere")

    def settle(self, wait_seconds: float = 0) -> bool:
        """Moves the cursor up to where everything has arrived, after waiting for the oldest batch if need be. Whether
        anything has.

        Raises BrokerUnavailable, or CannotPublish when the topic has lost records, or Fenced.
        """
        upto, ends = self._published, dict[int, int]()
        until = monotonic() + wait_seconds
        with self._broker.speaking(), relay_failed_batches.count_exceptions():
            while self._batches and _has_arrived(self._batches[0], until):
                batch = self._batches.popleft()
                upto = batch.upto
                for sent in batch.sent:
                    self._note_end(sent, ends)
                relayed(self._topic.name, batch.events, batch.traced, batch.since_1970)
                until = 0
        moved = upto != self._published
        if moved:
            # What holds nothing but confined events moves the cursor too; it notes an end as it was.
            if not self._outbox.published(self._published, upto, ends or {0: self._ends[0]}):
                raise Fenced(f"{_NAME} was moved by another process")
            self._published = upto
            self._ends.update(ends)
        elif self._batches and monotonic() > self._batches[0].since + _ACKNOWLEDGED_WITHIN_SECONDS:
            raise BrokerUnavailable(self._broker.servers, "it acknowledges nothing")
        return moved

    def _note_end(self, sent: Sent, ends: dict[int, int]) -> None:
        """Where a batch that has arrived stands now; not before what stood there already."""
        known = ends.get(sent.partition, self._ends[sent.partition])
        if sent.first_offset < 0:
            ends[sent.partition] = known + sent.records  # it had arrived before, and the broker does not say where
            return
        if sent.first_offset < known:
            raise CannotPublish(
                f"{self._topic.name} has lost records: partition {sent.partition} had {known} and goes on at"
                f" {sent.first_offset}. They are sent again"
            )
        ends[sent.partition] = sent.first_offset + sent.records


def _has_arrived(batch: _Batch, until: float) -> bool:
    """Whether every record of a batch is acknowledged, waited for up to a moment. Raises KafkaError when one failed."""
    return all(each.arrived(max(0.0, until - monotonic())) for each in batch.sent)


def _parts(contents: Sequence[bytes]) -> list[list[bytes]]:
    """In batches that every topic takes, in order. One record that alone is larger has its own."""
    parts: list[list[bytes]] = [[]]
    size = 0
    for each in contents:
        if parts[-1] and size + len(each) > BATCH_BYTES:
            parts.append([])
            size = 0
        parts[-1].append(each)
        size += size_in_batch(each)
    return parts


def _too_large(row: ToPublish, size: int, topic: Topic) -> CannotPublish:
    return CannotPublish(
        f"{row.type}, version {row.version} of {row.stream}, has {size:,} bytes as a record, and {topic.name} takes"
        f" {topic.largest_batch:,}. Nothing after it is published. Run: {largest_batch_of(topic.name, size)}"
    )
