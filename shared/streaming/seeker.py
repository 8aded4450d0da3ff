"""Where one process reads on in each partition, and whether that place still means what it meant.

A place counts records. When Kafka has lost some and the relay sends them again, they stand elsewhere, because the old
topic held a few twice: what was never read here may then lie before the place. So each record carries to which filling
of its topic it belongs, and each place of which filling it is. Who meets a newer one, or stands beyond the end, reads
again from the beginning; what is known is told by its version (docs/adr/0026-fillings.md).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import structlog
from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition

from shared.database.pool import Database
from shared.projections.reader import Fenced
from shared.streaming.cloudevents import Received, filling_of
from shared.telemetry.jobs import consumer_set_back

log = structlog.get_logger()

_ANSWERED_WITHIN_MILLISECONDS = 5_000  # without a limit kafka-python asks for ever


@dataclass(frozen=True, slots=True)
class _Place:
    next_offset: int
    filling: int


class Seeker(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python ships no types
    """Puts each newly assigned partition where this service's database says, whatever Kafka remembers."""

    def __init__(self, consumer: KafkaConsumer, database: Database, begins: Callable[[], None]) -> None:
        """`begins` is called before partitions are begun with."""
        self._consumer, self._database, self._begins = consumer, database, begins
        self._places: dict[TopicPartition, _Place] = {}
        self._ends_unseen: set[TopicPartition] = set()

    def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Nothing to give back: positions move with what was written."""
        self._ends_unseen.difference_update(revoked)

    def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        self._begins()
        for partition in assigned:
            self.seek(partition)
        self._ends_unseen.update(each for each in assigned if self._places[each].next_offset)

    def seek(self, partition: TopicPartition) -> None:
        """One record before the place: that one tells whether the place is still right when nothing comes after it."""
        with self._database.transaction() as db:
            place = db.one(
                _Place,
                "select next_offset, filling from consumer_positions where topic = %s and partition = %s",
                partition.topic,
                partition.partition,
            )
        self._places[partition] = place or _Place(0, 0)
        self._consumer.seek(partition, max(0, self._places[partition].next_offset - 1))

    def look_at_ends(self) -> None:
        """Sets back what was assigned beyond its partition's end, where nothing might ever come. Raises Fenced, or
        kafka-python's error when Kafka does not answer.

        Not while it is being assigned: kafka-python then waits for its listener and asks Kafka nothing.
        """
        if not self._ends_unseen:
            return
        ends = self._consumer.end_offsets(list(self._ends_unseen), timeout_ms=_ANSWERED_WITHIN_MILLISECONDS)
        for partition, end in ends.items():
            if self._places[partition].next_offset > end:
                self._set_back(partition, self._places[partition].filling)
        self._ends_unseen.clear()

    def new(self, partition: TopicPartition, records: Sequence[Received]) -> Sequence[Received]:
        """Those that come next; none when the partition must be read again from its beginning. Raises Fenced.

        They count as read: who could not handle them seeks again.
        """
        place = self._places[partition]
        filling = max(filling_of(each.headers) for each in records)
        if filling > place.filling or records[0].offset < place.next_offset - 1:
            self._set_back(partition, max(filling, place.filling))
            return []
        self._places[partition] = replace(place, next_offset=max(place.next_offset, records[-1].offset + 1))
        return [each for each in records if each.offset >= place.next_offset]

    def _set_back(self, partition: TopicPartition, filling: int) -> None:
        """By compare-and-set: a process that lost the partition without knowing sets nobody back."""
        place = self._places[partition]
        with self._database.transaction() as db:
            moved = db.execute(
                "insert into consumer_positions (topic, partition, next_offset, filling) values (%s, %s, 0, %s)"
                " on conflict (topic, partition) do update set next_offset = 0, filling = excluded.filling"
                " where consumer_positions.next_offset = %s and consumer_positions.filling = %s",
                partition.topic,
                partition.partition,
                filling,
                place.next_offset,
                place.filling,
            )
        if moved != 1:
            raise Fenced(f"{partition.topic} partition {partition.partition} was moved by another process")
        if place.next_offset:
            consumer_set_back.labels(partition.topic).inc()
            log.error(
                "Kafka had lost records of a topic; it is read again from the beginning, and what is known is passed"
                " over",
                topic=partition.topic,
                partition=partition.partition,
                stood_at=place.next_offset,
            )
        self.seek(partition)
