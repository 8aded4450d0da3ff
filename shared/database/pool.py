"""Connections to one PostgreSQL database, and the few ways in which the house talks to it.

The pool waits when it is empty and replaces connections that died, both of which psycopg2's own does not. It is ours
because SQLAlchemy's, the other one that does both, costs each process 28 MB (docs/adr/0009-own-pool.md).
"""

import select
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from threading import BoundedSemaphore
from typing import Any, TypeVar, cast
from uuid import UUID

import msgspec
import psycopg2
import psycopg2.errors
import psycopg2.extensions
import psycopg2.extras

from shared.database.writes import Session, Writes
from shared.errors import CannotGoOn

T = TypeVar("T")
Connection = psycopg2.extensions.connection

_JSON = psycopg2.extensions.new_type((114, 3802), "JSON_AS_TEXT", lambda value, _: value)
_UUID = psycopg2.extensions.new_type(
    (2950,), "UUID_QUICKLY", lambda value, _: value if value is None else msgspec.convert(value, UUID)
)
_KEEP = (UUID, datetime, date, memoryview, bytes)  # already the Python type that rows ask for


class Unavailable(CannotGoOn):
    """The database did not answer. `address` says which one, without user or password."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"PostgreSQL at {address} does not answer: {reason.strip()}")
        self.address = address


class Busy(Unavailable):
    """A lock was not given in time. Nothing was written."""


class TooSlow(Exception):
    """A statement took longer than the database is told to allow. Nothing was written; the database is there."""

    def __init__(self, address: str, seconds: int) -> None:
        super().__init__(f"PostgreSQL at {address} was given a statement that took longer than {seconds} s.")


class Transaction:
    """One open transaction. Parameters are always bound; rows come back as the dataclass that is asked for."""

    def __init__(self, connection: Session) -> None:
        self._connection = connection
        self._cursor = connection.cursor()
        self._writes = Writes(connection, self._cursor)

    def execute(self, sql: str, *parameters: object) -> int:
        """Runs one statement and says how many rows it touched."""
        self._writes.send()
        self._cursor.execute(sql, parameters or None)
        return self._cursor.rowcount

    def write(self, sql: str, *parameters: object) -> None:
        """Runs one statement whose outcome nobody asks for. Many are sent together, before whatever is asked next and
        before the commit; what is wrong with one is raised then."""
        self._writes.add(sql, parameters)

    def send_writes(self) -> None:
        """Sends what `write` was told so far."""
        self._writes.send()

    def execute_values(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Runs one statement with `values %s` for many rows in few round trips."""
        self._writes.send()
        psycopg2.extras.execute_values(self._cursor, sql, rows, page_size=1000)

    def all(self, kind: type[T], sql: str, *parameters: object) -> list[T]:
        """Every row as a `kind`: a dataclass whose field names are the column names, or a plain type for one column."""
        found = self.rows(sql, *parameters)
        columns = [column.name for column in self._cursor.description or ()]
        if hasattr(kind, "__dataclass_fields__"):
            return [msgspec.convert(dict(zip(columns, row, strict=True)), kind, builtin_types=_KEEP) for row in found]
        return [cast(T, row[0]) for row in found]

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Every row as the driver gives it: for those who read so many that `all` would be slow."""
        self._writes.send()
        self._cursor.execute(sql, parameters or None)
        return self._cursor.fetchall()

    def one(self, kind: type[T], sql: str, *parameters: object) -> T | None:
        """The first row as a `kind`, or None."""
        rows = self.all(kind, sql, *parameters)
        return rows[0] if rows else None

    def value(self, kind: type[T], sql: str, *parameters: object) -> T | None:
        """The first column of the first row, or None when there is no row or it is null."""
        return self.one(kind, sql, *parameters)

    @property
    def raw(self) -> Connection:
        """The psycopg2 connection, for what only the event store and the doorbell may do."""
        self._writes.send()
        return self._connection


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
    ) -> None:
        """`wait_seconds` is how long to wait for a connection when all `size` are in use."""
        self.url = url
        self.address = address_of(url)
        self._application = application
        self._search_path = ",".join(search_path)
        self._statement_seconds = statement_seconds
        self._wait_seconds = wait_seconds
        self._idle: deque[Session] = deque()
        self._places = BoundedSemaphore(size)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Commits at the end, rolls back on any exception. Raises Unavailable when the database is not there."""
        if not self._places.acquire(timeout=self._wait_seconds):
            raise Unavailable(self.address, "every connection of the pool is busy")
        try:
            connection = self._idle_one() or self._connect()
            try:
                transaction = Transaction(connection)
                yield transaction
                transaction.send_writes()
                connection.commit()
            except psycopg2.errors.LockNotAvailable as error:
                connection.rollback()
                raise Busy(self.address, str(error)) from error
            except psycopg2.errors.QueryCanceled as error:
                self._roll_back(connection)
                raise TooSlow(self.address, self._statement_seconds) from error
            except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
                self._abandon(connection)
                raise Unavailable(self.address, str(error)) from error
            except BaseException:
                self._roll_back(connection)
                raise
            finally:
                if not connection.closed:
                    self._idle.append(connection)
        finally:
            self._places.release()

    def _idle_one(self) -> Session | None:
        """The connection that was used last and still answers; those that died meanwhile are thrown away."""
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None  # another thread was quicker
            if not connection.closed and _answers(connection):
                return connection
            self._abandon(connection)
        return None

    @contextmanager
    def own_connection(self) -> Iterator[Connection]:
        """A connection outside the pool, in autocommit mode: for locks and LISTEN, which belong to a session."""
        connection = self._connect()
        try:
            connection.autocommit = True
            yield connection
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
            raise Unavailable(self.address, str(error)) from error
        finally:
            self._abandon(connection)

    def close(self) -> None:
        while self._idle:
            self._abandon(self._idle.pop())

    def _connect(self) -> Session:
        try:
            connection = psycopg2.connect(
                self.url,
                application_name=self._application,
                connect_timeout=5,
                connection_factory=Session,
                options=(
                    f"-c search_path={self._search_path} -c statement_timeout={self._statement_seconds}s"
                    " -c lock_timeout=5s -c idle_in_transaction_session_timeout=15s -c timezone=UTC"
                ),
            )
        except psycopg2.OperationalError as error:
            raise Unavailable(self.address, str(error)) from error
        connection.calls = {}
        psycopg2.extras.register_uuid(conn_or_curs=connection)  # type: ignore[no-untyped-call]
        psycopg2.extensions.register_type(_JSON, connection)
        psycopg2.extensions.register_type(_UUID, connection)  # half the time of the driver's own
        return connection

    def _roll_back(self, connection: Connection) -> None:
        """When even that fails, the connection is gone, and what went wrong before it is the better reason."""
        if not connection.closed:
            try:
                connection.rollback()
            except psycopg2.Error:
                self._abandon(connection)

    @staticmethod
    def _abandon(connection: Connection) -> None:
        if not connection.closed:
            connection.close()


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
