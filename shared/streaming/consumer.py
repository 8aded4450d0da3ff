"""Tells projections and reactions of other services' events, from Kafka, exactly once in effect.

The place in each partition is a row in this service's database, moved by compare-and-set in the transaction that
writes what was read. A process that lost its partition without knowing finds its move refused and writes nothing.
Redeliveries are told by stream version. What cannot be handled, and what comes after a missing version, is parked with
its stream's later messages (docs/adr/0010-dead-letters.md); the other streams go on.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from time import monotonic
from typing import Any

import msgspec
import structlog
from kafka import TopicPartition

from shared.database.leadership import asked_to_stand_still
from shared.database.pool import Database, Prepared, Transaction
from shared.dead_letters import letters
from shared.dead_letters.breaker import Breaker, BreakerOpen, Policy
from shared.dead_letters.letters import Parked
from shared.dead_letters.mending import Mending
from shared.dead_letters.patience import NO_FAULT_OF_THE_MESSAGE, patiently
from shared.failures import plain
from shared.messages.codec import Codec
from shared.projections.reader import Fenced, forget_if_the_server_crashes, note_failure
from shared.projections.standing import Standing
from shared.projections.subscriber import Subscriber
from shared.streaming.broker import Broker
from shared.streaming.cloudevents import Malformed, Received
from shared.streaming.seeker import Seeker
from shared.streaming.streams import GapFound, Place, Streams
from shared.streaming.telling import Telling
from shared.telemetry.jobs import consumer_set_back, telling

log = structlog.get_logger()

_POLL_MILLISECONDS = 250
_MOST_AT_ONCE = 500
_LOOK_FOR_READY_SECONDS = 5.0
_LOOK_FOR_STILL_SECONDS = 0.25
_BEGIN = Prepared("begin_batch", "select * from begin_batch(%s, %s, %s, %s, %s::text[])")
_HELD = msgspec.json.Decoder(dict[str, int | None])
_SEEN = msgspec.json.Decoder(dict[str, int])
_STANDING = msgspec.json.Decoder(list[Standing])


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
        policy: Policy = Policy(),  # noqa: B008  # frozen
    ) -> None:
        """`contracts` gives for each service that is read the codec of the events that this one knows of it;
        `noted` rings the doorbell when a reaction may have noted something in the agenda."""
        self._service, self._database, self._broker = service, database, broker
        self._telling = Telling(contracts, subscribers)
        self._noted = noted
        self._stop = threading.Event()
        self._breaker = Breaker(policy)
        self._mending = Mending(self._telling, database, noted, self._wait)
        self._said_failure = False
        self._asked_at = float("-inf")

    def run(self, stop: threading.Event, works: Callable[[], None] = lambda: None) -> None:
        """Until `stop`. Raises Unavailable, BrokerUnavailable or Fenced: the worker then begins again."""
        if not self._telling.topics:
            return
        self._stop = stop
        self._take_over_failure()
        looked_at = float("-inf")
        with self._broker.consumer(f"copse.{self._service}") as consumer:
            with self._broker.speaking():
                for topic in self._telling.topics:
                    # Known before the group is joined: who shares the partitions out and knows of none gives none away.
                    consumer.partitions_for_topic(topic)
                    consumer_set_back.labels(topic)  # at 0: Prometheus sees no increase in what begins with 1
            seeker = Seeker(consumer, self._database, begins=self._take_over_failure)
            consumer.subscribe(self._telling.topics, listener=seeker)
            while not stop.is_set():
                if self._must_stand_still():
                    works()
                    continue
                if monotonic() > looked_at + _LOOK_FOR_READY_SECONDS:
                    self._mending.follow_ready()
                    looked_at = monotonic()
                with self._broker.speaking():
                    seeker.look_at_ends()
                    polled = consumer.poll(timeout_ms=_POLL_MILLISECONDS, max_records=_MOST_AT_ONCE)
                works()
                for partition, records in polled.items():
                    if new := seeker.new(partition, records):
                        self._handle_or_stand_still(seeker, partition, new)

    def _must_stand_still(self) -> bool:
        """Looks now and then whether somebody makes a projection anew and asks for a moment. Then one has passed."""
        if monotonic() < self._asked_at + _LOOK_FOR_STILL_SECONDS:
            return False
        self._asked_at = monotonic()
        if not asked_to_stand_still(self._database, self._telling.names):
            return False
        self._wait(_LOOK_FOR_STILL_SECONDS)
        return True

    def _handle_or_stand_still(self, seeker: Seeker, partition: TopicPartition, records: Sequence[Received]) -> None:
        try:
            with telling(partition.topic, len(records)):
                self.handle(partition.topic, partition.partition, records)
        except NO_FAULT_OF_THE_MESSAGE:
            raise
        except Exception as error:
            if self._stop.is_set():
                return
            log.error("the consumer stands still", reason=plain(error))
            self._note(error)
            self._said_failure = True
            seeker.seek(partition)
            self._wait(self._breaker.policy.pause_seconds)
        else:
            if self._said_failure and not self._breaker.open:
                log.warning("the consumer goes on")
                self._note(None)
                self._said_failure = False

    def _take_over_failure(self) -> None:
        """What another process said that it could not do, this one begins with: a restart must not park ten more, and
        who takes over the partitions of one that was killed is the only one left to say that it goes on."""
        with self._database.transaction() as db:
            failure = db.value(int, "select 1 from readers where name = 'consumer' and failure is not null")
        self._said_failure = self._breaker.open = failure is not None

    def _note(self, error: Exception | None) -> None:
        with self._database.transaction() as db:
            db.execute("insert into readers (name) values ('consumer') on conflict do nothing")
        note_failure(self._database, "consumer", error)

    def _wait(self, seconds: float) -> None:
        self._stop.wait(seconds)

    def handle(self, topic: str, partition: int, records: Sequence[Received]) -> None:
        """Tells the subscribers of what is new in a partition's next records and moves its position.

        All in one transaction when nothing fails. When something does, one by one, so that only what fails is parked.
        Raises BreakerOpen, with the position at the first message that was neither handled nor parked.
        """
        try:
            self._breaker.handled(self._tell(topic, partition, records, records[-1].offset + 1))
        except NO_FAULT_OF_THE_MESSAGE:
            raise
        except Exception:
            following = [*(record.offset for record in records[1:]), records[-1].offset + 1]
            for record, next_offset in zip(records, following, strict=True):
                self._tell_or_park(topic, partition, record, next_offset)

    def _tell(
        self, topic: str, partition: int, records: Sequence[Received], following: int, *, apart: bool = False
    ) -> int:
        """In one transaction, nothing when anything fails; how many messages a subscriber was told of. With `apart` a
        failure says whose it is."""
        arrived = [(record, self._telling.read(topic, record)) for record in records]
        news, parked = [], []
        with self._database.transaction() as db:
            first = records[0].offset
            streams, standing = _begin(db, topic, partition, first, following, {stored.stream for _, stored in arrived})
            following_now = self._telling.following(db, standing, topic, partition, first)
            for record, stored in arrived:
                match streams.place(stored):
                    case Place.NEXT:
                        news.append(stored)
                    case Place.BEHIND:
                        parked.append(Parked(topic, partition, record, stored))
            if not any(each.notes for each in following_now):
                forget_if_the_server_crashes(db)
            told = self._telling.tell(topic, news, db, following_now, apart=apart)
            letters.park(db, parked)
            streams.save()
        if told:
            self._noted()
        for stream in streams.to_follow:
            self._mending.follow(topic, stream)
        return told

    def _tell_or_park(self, topic: str, partition: int, record: Received, following: int) -> None:
        try:
            self._breaker.handled(
                patiently(lambda: self._tell(topic, partition, [record], following, apart=True), self._wait)
            )
        except NO_FAULT_OF_THE_MESSAGE:
            raise
        except Exception as error:
            if self._stop.is_set():
                raise  # its pauses were cut short: it is tried again at the next start
            reason = plain(error)
            if not self._breaker.allows_failure():
                raise BreakerOpen(topic, partition, record.offset, f"{reason} ({self._breaker})") from error
            log.error("a message is parked", topic=topic, partition=partition, offset=record.offset, reason=reason)
            self._park(topic, partition, record, following, error)

    def _park(self, topic: str, partition: int, record: Received, following: int, error: Exception) -> None:
        stored = None if isinstance(error, Malformed) else self._telling.read(topic, record)
        waits = isinstance(error, GapFound)
        with self._database.transaction() as db:
            _move(db, topic, partition, record.offset, following)
            letters.park(
                db, [Parked(topic, partition, record, stored, None if waits else plain(error), int(not waits))]
            )


def _begin(
    db: Transaction, topic: str, partition: int, first: int, following: int, streams: Iterable[str]
) -> tuple[Streams, list[Standing]]:
    """Moves a partition's position; how its streams and this service's projections stand. Raises Fenced."""
    [(held, seen, standing)] = db.rows(_BEGIN, topic, partition, first, following, sorted(streams))
    if standing is None:
        raise _moved_elsewhere(topic, partition)
    return Streams(db, topic, _HELD.decode(held), _SEEN.decode(seen)), _STANDING.decode(standing)


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
        raise _moved_elsewhere(topic, partition)


def _moved_elsewhere(topic: str, partition: int) -> Fenced:
    return Fenced(f"{topic} partition {partition} was moved by another process")
