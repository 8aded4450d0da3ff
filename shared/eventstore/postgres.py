"""The event store on PostgreSQL: one SQL function appends, two queries read."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec

from shared.database.pool import Database, Prepared, Transaction
from shared.eventstore.store import AlreadyAnswered, Answer, Request, RequestInFlight, VersionConflict, Write
from shared.messages.recorded import BEGINNING, Content, Metadata, Page, Position, Stored, page_of

_SQL = Path(__file__).parent / "sql"
FUNCTIONS = [_SQL / f"{name}.sql" for name in ("append", "append_one", "begin_batch", "move_reader", "pass_by")]
"""What every migration makes anew in the database."""
NEWEST = (_SQL / "newest.sql").read_text()
_READ_ALL = Prepared("read_all", (_SQL / "read_all.sql").read_text())
_READ_PAGE = (_SQL / "read_page.sql").read_text()
_READ_STREAM = Prepared("read_stream", (_SQL / "read_stream.sql").read_text())
_READ_CONTENTS = Prepared("read_contents", (_SQL / "read_contents.sql").read_text())
_APPEND = Prepared(
    "append_events",
    "select * from append(%s::text[], %s::integer[], %s::text[], %s::integer[], %s::text[]::uuid[], %s::text[],"
    " %s::smallint[], %s::text[], %s::json, %s, %s, %s, %s, %s::json)",
)
_APPEND_ONE = Prepared("append_event", "select append_one(%s, %s, %s::uuid, %s, %s::smallint, %s, %s, %s)")
_ANSWER = Prepared(
    "answer_to",
    "select response::text as response, fingerprint, xid::text as xid, position from requests"
    " where actor = %s and key = %s",
)


@dataclass(frozen=True)
class _Place:
    xid: str
    position: int


@dataclass(frozen=True)
class _Answer:
    response: str
    fingerprint: str
    xid: str
    position: int | None

    def answer(self) -> Answer:
        return Answer(self.response, self.fingerprint, _position(self.xid, self.position))


def _position(xid: str | None, number: int | None) -> Position | None:
    return Position(int(xid), number) if xid is not None and number is not None else None


class StoreInTransaction:
    """The store inside a transaction that the caller holds and commits. See `shared.eventstore.store.EventStore`.

    An append must be the transaction's first write (append.sql says why).
    """

    def __init__(self, db: Transaction) -> None:
        self._db = db

    def append(
        self,
        writes: Sequence[Write],
        metadata: Metadata,
        recorded_at: datetime,
        request: Request | None = None,
    ) -> Position | None:
        return _append(self._db, writes, metadata, recorded_at, request)

    def read(self, stream: str, after_version: int = 0) -> list[Stored]:
        return events_of(self._db, _READ_STREAM, stream, after_version)

    def contents(self, stream: str) -> list[Content]:
        return [Content(stream, *row) for row in self._db.rows(_READ_CONTENTS, stream)]

    def read_all(self, after: Position, limit: int) -> list[Stored]:
        return events_of(self._db, _READ_ALL, str(after.xid), after.number, limit)

    def read_page(self, after: Position, upto: Position, types: Collection[str], limit: int) -> Page:
        places = str(after.xid), after.number, str(upto.xid), upto.number
        return page_of([line for (line,) in self._db.rows(_READ_PAGE, list(types), *places, limit)], after, limit)

    def newest(self) -> Position:
        found = self._db.one(_Place, NEWEST)
        return Position(int(found.xid), found.position) if found else BEGINNING

    def answer_to(self, actor: str, key: str) -> Answer | None:
        found = self._db.one(
            _Answer,
            _ANSWER,
            actor,
            key,
        )
        return found.answer() if found else None


class PostgresEventStore:
    """The store, each call in one round trip, which is its transaction. See `shared.eventstore.store.EventStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(
        self,
        writes: Sequence[Write],
        metadata: Metadata,
        recorded_at: datetime,
        request: Request | None = None,
    ) -> Position | None:
        with self._database.statement() as db:
            return _append(db, writes, metadata, recorded_at, request)

    def read(self, stream: str, after_version: int = 0) -> list[Stored]:
        with self._database.statement() as db:
            return StoreInTransaction(db).read(stream, after_version)

    def contents(self, stream: str) -> list[Content]:
        with self._database.statement() as db:
            return StoreInTransaction(db).contents(stream)

    def read_all(self, after: Position, limit: int) -> list[Stored]:
        with self._database.statement() as db:
            return StoreInTransaction(db).read_all(after, limit)

    def read_page(self, after: Position, upto: Position, types: Collection[str], limit: int) -> Page:
        with self._database.statement() as db:
            return StoreInTransaction(db).read_page(after, upto, types, limit)

    def newest(self) -> Position:
        with self._database.statement() as db:
            return StoreInTransaction(db).newest()

    def answer_to(self, actor: str, key: str) -> Answer | None:
        with self._database.statement() as db:
            return StoreInTransaction(db).answer_to(actor, key)


def events_of(db: Transaction, query: str | Prepared, *parameters: object) -> list[Stored]:
    """The events that a query gives whose columns are those of read_all.sql, in their order.

    Ids and times come as text: what the driver makes of them takes longer than all the rest.
    """
    rows = db.rows(query, *parameters)
    ids = msgspec.convert([row[2] for row in rows], list[UUID])
    return [
        Stored(
            position=Position(int(xid), position),
            event_id=event_id,
            stream=stream,
            version=version,
            type=type,
            schema_version=schema_version,
            data=data,
            metadata=metadata,
            recorded_at=datetime.fromisoformat(recorded_at),
        )
        for (
            (position, xid, _, stream, version, type, schema_version, data, metadata, recorded_at),
            event_id,
        ) in zip(rows, ids, strict=True)
    ]


def _append(
    db: Transaction,
    writes: Sequence[Write],
    metadata: Metadata,
    recorded_at: datetime,
    request: Request | None,
) -> Position | None:
    if request is None and len(writes) == 1 and len(writes[0].events) == 1:
        return _append_one(db, writes[0], metadata, recorded_at)
    added = [
        (write.stream, write.expected_version + nth, event)
        for write in writes
        for nth, event in enumerate(write.events, start=1)
    ]
    [(outcome, xid, position, stream, version, response, fingerprint)] = db.rows(
        _APPEND,
        [write.stream for write in writes],
        [write.expected_version for write in writes],
        [stream for stream, _, _ in added],
        [version for _, version, _ in added],
        [event.event_id.hex for _, _, event in added],
        [event.type for _, _, event in added],
        [event.schema_version for _, _, event in added],
        [event.data for _, _, event in added],
        msgspec.json.encode(metadata).decode(),
        recorded_at,
        *((request.actor, request.key, request.fingerprint, request.response) if request else (None,) * 4),
    )
    match outcome:
        case "appended":
            return _position(xid, position)
        case "conflict":
            expected = next(write.expected_version for write in writes if write.stream == stream)
            raise VersionConflict(stream, expected, version)
        case "answered":
            raise AlreadyAnswered(Answer(response, fingerprint, _position(xid, position)))
        case "in-flight":
            raise RequestInFlight
    raise AssertionError(f"append() answered {outcome}")


def _append_one(db: Transaction, write: Write, metadata: Metadata, recorded_at: datetime) -> Position:
    """Nearly every append is one event, and what is not a list costs a fifth less."""
    [event] = write.events
    [(found,)] = db.rows(
        _APPEND_ONE,
        write.stream,
        write.expected_version,
        event.event_id.hex,
        event.type,
        event.schema_version,
        event.data,
        msgspec.json.encode(metadata).decode(),
        recorded_at,
    )
    if len(found) == 1:
        raise VersionConflict(write.stream, write.expected_version, found[0])
    return Position(*found)
