"""The event table as the relay sees it, through the one connection that holds its lead.

That connection reads and moves the cursor, so a process whose lead has ended with its session can do neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from shared.database.pool import Connection, Prepared, Transaction
from shared.messages.recorded import BEGINNING, Position

_SQL = Path(__file__).parent / "sql"
_CURSOR = Prepared("cursor_of_relay", "select xid::text as xid, position from readers where name = 'relay'")
_TO_PUBLISH = Prepared("to_publish", (_SQL / "to_publish.sql").read_text())
_PUBLISHED = Prepared("published", (_SQL / "published.sql").read_text())


class ToPublish(NamedTuple):
    """A row of the event table as it goes to Kafka: nothing in it is made into objects that nobody looks at."""

    number: int
    xid: str
    event_id: str
    stream: str
    version: int
    type: str
    schema_version: int
    data: str
    metadata: str
    recorded_at: datetime

    @property
    def position(self) -> Position:
        return Position(int(self.xid), self.number)


@dataclass(frozen=True)
class _Cursor:
    xid: str
    position: int


@dataclass(frozen=True)
class _End:
    partition: int
    next_offset: int


class Outbox:
    """For one leader. Raises psycopg2's error when the connection died; `lead` makes that Unavailable."""

    def __init__(self, connection: Connection) -> None:
        """`connection` is in autocommit mode: no transaction stays open while Kafka is waited for."""
        self._db = Transaction(connection, begins=False)
        # A move that a crash of the server forgets is made again; the others need not wait for the disk.
        self._db.execute("set synchronous_commit = off")
        self._db.execute("insert into readers (name) values ('relay') on conflict do nothing")

    def cursor(self) -> Position:
        """Up to where everything is published."""
        found = self._db.one(_Cursor, _CURSOR)
        return Position(int(found.xid), found.position) if found else BEGINNING

    def after(self, position: Position, limit: int, limit_bytes: int) -> list[ToPublish]:
        """The next events, in reading order: at most `limit`, and none beyond the one that reaches `limit_bytes`."""
        return [
            ToPublish._make(row)
            for row in self._db.rows(_TO_PUBLISH, str(position.xid), position.number, limit, limit_bytes)
        ]

    def published(self, before: Position, upto: Position, ends: Mapping[int, int]) -> bool:
        """Moves the cursor, and notes where partitions end (partition: next offset); False when it is elsewhere."""
        return self._db.execute(
            _PUBLISHED,
            str(upto.xid),
            upto.number,
            str(before.xid),
            before.number,
            list(ends),
            list(ends.values()),
        ) > 0  # fmt: skip

    def ends(self) -> dict[int, int]:
        """Where the partitions ended when the cursor was last moved (partition: next offset)."""
        found = self._db.all(_End, 'select "partition", next_offset from relay_offsets')
        return {each.partition: each.next_offset for each in found}

    def filling(self) -> int:
        """Which filling of the topic is being sent: one more each time that records were lost there."""
        return self._db.value(int, "select max(filling) from relay_offsets") or 0

    def begin(self, ends: Mapping[int, int], cursor: Position, *, anew: bool = False) -> None:
        """Notes where the partitions end as a leader finds them, and from where it sends; `anew` begins a filling."""
        self._db.execute(
            'with ends as (select * from unnest(%s::integer[], %s::bigint[]) as e ("partition", next_offset)),'
            " cursor as (update readers set xid = %s::xid8, position = %s"
            " where name = 'relay' and (xid, position) <> (%s::xid8, %s))"
            ' insert into relay_offsets ("partition", next_offset) select * from ends'
            ' on conflict ("partition") do update set next_offset = excluded.next_offset,'
            " filling = relay_offsets.filling + %s,"
            " repeated = relay_offsets.repeated + greatest(0, excluded.next_offset - relay_offsets.next_offset)",
            list(ends),
            list(ends.values()),
            *(str(cursor.xid), cursor.number) * 2,
            int(anew),
        )

    def stands_still(self, reason: str) -> None:
        """For `copse status`, until the cursor moves again or everything is found to be published."""
        self._db.execute("update readers set failure = %s where name = 'relay'", reason[:500])

    def is_up_to_date(self) -> None:
        """Takes back what `stands_still` said."""
        self._db.execute("update readers set failure = null where name = 'relay' and failure is not null")
