"""Event tables full of events, and how far somebody has come in them."""

from shared.database.pool import Database
from tests.benchmarks.bench import wait_until
from tests.benchmarks.payload import DATA, EVENT_TYPE, EVENTS_OF_A_STREAM, METADATA_JSON

_AT_ONCE = 1_000
# Streams of ten events, in the order in which they would have come. Ids and xids grow as they do in life: a thousand
# events share a transaction, which no reader notices.
_LOAD = f"""
insert into events (stream, version, event_id, type, schema_version, data, metadata, recorded_at)
select 'notebook-' || ('00000000-0000-7000-8000-' || lpad(to_hex((n - 1) / {EVENTS_OF_A_STREAM}), 12, '0')),
       (n - 1) % {EVENTS_OF_A_STREAM} + 1,
       ('00000000-0000-7000-9000-' || lpad(to_hex(n), 12, '0'))::uuid,
       $1, 1, $2::json, $3::json, now()
from generate_series($4::bigint, $5::bigint) n
"""


def load(database: Database, events: int) -> None:
    """Puts events of 600 bytes into an empty event table, and lets the planner know."""
    with database.own_connection() as connection, connection.cursor() as cursor:
        cursor.execute("set statement_timeout to 0")
        cursor.execute(f"prepare load as {_LOAD}")
        for first in range(1, events + 1, _AT_ONCE):
            last = min(first + _AT_ONCE - 1, events)
            cursor.execute("execute load (%s, %s, %s, %s, %s)", (EVENT_TYPE, DATA, METADATA_JSON, first, last))
        cursor.execute("vacuum analyze events")


def relayed(database: Database) -> int:
    """How many events of a loaded table the relay has published: its cursor, moved after every acknowledgement."""
    with database.transaction() as db:
        return db.value(int, "select position from readers where name = 'relay'") or 0


def stand(database: Database, reader: str, position: int) -> None:
    """Puts a reader right behind an event of a loaded table; 0 is the beginning."""
    with database.transaction() as db:
        db.execute("insert into readers (name) values (%s) on conflict do nothing", reader)
        db.execute(
            "update readers set position = %s, xid = coalesce((select xid from events where position = %s), '0')"
            " where name = %s",
            position,
            position,
            reader,
        )


def wait_for_relay(database: Database, position: int, seconds: float = 300) -> None:
    wait_until(lambda: relayed(database) >= position, f"the relay comes to event {position:,}", seconds)
