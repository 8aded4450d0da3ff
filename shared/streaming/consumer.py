"""Tells projections and reactions of other services' events, from Kafka, exactly once in effect.

The place in each partition is a row in this service's database, moved by compare-and-set in the transaction that
writes what was read. A process that lost its partition without knowing finds its move refused and writes nothing.
Redeliveries are told by stream version; a jump in a stream's versions is a gap: the partition is held and says so.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition

from shared.database.pool import Database, Transaction, Unavailable
from shared.messages.codec import Codec
from shared.messages.recorded import Stored
from shared.projections.reader import Fenced, note_failure
from shared.projections.standing import followers
from shared.projections.subscriber import Subscriber
from shared.streaming.broker import Broker
from shared.streaming.cloudevents import stored_from, topic_of

log = structlog.get_logger()

_POLL_MILLISECONDS = 250
_PAUSE_AFTER_FAILURE_SECONDS = 2.0


class GapFound(Exception):
    """An event of a stream is missing: a later version came before it."""


@dataclass(frozen=True)
class _Seen:
    stream: str
    version: int


class Consumer:
    """One service's reader of other services' topics. Several processes share the partitions."""

    def __init__(
        self,
        service: str,
        database: Database,
        broker: Broker,
        contracts: Mapping[str, Codec],
        subscribers: Sequence[Subscriber[Any]],
        noted: Callable[[], None] = lambda: None,
    ) -> None:
        """`contracts` gives for each service that is read the codec of the events that this one knows of it;
        `noted` rings the doorbell when a reaction may have noted something in the agenda."""
        self._service, self._database, self._broker = service, database, broker
        self._codecs = {topic_of(other): codec for other, codec in contracts.items()}
        self._subscribers = subscribers
        self._noted = noted

    def run(self, stop: threading.Event) -> None:
        """Until `stop`. Raises Unavailable, BrokerUnavailable or Fenced: the worker then begins again."""
        if not self._codecs:
            return
        with self._broker.consumer(f"copse.{self._service}") as consumer:
            with self._broker.speaking():
                for topic in self._codecs:
                    # Known before the group is joined: kafka-python 3.0.12 may assign nothing for ever when the first
                    # assignment finds "no partition metadata" and the metadata comes during the second.
                    consumer.partitions_for_topic(topic)
            consumer.subscribe(list(self._codecs), listener=_SeekToPosition(consumer, self._database))
            while not stop.is_set():
                with self._broker.speaking():
                    polled = consumer.poll(timeout_ms=_POLL_MILLISECONDS, max_records=500)
                for partition, records in polled.items():
                    if not self._handle_or_hold(partition, records):
                        consumer.seek(partition, records[0].offset)
                        stop.wait(_PAUSE_AFTER_FAILURE_SECONDS)

    def _handle_or_hold(self, partition: TopicPartition, records: Sequence[Any]) -> bool:
        try:
            self.handle(partition.topic, partition.partition, [_Read.of(record) for record in records])
        except (Unavailable, Fenced):
            raise
        except Exception as error:
            log.exception("a partition is held", topic=partition.topic, partition=partition.partition)
            self._note(error)
            return False
        return True

    def _note(self, error: Exception) -> None:
        with self._database.transaction() as db:
            db.execute("insert into readers (name) values ('consumer') on conflict do nothing")
        note_failure(self._database, "consumer", error)

    def handle(self, topic: str, partition: int, records: Sequence["_Read"]) -> None:
        """Tells the subscribers of what is new in a partition's next records and moves its position."""
        with self._database.transaction() as db:
            _move(db, topic, partition, records[0].offset, records[-1].offset + 1)
            stored = [stored_from(record.headers, record.value) for record in records]
            codec = self._codecs[topic]
            told = [codec.decode(each) for each in _new_ones(db, topic, stored) if codec.knows(each.type)]
            following = followers(db, self._subscribers, codec, topic, partition, records[0].offset)
            for each in told:
                for subscriber in following:
                    subscriber.tell(each, db)
        if told:
            self._noted()


@dataclass(frozen=True, slots=True)
class _Read:
    offset: int
    headers: list[tuple[str, bytes]]
    value: bytes | None

    @classmethod
    def of(cls, record: Any) -> "_Read":
        return cls(record.offset, list(record.headers), record.value)


def _move(db: Transaction, topic: str, partition: int, first: int, following: int) -> None:
    moved = db.execute(
        "insert into consumer_positions (topic, partition, next_offset) values (%s, %s, %s)"
        " on conflict (topic, partition) do update set next_offset = excluded.next_offset"
        " where consumer_positions.next_offset = %s",
        topic,
        partition,
        following,
        first,
    )
    if moved != 1:
        raise Fenced(f"{topic} partition {partition} was moved by another process")


def _new_ones(db: Transaction, topic: str, stored: Sequence[Stored]) -> list[Stored]:
    """Those not seen before, with what was seen written down. Raises GapFound when a version is missing."""
    streams = sorted({each.stream for each in stored})
    seen = {
        row.stream: row.version
        for row in db.all(
            _Seen,
            "select stream, version from consumer_streams where topic = %s and stream = any(%s)",
            topic,
            streams,
        )
    }
    before = dict(seen)
    new = []
    for each in stored:
        expected = seen.get(each.stream, 0) + 1
        if each.version > expected:
            raise GapFound(f"{topic}: {each.stream} jumps from version {expected - 1} to {each.version}")
        if each.version == expected:
            seen[each.stream] = each.version
            new.append(each)
    moved = [(topic, stream, version) for stream, version in seen.items() if before.get(stream) != version]
    if moved:
        db.execute_values(
            "insert into consumer_streams (topic, stream, version) values %s"
            " on conflict (topic, stream) do update set version = excluded.version",
            moved,
        )
    return new


class _SeekToPosition(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python ships no types
    """Puts each newly assigned partition where this service's database says, whatever Kafka remembers."""

    def __init__(self, consumer: KafkaConsumer, database: Database) -> None:
        self._consumer, self._database = consumer, database

    def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Nothing to give back: positions move with what was written."""

    def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        with self._database.transaction() as db:
            for partition in assigned:
                offset = db.value(
                    int,
                    "select next_offset from consumer_positions where topic = %s and partition = %s",
                    partition.topic,
                    partition.partition,
                )
                self._consumer.seek(partition, offset or 0)
