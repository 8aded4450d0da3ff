"""How far each part of each service has come, and what stands still: what `copse status` shows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from shared.database.pool import Transaction
from shared.dead_letters.letters import Count, count
from shared.errors import CannotGoOn
from shared.messages.clock import Clock
from shared.operations.migrations import applied_migrations, missing_migrations
from shared.operations.watched import Watched, is_migrated, seconds_since
from shared.streaming.broker import Broker, BrokerUnavailable
from shared.streaming.topics import Topic, first_times, topics_there

_SQL = Path(__file__).parent / "sql"
_HORIZON = (_SQL / "horizon.sql").read_text()
_LAST_EVENT = (_SQL / "last_event.sql").read_text()
_BEHIND = (_SQL / "behind.sql").read_text()
_AGENDA = (_SQL / "agenda.sql").read_text()
_CONSUMER_POSITIONS = (_SQL / "consumer_positions.sql").read_text()

STILL_AFTER_SECONDS = 30.0
"""What waits longer than this stands still. A healthy part is done within a second."""


@dataclass(frozen=True, slots=True)
class LastEvent:
    xid: str
    position: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Holder:
    """The oldest transaction that has an id: readers wait for its end. `seconds` is None when its start is hidden."""

    pid: int | None
    seconds: float | None
    holder: str
    state: str | None
    database: str | None


@dataclass(frozen=True, slots=True)
class Lag:
    """How many events a reader has before it, since how many seconds, and why it stopped, if it did."""

    events: int
    seconds: float | None
    failure: str | None


@dataclass(frozen=True, slots=True)
class TopicLag:
    """The same for a consumer and one topic. `beyond_end`: the topic is shorter than what was read of it."""

    topic: str
    events: int
    seconds: float | None
    beyond_end: bool


@dataclass(frozen=True, slots=True)
class OpenEntries:
    """The agenda's: due now, for later, and postponed after a failure. `last_error` is the most stubborn one's."""

    due: int
    later: int
    postponed: int
    due_since: datetime | None
    next_at: datetime | None
    last_error: str | None


@dataclass(slots=True)
class ServiceStatus:
    """What could be learnt of one service; `says` is why there is nothing more."""

    service: str
    says: str | None = None
    migrations_applied: int = 0
    migrations_missing: list[str] = field(default_factory=list)
    last_event: LastEvent | None = None
    horizon: Holder | None = None
    relay: Lag | None = None
    readers: dict[str, Lag] = field(default_factory=dict)
    consumer: list[TopicLag] = field(default_factory=list)
    consumer_failure: str | None = None
    topics_missing: list[str] = field(default_factory=list)
    dead_letters: Count | None = None
    agenda: OpenEntries | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """`still` names all that stands still, a sentence each; empty when everything moves."""

    services: list[ServiceStatus]
    kafka: str | None
    still: list[str]


def overview(
    watched: Sequence[Watched],
    broker: Broker | None,
    clock: Clock,
    *,
    silent: Mapping[str, str] | None = None,
    still_after: float = STILL_AFTER_SECONDS,
) -> Overview:
    """Looks at every service once. `silent` are those that could not even be asked, and why. Raises nothing."""
    services = [ServiceStatus(name, says=reason) for name, reason in (silent or {}).items()]
    read: list[tuple[ServiceStatus, _Read]] = []
    for each in watched:
        status = ServiceStatus(each.service.name)
        services.append(status)
        try:
            read.append((status, _fill(status, each, clock)))
        except CannotGoOn as error:
            status.says = str(error)
    # After the databases: an end that was asked first could be older than a place, and look like a shortened topic.
    kafka = _fill_consumers(read, broker, clock)
    still = [f"{status.service}: {what}" for status in services for what in _still(status, clock, still_after)]
    return Overview(services, kafka, [*([kafka] if kafka else []), *still])


def held_by(db: Transaction) -> Holder | None:
    """The transaction that holds the snapshot horizon back at this moment, or None."""
    return db.one(Holder, _HORIZON)


def behind(db: Transaction, reader: str, clock: Clock) -> Lag:
    """What a reader of the own event table has before it. Zero and None when it is up to date."""
    found = db.one(_Behind, _BEHIND, reader)
    if found is None:
        raise AssertionError("an aggregate query gives a row")
    return Lag(found.events, seconds_since(found.waiting_since, clock), found.failure)


@dataclass(frozen=True, slots=True)
class _Behind:
    events: int
    waiting_since: datetime | None
    xid: str
    position: int
    failure: str | None


@dataclass(frozen=True, slots=True)
class _Place:
    partition: int
    next_offset: int


_Read = Mapping[str, Mapping[int, int]]
"""How far a service's consumer has come: topic, partition, next offset."""


