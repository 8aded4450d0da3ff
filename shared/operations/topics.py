"""Whether each topic is as it must be, and how an empty one is filled again from the event table."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shared.database.leadership import lead
from shared.errors import CannotGoOn
from shared.operations.service_status import places_read
from shared.operations.watched import Watched
from shared.streaming.broker import PARTITIONS, Broker
from shared.streaming.topics import LARGEST_BATCH, Topic, largest_batch_of, topics_there

_RELAYED = (Path(__file__).parent / "sql/relayed.sql").read_text()
_FOR_EVER = {"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete"}
_LEADER_AWAITED_SECONDS = 2.0


class CannotRefill(CannotGoOn):
    """The topic must not be filled now; the message says why and what to do first."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One topic. `events` were relayed according to the event table, None when its service is not looked at."""

    topic: str
    partitions: int
    records: int
    events: int | None
    wrong: list[str]


def check_topics(watched: Sequence[Watched], broker: Broker) -> list[Checked]:
    """Every topic that the services write or read. Raises Unavailable or BrokerUnavailable."""
    # The tables first: what is relayed according to them must be in the topic a moment later.
    relayed = {each.topic: _relayed(each) for each in watched}
    read = {each.service.name: _places(each) for each in watched}
    names = sorted({*relayed, *(topic for places in read.values() for topic in places)})
    there = topics_there(broker, names)
    return [_checked(name, there.get(name), relayed.get(name), read) for name in names]


def refill(watched: Watched, broker: Broker, consumers: Sequence[Watched]) -> int:
    """Sets the relay's cursor back, so that it sends every event again that is not confined; how many those are.

    The consumers named are set back to the beginning of the topic; by stream version they drop what they know.
    Raises CannotRefill when the topic is not there or not empty, or when a relay is at work: it may be about to send
    later events before the earlier ones.
    """
    with _no_relay_at_work(watched):
        topic = topics_there(broker, [watched.topic]).get(watched.topic)
        if topic is None:
            raise CannotRefill(f"There is no topic {watched.topic}. Run: copse migrate {watched.service.name}")
        if any(topic.ends.values()):
            raise CannotRefill(
                f"{watched.topic} is not empty: it has had {sum(topic.ends.values())} records, and what is sent again"
                " would come after them. Only an empty topic can be filled; delete this one and run"
                f" copse migrate {watched.service.name} if it must begin anew."
            )
        for each in consumers:
            read_again(each, watched.topic)
        with watched.database.transaction() as db:
            db.execute("update readers set xid = '0', position = 0, failure = null where name = 'relay'")
            db.execute("update relay_offsets set next_offset = 0, filling = filling + 1")
            sent = "select count(*) from events where left(stream, -37) <> all (%s::text[])"
            return db.value(int, sent, list(watched.service.confined)) or 0


def read_again(consumer: Watched, topic: str) -> None:
    """Sets a service's consumer back to the beginning of a topic; what it has seen it drops.

    Set to 0 and not deleted: a consumer that is at work then finds its move refused, and begins again where this says.
    """
    with consumer.database.transaction() as db:
        db.execute("update consumer_positions set next_offset = 0 where topic = %s", topic)


@contextmanager
def _no_relay_at_work(watched: Watched) -> Iterator[None]:
    enough = threading.Event()
    timer = threading.Timer(_LEADER_AWAITED_SECONDS, enough.set)
    timer.start()
    try:
        with lead(watched.database, "relay", enough) as connection:
            timer.cancel()
            if connection is None:
                raise CannotRefill(
                    f"The relay of {watched.service.name} is at work. Stop the workers of {watched.service.name},"
                    " refill, and start them again."
                )
            yield
    finally:
        timer.cancel()


def _relayed(watched: Watched) -> int:
    with watched.looking() as db:
        return db.value(int, _RELAYED, list(watched.service.confined)) or 0


def _places(watched: Watched) -> Mapping[str, Mapping[int, int]]:
    with watched.looking() as db:
        return {topic: places_read(db, topic) for topic in watched.followed().values()}


def _checked(
    name: str, topic: Topic | None, events: int | None, read: Mapping[str, Mapping[str, Mapping[int, int]]]
) -> Checked:
    service = name.split(".")[1]
    if topic is None:
        return Checked(name, 0, 0, events, [f"is not there. Run: copse migrate {service}"])
    wrong = [
        f"has {key}={topic.settings[key]} and must have {value}: events are kept for ever."
        f" Run: kafka-configs.sh --alter --entity-type topics --entity-name {name} --add-config {key}={value}"
        for key, value in _FOR_EVER.items()
        if topic.settings[key] != value
    ]
    if topic.partitions != PARTITIONS:
        wrong.append(
            f"has {topic.partitions} partitions and must have {PARTITIONS}: streams would be split."
            f" Delete it, then run: copse migrate {service}, copse topics refill {service}"
        )
    if topic.largest_batch < LARGEST_BATCH:
        wrong.append(
            f"takes {topic.largest_batch:,} bytes at once and must take {LARGEST_BATCH:,}: the relay refuses it."
            f" Run: {largest_batch_of(name, LARGEST_BATCH)}"
        )
    if any(topic.beginnings.values()):
        wrong.append(f"has lost its first {sum(topic.beginnings.values())} records: they were deleted.")
    if events is not None and topic.records < events:
        wrong.append(
            f"has {topic.records} records, and {events} events were sent to it."
            + (f" Run: copse topics refill {service}" if not topic.records else " See: copse audit")
        )
    wrong += [
        f"is shorter than what {reader} has read of it. A worker of {reader} reads it again from the beginning by"
        " itself: is one running?"
        for reader, topics in read.items()
        if any(place > topic.ends.get(part, 0) for part, place in topics.get(name, {}).items())
    ]
    return Checked(name, topic.partitions, topic.records, events, wrong)
