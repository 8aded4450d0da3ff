"""What a service's projections are at: version, lag, what stands beside them, and why one stands still."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from shared.database.pool import Database, Transaction
from shared.messages.codec import Codec
from shared.projections.copies import NEXT, PREVIOUS, left_behind, live_places
from shared.projections.projection import Projection


@dataclass(frozen=True)
class CopyStatus:
    """Tables beside those in use."""

    version: int
    made_at: str


@dataclass(frozen=True)
class ProjectionStatus:
    """`state` is one of: up to date, behind, partly held, not known, out of date, waits to be built, stopped, missing.

    The lag counts what is still to be passed of the service's own events and of the topics that it reads, and the
    seconds since the oldest of that was recorded. When a topic could not be asked, `not_known` says why, and the lag is
    at least so much. `left_behind` counts partitions of the topics in which it is told of nothing,
    `dead_letters` the parked messages of the topics, of which it was not told either.
    """

    name: str
    state: str
    version: int
    tables_version: int | None
    lag_events: int
    lag_seconds: float
    not_known: str | None
    left_behind: int
    dead_letters: int
    failure: str | None
    next: CopyStatus | None
    previous: CopyStatus | None


@dataclass(frozen=True)
class Abroad:
    """What a projection has before it in other services' topics: how many events, and for how many seconds the first
    has waited. `not_known` says why that could not be told."""

    events: int = 0
    seconds: float = 0.0
    not_known: str | None = None


PlacesAbroad = Mapping[str, Mapping[int, int]]
"""How far a projection has come: topic, partition, next offset. A partition that was never read is not in it."""

AskKafka = Callable[[Sequence[PlacesAbroad]], Sequence[Abroad]]
"""What lies behind each of these places. Asked once, for all, when no transaction is open."""


@dataclass(frozen=True)
class _Row:
    version: int
    failure: str | None
    consumer_failure: str | None
    dead_letters: int


@dataclass(frozen=True)
class _Lag:
    events: int
    seconds: float


@dataclass(frozen=True)
class _Here:
    """What the service's own database says of one projection. Without a row it has no tables."""

    projection: Projection
    row: _Row | None
    own: _Lag
    places: PlacesAbroad
    left_behind: int
    next: CopyStatus | None
    previous: CopyStatus | None


_STANDING = """
select p.version, coalesce(r.failure, p.failure) as failure,
       (select failure from readers where name = 'consumer') as consumer_failure,
       (select count(*) from dead_letters where topic = any(%s)) as dead_letters
from projections p left join readers r on r.name = p.name where p.name = %s
"""
_LAG = """
with place as (select coalesce(max(xid::text), '0')::xid8 as xid, coalesce(max(position), 0) as position
               from readers where name = %s)
select count(*) as events,
       greatest(0, coalesce(extract(epoch from clock_timestamp() - min(recorded_at)), 0))::float as seconds
from events, place where (events.xid, events.position) > (place.xid, place.position)
"""
_COPY = "select version, to_char(made_at, 'YYYY-MM-DD\"T\"HH24:MI:SSOF') as made_at from projection_copies"


def statuses(
    database: Database,
    codec: Codec,
    projections: Sequence[Projection],
    topics_of: Callable[[Projection], Collection[str]],
    ask: AskKafka,
) -> list[ProjectionStatus]:
    """One for each projection of a service, in its order. `topics_of` names the topics of others that it is told of."""
    with database.transaction() as db:
        here = [_look(db, codec, each, topics_of(each)) for each in projections]
    # After the database: an end that was asked first could be older than a place, and look like a shortened topic.
    abroad = ask([each.places for each in here])
    return [_status(each, beyond) for each, beyond in zip(here, abroad, strict=True)]


def _look(db: Transaction, codec: Codec, projection: Projection, topics: Collection[str]) -> _Here:
    name = projection.name
    row = db.one(_Row, _STANDING, list(topics), name)
    reads_own = any(codec.name_of(event) for event in projection.events)
    behind = left_behind(db, name)
    return _Here(
        projection,
        row,
        own=(db.one(_Lag, _LAG, name) if reads_own and row else None) or _Lag(0, 0.0),
        places=_by_topic({**live_places(db, name, topics).foreign, **behind}, topics) if row else {},
        left_behind=len(behind),
        next=db.one(CopyStatus, f"{_COPY} where tables = %s", name + NEXT),
        previous=db.one(CopyStatus, f"{_COPY} where tables = %s", name + PREVIOUS),
    )


def _by_topic(places: Mapping[tuple[str, int], int], topics: Collection[str]) -> PlacesAbroad:
    found: dict[str, dict[int, int]] = {topic: {} for topic in topics}
    for (topic, partition), offset in places.items():
        if topic in found:  # a release that read one more may have left the tables behind there
            found[topic][partition] = offset
    return found


def _status(here: _Here, abroad: Abroad) -> ProjectionStatus:
    row = here.row
    waits_abroad = abroad.events > 0 or abroad.not_known is not None
    failure = (row.failure or (row.consumer_failure if waits_abroad else None)) if row else None
    return ProjectionStatus(
        name=here.projection.name,
        state=_state(here, abroad, failure),
        version=here.projection.version,
        tables_version=row.version if row else None,
        lag_events=here.own.events + abroad.events,
        lag_seconds=round(max(here.own.seconds, abroad.seconds), 1),
        not_known=abroad.not_known,
        left_behind=here.left_behind,
        dead_letters=row.dead_letters if row else 0,
        failure=failure,
        next=here.next,
        previous=here.previous,
    )


def _state(here: _Here, abroad: Abroad, failure: str | None) -> str:
    if here.row is None:
        return "missing"
    if here.row.version != here.projection.version:
        return "out of date"
    if failure:
        return "stopped"
    if here.left_behind:
        return "waits to be built"
    if here.own.events or abroad.events:
        return "behind"
    if abroad.not_known:
        return "not known"
    return "partly held" if here.row.dead_letters else "up to date"


def with_copy(database: Database, names: Collection[str], suffix: str) -> list[str]:
    """Those of the names that have such a copy beside their tables."""
    with database.transaction() as db:
        there = db.all(str, "select projection from projection_copies where tables = projection || %s", suffix)
    return [name for name in names if name in there]
