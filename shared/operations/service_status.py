"""How far each part of one service has come, asked of its own database: for `copse status` and for metrics.

Nothing here speaks to Kafka: a web process that is asked for its metrics never loads it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from shared.database.pool import Transaction
from shared.dead_letters.letters import Count, count
from shared.messages.clock import Clock
from shared.operations.migrations import applied_migrations, missing_migrations
from shared.operations.watched import Watched, is_migrated, seconds_since
from shared.release import RELEASE

_SQL = Path(__file__).parent / "sql"
_HORIZON = (_SQL / "horizon.sql").read_text()
_LAST_EVENT = (_SQL / "last_event.sql").read_text()
_BEHIND = (_SQL / "behind.sql").read_text()
_AGENDA = (_SQL / "agenda.sql").read_text()
_RUNNING = (_SQL / "running.sql").read_text()
_CONSUMER_POSITIONS = (_SQL / "consumer_positions.sql").read_text()
_NOT_BUILT = (_SQL / "not_built.sql").read_text()

FAILED_OFTEN = 5
"""After so many attempts, half a minute after the first, an entry of the agenda does not fail by chance any more."""


@dataclass(frozen=True, slots=True)
class LastEvent:
    xid: str
    position: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Holder:
    """The oldest transaction that has an id: readers wait for its end. `seconds` is None when its start is hidden."""

    transaction: str
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
    """The agenda's: due now, for later, and postponed after a failure. `last_error` is the most stubborn one's.

    `failing` counts those that failed five times or more, which are commands or effects named in `failing_actions`.
    """

    due: int
    later: int
    postponed: int
    failing: int
    failing_actions: list[str]
    due_since: datetime | None
    next_at: datetime | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class NotBuilt:
    """A projection that is told of nothing in some partition until the worker has built it: for how many seconds it has
    been there, and why the last build failed, if it did."""

    name: str
    seconds: float
    failure: str | None


@dataclass(slots=True)
class ServiceStatus:
    """What could be learnt of one service; `says` is why there is nothing more.

    `release` is that of the code that looks, `running` are those of the processes that are connected. `relay_repeated`
    counts the records that stand in Kafka twice, because a relay was killed before it noted that they had arrived.
    """

    service: str
    says: str | None = None
    release: str = RELEASE
    running: list[str] = field(default_factory=list)
    migrations_applied: int = 0
    migrations_missing: list[str] = field(default_factory=list)
    last_event: LastEvent | None = None
    horizon: Holder | None = None
    relay: Lag | None = None
    relay_repeated: int | None = None
    readers: dict[str, Lag] = field(default_factory=dict)
    not_built: list[NotBuilt] = field(default_factory=list)
    consumer: list[TopicLag] = field(default_factory=list)
    consumer_failure: str | None = None
    topics_missing: list[str] = field(default_factory=list)
    dead_letters: Count | None = None
    agenda: OpenEntries | None = None


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


PlacesRead = Mapping[str, Mapping[int, int]]
"""How far a service's consumer has come: topic, partition, next offset."""


def look_at(status: ServiceStatus, watched: Watched, clock: Clock) -> PlacesRead:
    """Fills in what the service's database knows. Raises Unavailable."""
    with watched.looking() as db:
        status.running = db.all(str, _RUNNING, watched.service.name)
        status.migrations_applied = applied_migrations(watched.service, db)
        status.migrations_missing = missing_migrations(watched.service, db)
        if not is_migrated(db):
            return {}
        status.last_event = db.one(LastEvent, _LAST_EVENT)
        status.horizon = held_by(db)
        status.relay = behind(db, "relay", clock)
        if not status.migrations_missing:
            status.relay_repeated = db.value(int, "select coalesce(sum(repeated), 0)::bigint from relay_offsets")
        status.readers = {each.name: behind(db, each.name, clock) for each in watched.own_readers()}
        status.not_built = _not_built(db, watched)
        status.agenda = db.one(OpenEntries, _AGENDA, clock.now(), FAILED_OFTEN)
        status.dead_letters = count(db) if not status.migrations_missing else None
        status.consumer_failure = db.value(str, "select failure from readers where name = 'consumer'")
        return {name: places_read(db, name) for name in watched.followed().values()}


def _not_built(db: Transaction, watched: Watched) -> list[NotBuilt]:
    """Of those whose tables are of this release's version: no worker builds the others."""
    if db.value(str, "select to_regclass('public.projection_places')::text") is None:
        return []  # of an older release
    return db.all(NotBuilt, _NOT_BUILT, [f"{each.name} {each.version}" for each in watched.service.projections])


def places_read(db: Transaction, topic: str) -> dict[int, int]:
    """The next offset in each partition of a topic that this service's consumer has read from."""
    return {each.partition: each.next_offset for each in db.all(_Place, _CONSUMER_POSITIONS, topic)}


def told_lag(lag: Lag) -> str:
    """For people: `3 events, 12 s behind (why)`."""
    if not lag.events:
        text = "up to date"
    else:
        text = f"{lag.events} event{'s' if lag.events > 1 else ''}, {lag.seconds or 0:g} s behind"
    return f"{text} ({lag.failure})" if lag.failure else text


def told_not_built(projection: NotBuilt) -> str:
    """For people: that it waits, or why it cannot be built."""
    return f"cannot be built: {projection.failure}" if projection.failure else "waits to be built"


def told_holder(holder: Holder) -> str:
    """For people: who holds the horizon, where, and since when."""
    since = "for a time that this account may not see" if holder.seconds is None else f"for {holder.seconds:.1f} s"
    where = f", process {holder.pid}" if holder.pid else ""
    where += f" in {holder.database}" if holder.database else ""
    return f"{holder.holder}{where} ({holder.state or 'no session'}, {since})"
