"""Where a projection's tables stand, those in use and the copies beside them, and how two of them change places."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from shared.database.pool import Transaction
from shared.messages.recorded import BEGINNING, Position
from shared.projections.projection import Projection, make_schema

NEXT, PREVIOUS, COMPARED = "__next", "__previous", "__compared"

Partition = tuple[str, int]
"""(topic, number)."""


@dataclass(frozen=True, slots=True)
class Places:
    """How far tables have come: in the service's own event table, and in each partition of the others' topics."""

    own: Position = BEGINNING
    foreign: Mapping[Partition, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Copy:
    """Tables beside those in use."""

    tables: str
    version: int
    xid: str
    position: int


@dataclass(frozen=True)
class _Own:
    xid: str
    position: int


@dataclass(frozen=True)
class _Place:
    topic: str
    partition: int
    next_offset: int


def live_places(db: Transaction, name: str, topics: Collection[str]) -> Places:
    """Where the service stands: what the tables in use were told of, but for where they were left behind."""
    own = db.one(_Own, "select xid::text as xid, position from readers where name = %s", name)
    foreign = db.all(
        _Place, "select topic, partition, next_offset from consumer_positions where topic = any(%s)", list(topics)
    )
    return Places(
        Position(int(own.xid), own.position) if own else BEGINNING,
        {(each.topic, each.partition): each.next_offset for each in foreign},
    )


def left_behind(db: Transaction, name: str) -> dict[Partition, int]:
    """The partitions in which the tables in use are told of nothing, and where they stand there."""
    found = db.all(_Place, "select topic, partition, next_offset from projection_places where tables = %s", name)
    return {(each.topic, each.partition): each.next_offset for each in found}


def copy_of(db: Transaction, tables: str) -> Copy | None:
    return db.one(
        Copy,
        "select tables, version, xid::text as xid, position from projection_copies where tables = %s",
        tables,
    )


def places_of(db: Transaction, copy: Copy) -> Places:
    return Places(Position(int(copy.xid), copy.position), left_behind(db, copy.tables))


def make_copy(db: Transaction, projection: Projection, tables: str) -> None:
    """Empty tables beside those in use, in a schema named `tables`; what was there under that name is dropped."""
    drop_copy(db, tables)
    make_schema(db, projection, tables)
    db.execute(
        "insert into projection_copies (tables, projection, version) values (%s, %s, %s)",
        tables,
        projection.name,
        projection.version,
    )


def drop_copy(db: Transaction, tables: str) -> None:
    db.execute(f'drop schema if exists "{tables}" cascade')
    db.execute("delete from projection_copies where tables = %s", tables)
    db.execute("delete from projection_places where tables = %s", tables)


def save_places(db: Transaction, tables: str, own: Position | None, foreign: Mapping[Partition, int]) -> None:
    """Writes down how far a copy has come: in the transaction that wrote its rows."""
    if own is not None:
        db.write(
            "update projection_copies set xid = %s::xid8, position = %s where tables = %s",
            str(own.xid),
            own.number,
            tables,
        )
    if foreign:
        db.execute_values(
            "insert into projection_places (tables, topic, partition, next_offset) values %s"
            " on conflict (tables, topic, partition) do update set next_offset = excluded.next_offset",
            [(tables, topic, number, offset) for (topic, number), offset in sorted(foreign.items())],
        )


def swap(db: Transaction, name: str, copy: Copy, live: Places) -> None:
    """Puts a copy in the place of the tables in use, and keeps those as the previous ones.

    The caller holds both still, and the copy stands where the service stands in the topics, and in its own events
    there or further on: then the cursor moves with it. What the old tables were left behind of stays written beside
    them, so that going back can make good for it.
    """
    previous, aside = name + PREVIOUS, name + "__aside"
    there = db.value(int, "select version from projections where name = %s for update", name)
    places = {**live.foreign, **left_behind(db, name)}
    if copy.tables != previous:
        drop_copy(db, previous)
    db.execute(f'alter schema "{name}" rename to "{aside}"')
    db.execute(f'alter schema "{copy.tables}" rename to "{name}"')
    db.execute(f'alter schema "{aside}" rename to "{previous}"')
    db.execute("delete from projection_copies where tables = %s", copy.tables)
    db.execute("delete from projection_places where tables = any(%s)", [name, copy.tables])
    db.execute("insert into projection_copies (tables, projection, version) values (%s, %s, %s)", previous, name, there)
    save_places(db, previous, live.own, places)
    db.execute(
        "update projections set version = %s, made_at = now(), failure = null where name = %s", copy.version, name
    )
    db.execute("update readers set failure = null where name = %s", name)
    if Position(int(copy.xid), copy.position) > live.own:
        db.execute("update readers set xid = %s::xid8, position = %s where name = %s", copy.xid, copy.position, name)
