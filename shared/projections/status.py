"""What a service's projections are at: version, lag, what stands beside them, and why one stands still."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from shared.database.pool import Database, Transaction
from shared.messages.codec import Codec
from shared.projections.copies import NEXT, PREVIOUS
from shared.projections.projection import Projection


@dataclass(frozen=True)
class CopyStatus:
    """Tables beside those in use."""

    version: int
    made_at: str


@dataclass(frozen=True)
class ProjectionStatus:
    """`state` is one of: up to date, behind, out of date, waits to be built, stopped, missing.

    The lag counts events of the service's own table that are still to be passed, and the seconds since the oldest of
    them was recorded. `left_behind` counts partitions of other services' topics in which it is told of nothing.
    """

    name: str
    state: str
    version: int
    tables_version: int | None
    lag_events: int
    lag_seconds: float
    left_behind: int
    failure: str | None
    next: CopyStatus | None
    previous: CopyStatus | None


@dataclass(frozen=True)
class _Row:
    version: int
    left_behind: int
    failure: str | None


@dataclass(frozen=True)
class _Lag:
    events: int
    seconds: float


_STANDING = """
select p.version, coalesce(r.failure, p.failure) as failure,
       (select count(*) from projection_places where tables = p.name) as left_behind
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


def statuses(database: Database, codec: Codec, projections: Sequence[Projection]) -> list[ProjectionStatus]:
    """One for each projection of a service, in its order."""
    with database.transaction() as db:
        return [_status(db, codec, projection) for projection in projections]


def _status(db: Transaction, codec: Codec, projection: Projection) -> ProjectionStatus:
    found = db.one(_Row, _STANDING, projection.name)
    reads_own = any(codec.name_of(event) for event in projection.events)
    lag = (db.one(_Lag, _LAG, projection.name) if reads_own and found else None) or _Lag(0, 0.0)
    return ProjectionStatus(
        name=projection.name,
        state=_state(projection, found, lag.events),
        version=projection.version,
        tables_version=found.version if found else None,
        lag_events=lag.events,
        lag_seconds=round(lag.seconds, 1),
        left_behind=found.left_behind if found else 0,
        failure=found.failure if found else None,
        next=db.one(CopyStatus, f"{_COPY} where tables = %s", projection.name + NEXT),
        previous=db.one(CopyStatus, f"{_COPY} where tables = %s", projection.name + PREVIOUS),
    )


def _state(projection: Projection, found: _Row | None, lag: int) -> str:
    if found is None:
        return "missing"
    if found.version != projection.version:
        return "out of date"
    if found.failure:
        return "stopped"
    if found.left_behind:
        return "waits to be built"
    return "behind" if lag else "up to date"


def with_copy(database: Database, names: Collection[str], suffix: str) -> list[str]:
    """Those of the names that have such a copy beside their tables."""
    with database.transaction() as db:
        there = db.all(str, "select projection from projection_copies where tables = projection || %s", suffix)
    return [name for name in names if name in there]
