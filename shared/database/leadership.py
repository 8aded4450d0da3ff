"""One process of many does a job: it holds a session lock in the database, the others wait for it.

A session lock takes no transaction id, so it can be held for days without freezing the snapshot horizon. It ends
with its connection: when the leader dies, the next one has it at once. Fencing is each job's own compare-and-set.
"""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shared.database.pool import Connection, Database

_ASK_SECONDS = 0.2


@contextmanager
def lead(
    database: Database, job: str, stop: threading.Event, waits: Callable[[], None] = lambda: None
) -> Iterator[Connection | None]:
    """Waits to lead `job`, then yields the connection that holds the lock; None when `stop` came first.

    `waits` is called each time when another process turned out to lead: this one could, and need not.
    """
    with database.own_connection() as connection:
        while not stop.is_set() and not _locked(connection, job):
            waits()
            stop.wait(_ASK_SECONDS)
        yield None if stop.is_set() else connection


@contextmanager
def alone(database: Database, job: str) -> Iterator[bool]:
    """Whether this process is the only one that does `job` now. Does not wait."""
    with database.own_connection() as connection:
        it_is = _locked(connection, job)
        try:
            yield it_is
        finally:
            if it_is:  # by a statement: the server may notice only later that a connection was closed
                with connection.cursor() as cursor:
                    cursor.execute("select pg_advisory_unlock(%s)", (_key(job),))


def _key(job: str) -> int:
    return int.from_bytes(hashlib.sha256(f"copse {job}".encode()).digest()[:8], signed=True)


def _locked(connection: Connection, job: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", (_key(job),))
        row = cursor.fetchone()
    return bool(row and row[0])