def _fill(status: ServiceStatus, watched: Watched, clock: Clock) -> _Read:
    with watched.looking() as db:
        status.migrations_applied = applied_migrations(watched.service, db)
        status.migrations_missing = missing_migrations(watched.service, db)
        if not is_migrated(db):
            return {}
        status.last_event = db.one(LastEvent, _LAST_EVENT)
        status.horizon = held_by(db)
        status.relay = behind(db, "relay", clock)
        status.readers = {each.name: behind(db, each.name, clock) for each in watched.own_readers()}
        status.agenda = db.one(OpenEntries, _AGENDA, clock.now())
        status.dead_letters = count(db) if not status.migrations_missing else None
        status.consumer_failure = db.value(str, "select failure from readers where name = 'consumer'")
        return {name: places_read(db, name) for name in watched.followed().values()}


def places_read(db: Transaction, topic: str) -> dict[int, int]:
    """The next offset in each partition of a topic that this service's consumer has read from."""
    return {each.partition: each.next_offset for each in db.all(_Place, _CONSUMER_POSITIONS, topic)}


def _fill_consumers(read: Sequence[tuple[ServiceStatus, _Read]], broker: Broker | None, clock: Clock) -> str | None:
    """The lag of every consumer; a sentence when Kafka could not be asked."""
    if broker is None:
        return "KAFKA_BOOTSTRAP_SERVERS is not set, so consumers were not looked at."
    try:
        topics = topics_there(broker, [name for _, places in read for name in places])
        for status, places in read:
            status.consumer = [
                _topic_lag(topics[name], each, broker, clock) for name, each in places.items() if name in topics
            ]
            status.topics_missing = [name for name in places if name not in topics]
    except BrokerUnavailable as error:
        return str(error)
    return None


def _topic_lag(topic: Topic, read: Mapping[int, int], broker: Broker, clock: Clock) -> TopicLag:
    places = {part: max(read.get(part, 0), beginning) for part, beginning in topic.beginnings.items()}
    waiting = {part: place for part, place in places.items() if place < topic.ends[part]}
    oldest = min(first_times(broker, topic, waiting).values(), default=None) if waiting else None
    return TopicLag(
        topic.name,
        events=sum(topic.ends[part] - place for part, place in waiting.items()),
        seconds=seconds_since(oldest, clock),
        beyond_end=any(place > topic.ends.get(part, 0) for part, place in read.items()),
    )


def _still(status: ServiceStatus, clock: Clock, after: float) -> Iterator[str]:
    """A sentence for each part that does not move."""
    if status.says:
        yield status.says
    if status.migrations_missing:
        yield f"{', '.join(status.migrations_missing)} not applied. Run: copse migrate {status.service}"
    if status.horizon and (status.horizon.seconds is None or status.horizon.seconds > after):
        yield f"readers wait for an open transaction of {told_holder(status.horizon)}"
    if status.relay and (status.relay.failure or _waits(status.relay, after)):
        yield f"the relay stands still: {told_lag(status.relay)}"
    for name, lag in status.readers.items():
        if lag.failure or _waits(lag, after):
            yield f"{name} stands still: {told_lag(lag)}"
    for each in status.consumer:
        if each.beyond_end:
            yield f"{each.topic} is shorter than what was read of it. See: copse topics check"
        elif each.events and (status.consumer_failure or (each.seconds or 0) > after):
            lag = Lag(each.events, each.seconds, status.consumer_failure)
            yield f"the consumer of {each.topic} stands still: {told_lag(lag)}"
    if status.dead_letters and status.dead_letters.letters:
        parked = status.dead_letters
        held = f"{parked.letters} dead letters hold {parked.streams} streams"
        yield f"{held}. See: copse dead-letters list {status.service}"
    if status.topics_missing:
        yield f"Kafka has no {', '.join(status.topics_missing)}. Run: copse migrate {status.service}"
    due_for = seconds_since(status.agenda.due_since, clock) if status.agenda else None
    if status.agenda and (due_for or 0) > after:
        yield f"the agenda stands still: {status.agenda.due} due, the oldest for {due_for:g} s"


def _waits(lag: Lag, after: float) -> bool:
    return lag.events > 0 and (lag.seconds or 0) > after


def told_lag(lag: Lag) -> str:
    """For people: `3 events, 12 s behind (why)`."""
    if not lag.events:
        text = "up to date"
    else:
        text = f"{lag.events} event{'s' if lag.events > 1 else ''}, {lag.seconds or 0:g} s behind"
    return f"{text} ({lag.failure})" if lag.failure else text


def told_holder(holder: Holder) -> str:
    """For people: who holds the horizon, where, and since when."""
    since = "for a time that this account may not see" if holder.seconds is None else f"for {holder.seconds:.1f} s"
    where = f", process {holder.pid}" if holder.pid else ""
    where += f" in {holder.database}" if holder.database else ""
    return f"{holder.holder}{where} ({holder.state or 'no session'}, {since})"
