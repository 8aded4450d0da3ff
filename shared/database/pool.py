"""Connections to one PostgreSQL database, and the few ways in which the house talks to it.

The pool waits when it is empty and replaces connections that died, both of which psycopg2's own does not. It is ours
because SQLAlchemy's, the other one that does both, costs each process 28 MB (docs/adr/0009-own-pool.md).
"""

import select
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from threading import Condition
from time import monotonic
from types import TracebackType
from typing import Any, Protocol, TypeVar, cast
from uuid import UUID

import msgspec
import psycopg2
import psycopg2.errors
import psycopg2.extensions
import psycopg2.extras

from shared.database.session import Session, Writes
from shared.errors import CannotGoOn

T = TypeVar("T")


Connection = Session


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement that each connection parses and plans once: for the few that every request needs.

    As text it has %s for its parameters, like any other. The server's logs show it by its name, which is its own in
    the whole process.
    """

    name: str
    sql: str


_JSON = psycopg2.extensions.new_type((114, 3802), "JSON_AS_TEXT", lambda value, _: value)
_UUID = psycopg2.extensions.new_type(
    (2950,), "UUID_QUICKLY", lambda value, _: value if value is None else msgspec.convert(value, UUID)
)
_IDLE = psycopg2.extensions.TRANSACTION_STATUS_IDLE
_SERVER_IS_THERE = (psycopg2.errors.LockNotAvailable, psycopg2.errors.QueryCanceled)
_ENDS_LONG_TRANSACTIONS = 170000  # PostgreSQL 17
_STATEMENTS_OF_A_TRANSACTION = 4  # of the longest allowed; one that is busy for longer holds back all readers
# Who vanishes with its machine or network says no goodbye. Until its silence is noticed (by the system's own settings
# after two hours), its session keeps the lock that the next leader waits for; and who asked a server that vanished
# waits as long. So either side asks after 10 s of silence, twice more, and gives up 25 s after the last sign of life.
# Over a Unix socket all of this means nothing, and is passed over.
_ASK_AFTER_SECONDS, _ASK_EVERY_SECONDS, _ASK_TIMES = 10, 5, 3
_GIVE_UP_MILLISECONDS = (_ASK_AFTER_SECONDS + _ASK_EVERY_SECONDS * _ASK_TIMES) * 1000
_NOTICED_HERE: dict[str, Any] = {
    "keepalives": 1,
    "keepalives_idle": _ASK_AFTER_SECONDS,
    "keepalives_interval": _ASK_EVERY_SECONDS,
    "keepalives_count": _ASK_TIMES,
    "tcp_user_timeout": _GIVE_UP_MILLISECONDS,
}
_NOTICED_BY_THE_SERVER = (
    f"-c tcp_keepalives_idle={_ASK_AFTER_SECONDS} -c tcp_keepalives_interval={_ASK_EVERY_SECONDS}"
    f" -c tcp_keepalives_count={_ASK_TIMES} -c tcp_user_timeout={_GIVE_UP_MILLISECONDS}"
)
_KEEP = (UUID, datetime, date, memoryview, bytes)  # already the Python type that rows ask for


class Unavailable(CannotGoOn):
    """The database did not answer. `address` says which one, without user or password."""

    what = "does not answer"

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"PostgreSQL at {address} {self.what}: {reason.strip()}")
        self.address = address


class Busy(Unavailable):
    """A lock was not given in time. Nothing was written."""

    what = "is busy with the same rows or tables"


class TooSlow(Exception):
    """A statement took longer than the database is told to allow. Nothing was written; the database is there."""

    def __init__(self, address: str, seconds: int) -> None:
        super().__init__(f"PostgreSQL at {address} was given a statement that took longer than {seconds} s.")


class Transaction:
    """One open transaction. Parameters are always bound; rows come back as the dataclass that is asked for.

    It begins with its first statement, in the same round trip. A `Database.statement()` is given one that never
    begins: there each statement is a transaction of its own.
    """

    def __init__(self, connection: Connection, *, begins: bool = True) -> None:
        """`connection` is in autocommit mode: what begins and ends a transaction is said here."""
        self._connection = connection
        self._cursor = connection.cursor()
        self._writes: Writes | None = None  # made when there are any: nearly every use is one statement
        self._begins = begins

    def execute(self, sql: str | Prepared, *parameters: object) -> int:
        """Runs one statement and says how many rows it touched."""
        self._run(sql, parameters)
        return self._cursor.rowcount

    def write(self, sql: str, *parameters: object) -> None:
        """Runs one statement whose outcome nobody asks for. Many are sent together, before whatever is asked next and
        before the commit; what is wrong with one is raised then."""
        if self._writes is None:
            self._writes = Writes(self._connection, self._cursor)
        if self._begins:
            self._begins = False
            self._writes.begin()
        self._writes.add(sql, parameters)

    def send_writes(self) -> None:
        """Sends what `write` was told so far."""
        if self._writes:
            self._writes.send()

    def execute_values(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Runs one statement with `values %s` for many rows in few round trips."""
        self._begin()
        self.send_writes()
        psycopg2.extras.execute_values(self._cursor, sql, rows, page_size=1000)

    def rows(self, sql: str | Prepared, *parameters: object) -> list[tuple[Any, ...]]:
        """Every row as the driver gives it: for those who read so many that `all` would be slow."""
        self._run(sql, parameters)
        return self._cursor.fetchall()

    def all(self, kind: type[T], sql: str | Prepared, *parameters: object) -> list[T]:
        """Every row as a `kind`: a dataclass whose field names are the column names, or a plain type for one column."""
        self._run(sql, parameters)
        found = self._cursor.fetchall()
        if not hasattr(kind, "__dataclass_fields__"):
            return [cast(T, row[0]) for row in found]
        if not found:
            return []
        columns = [column.name for column in self._cursor.description or ()]
        named = [dict(zip(columns, row, strict=True)) for row in found]
        return cast(list[T], msgspec.convert(named, _list_of(cast(Any, kind)), builtin_types=_KEEP))

    def one(self, kind: type[T], sql: str | Prepared, *parameters: object) -> T | None:
        """The first row as a `kind`, or None."""
        rows = self.all(kind, sql, *parameters)
        return rows[0] if rows else None

    def value(self, kind: type[T], sql: str | Prepared, *parameters: object) -> T | None:
        """The first column of the first row, or None when there is no row or it is null."""
        return self.one(kind, sql, *parameters)

    @property
    def raw(self) -> Connection:
        """The psycopg2 connection, for what cannot be said as a statement (COPY). The transaction has begun on it."""
        self._begin()
        self.send_writes()
        return self._connection

    def commit(self) -> None:
        """Ends the transaction, if there was one, in the round trip of the writes that still wait. Raises psycopg2's
        error when nothing was written after all."""
        if self._writes and self._writes.any:
            self._writes.send(b"commit")
        elif self._connection.get_transaction_status() != _IDLE:
            self._cursor.execute("commit")
            if self._cursor.statusmessage == "ROLLBACK":  # what PostgreSQL makes of it once a statement has failed
                raise psycopg2.errors.InFailedSqlTransaction("a statement failed, so the whole was rolled back")
        self._begins = False

    def roll_back(self) -> None:
        """Undoes all, if there is anything."""
        if self._connection.get_transaction_status() != _IDLE:
            self._cursor.execute("rollback")
        self._begins = False

    def _run(self, sql: str | Prepared, parameters: Sequence[object]) -> None:
        if self._writes:
            self._writes.send()
        if isinstance(sql, Prepared):
            sql = self._connection.calls.get(sql.sql) or self._prepare(sql)
        if self._begins:
            self._begins = False
            sql = f"begin;{sql}"
        self._cursor.execute(sql, parameters or None)

    def _prepare(self, statement: Prepared) -> str:
        self._begin()
        return self._connection.prepare(self._cursor, statement.sql, statement.name)

    def _begin(self) -> None:
        """For what cannot be sent together with the beginning."""
        if self._begins:
            self._begins = False
            self._cursor.execute("begin")


