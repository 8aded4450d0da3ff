"""One process of many does a job: it holds a session lock in the database, the others wait for it. Or it asks the
others to stand still: its lock says so for as long as it holds it.

A session lock takes no transaction id, so it can be held for days without freezing the snapshot horizon. It ends
with its connection: when the leader dies, the next one has it at once, and when its machine vanishes, within half a
minute (pool.py sees to that). Fencing is each job's own compare-and-set.
"""

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache

from shared.database.pool import Connection, Database, Prepared

_ASK_SECONDS = 0.2
ASKED_TO_STAND_STILL = (
    "select name from unnest(%s::text[], %s::bigint[]) as looked_at (name, key)"
    " where not pg_try_advisory_xact_lock_shared(key)"
)
"""What `asked_to_stand_still` asks, for who asks more at the same time; its parameters are names and their keys."""
_ASKED = Prepared("asked_to_stand_still", ASKED_TO_STAND_STILL)


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
            if it_is:
                _unlock(connection, job)


@contextmanager
def ask_to_stand_still(database: Database, name: str) -> Iterator[None]:
    """Whoever moves `name` looks with `asked_to_stand_still` before it does, and waits while this lasts.

    A request, no guard: who has looked already does what it began. Unlike a transaction's lock this one keeps no
    other reader of the database waiting, however long it is held, and it ends with its connection.
    """
    with database.own_connection() as connection:
        with connection.cursor() as cursor:  # waits for those who look at this moment
            cursor.execute("select pg_advisory_lock(%s)", (_key(f"still {name}"),))
        try:
            yield
        finally:
            _unlock(connection, f"still {name}")


def asked_to_stand_still(database: Database, names: Sequence[str]) -> list[str]:
    """Those of `names` that somebody asks to stand still."""
    with database.statement() as db:
        return db.all(str, _ASKED, list(names), keys_to_stand_still(names))


def keys_to_stand_still(names: Sequence[str]) -> list[int]:
    return [_key(f"still {name}") for name in names]


def _unlock(connection: Connection, job: str) -> None:
    """By a statement: the server may notice only later that a connection was closed."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_unlock(%s)", (_key(job),))


@cache
def _key(job: str) -> int:
    return int.from_bytes(hashlib.sha256(f"copse {job}".encode()).digest()[:8], signed=True)


def _locked(connection: Connection, job: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", (_key(job),))
        row = cursor.fetchone()
    return bool(row and row[0])