@cache
def _list_of(kind: Any) -> Any:
    """`list[kind]`, made once for each: msgspec keeps what it learns of a type with the type."""
    return list[kind]


class Used(Protocol):
    """Counts the connections that are in use; a metric's gauge is one."""

    def inc(self) -> None: ...

    def dec(self) -> None: ...


class Database:
    """A pool of connections to one database. Made after fork, because connections do not survive it."""

    def __init__(
        self,
        url: str,
        *,
        application: str,
        size: int = 8,
        search_path: Sequence[str] = ("public",),
        statement_seconds: int = 15,
        wait_seconds: float = 5,
        used: "Used | None" = None,
    ) -> None:
        """`wait_seconds` is how long to wait for a connection when all `size` are in use; `used` counts those."""
        self.url = url
        self.address = address_of(url)
        self._application = application
        self._search_path = ",".join(search_path)
        self.statement_seconds = statement_seconds
        self._wait_seconds = wait_seconds
        # One place for each connection that may be: None while it is not made. The one used last is taken first.
        self._places: deque[Connection | None] = deque([None] * size)
        self._given_back = Condition()
        self._waiting = 0
        self._used = used

    def transaction(self) -> "_Use":
        """`with` it: commits at the end, rolls back on any exception. Raises Unavailable, or Busy."""
        return _Use(self, begins=True)

    def statement(self) -> "_Use":
        """The same for a single statement, which is a transaction of its own: one round trip instead of two."""
        return _Use(self, begins=False)

    def take(self) -> Connection:
        """A connection that answers, for one use. Raises Unavailable."""
        place = self._place()
        if self._used:
            self._used.inc()
        try:
            while place is not None:
                if not place.closed and _answers(place):
                    return place
                self._abandon(place)
                place = self._another()
            return self._connect()
        except BaseException:
            self.give_back(None)
            raise

    def give_back(self, connection: Connection | None) -> None:
        """Ends a use. None, or a closed one, leaves its place for a new connection."""
        if self._used:
            self._used.dec()
        if connection is None or connection.closed:
            self._places.appendleft(None)
        else:
            self._places.append(connection)
        if self._waiting:
            with self._given_back:
                self._given_back.notify()

    def _place(self) -> Connection | None:
        """A place, waited for when all are taken. Without a lock while there is one: deques are safe by themselves."""
        try:
            return self._places.pop()
        except IndexError:
            pass
        until = monotonic() + self._wait_seconds
        with self._given_back:
            self._waiting += 1  # before the next look: whoever gives one back after it finds somebody waiting
            try:
                while True:
                    try:
                        return self._places.pop()
                    except IndexError:
                        if (left := until - monotonic()) <= 0:
                            raise Unavailable(self.address, "every connection of the pool is busy") from None
                        self._given_back.wait(left)
            finally:
                self._waiting -= 1

    def _another(self) -> Connection | None:
        """Another connection that nobody uses, in exchange for one that died; None when there is none."""
        try:
            another = self._places.pop()
        except IndexError:
            return None
        self._places.appendleft(None)
        return another

    @contextmanager
    def own_connection(self) -> Iterator[Connection]:
        """A connection outside the pool, in autocommit mode: for locks and LISTEN, which belong to a session."""
        connection = self._connect()
        try:
            yield connection
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
            raise Unavailable(self.address, str(error)) from error
        finally:
            self._abandon(connection)

    def close(self) -> None:
        for connection in list(self._places):
            if connection is not None:
                self._abandon(connection)

    def _connect(self) -> Connection:
        connection: Connection | None = None
        try:
            connection = psycopg2.connect(
                self.url,
                connection_factory=Session,
                application_name=self._application,
                connect_timeout=5,
                options=(
                    f"-c search_path={self._search_path} -c statement_timeout={self.statement_seconds}s"
                    " -c lock_timeout=5s -c idle_in_transaction_session_timeout=15s -c timezone=UTC"
                    f" {_NOTICED_BY_THE_SERVER}"
                ),
                **_NOTICED_HERE,
            )
            connection.calls, connection.many = {}, {}
            connection.autocommit = True  # a transaction is begun and ended in so many words
            if connection.server_version >= _ENDS_LONG_TRANSACTIONS:
                seconds = _STATEMENTS_OF_A_TRANSACTION * self.statement_seconds
                with connection.cursor() as cursor:
                    cursor.execute(f"set transaction_timeout to '{seconds}s'")
        except psycopg2.OperationalError as error:
            if connection is not None:
                self._abandon(connection)
            raise Unavailable(self.address, str(error)) from error
        psycopg2.extras.register_uuid(conn_or_curs=connection)  # type: ignore[no-untyped-call]
        psycopg2.extensions.register_type(_JSON, connection)
        psycopg2.extensions.register_type(_UUID, connection)  # half the time of the driver's own
        return connection

    @staticmethod
    def _abandon(connection: Connection) -> None:
        if not connection.closed:
            connection.close()


class _Use:
    """One use of a connection of a pool: what `with database.transaction() as db:` enters and leaves."""

    __slots__ = ("_begins", "_connection", "_database", "_db")

    def __init__(self, database: Database, *, begins: bool) -> None:
        self._database, self._begins = database, begins

    def __enter__(self) -> Transaction:
        self._connection = self._database.take()
        self._db = Transaction(self._connection, begins=self._begins)
        return self._db

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._commit()
            else:
                self._undo(error)
        finally:
            self._database.give_back(self._connection)

    def _commit(self) -> None:
        try:
            self._db.commit()
        except psycopg2.Error as error:
            self._undo(error)
            raise

    def _undo(self, error: BaseException) -> None:
        """Rolls back, and tells what the database said in the house's own words.

        When even that fails, the connection is gone, and what went wrong before it is the better reason.
        """
        lost = isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError)
        try:
            if not lost or isinstance(error, _SERVER_IS_THERE):
                self._db.roll_back()
                lost = False
        except psycopg2.Error:
            lost = True
        if lost:
            self._connection.close()
        if isinstance(error, psycopg2.errors.LockNotAvailable):
            raise Busy(self._database.address, str(error)) from error
        if isinstance(error, psycopg2.errors.QueryCanceled):
            raise TooSlow(self._database.address, self._database.statement_seconds) from error
        if isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError):
            raise Unavailable(self._database.address, str(error)) from error


def _answers(connection: Connection) -> bool:
    """Whether the server still holds this connection: its socket must have nothing to say while nobody asked.

    A round trip per use would cost as much as the query; a closed server side shows as readable without one. It is
    read until it is silent: a server that ends a connection says why first, and only then comes the end.
    """
    while select.select([connection], [], [], 0)[0]:
        try:
            connection.poll()
        except psycopg2.Error:
            return False
        if connection.closed:
            return False
    return True


def address_of(url: str) -> str:
    """`host:port/database` of a connection URL, for messages: never the user or the password.

    Raises ValueError when it is no such URL, without repeating it.
    """
    try:
        parts = psycopg2.extensions.parse_dsn(url)
    except psycopg2.ProgrammingError:
        raise ValueError("not the address of a PostgreSQL database") from None
    return f"{parts.get('host', 'local socket')}:{parts.get('port', '5432')}/{parts.get('dbname', '')}"
