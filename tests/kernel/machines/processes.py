"""A process whose end, or whose sleep, falls between any two of its steps.

All that the kernel does is a sequence of transactions, of statements on a connection that holds a lock, and of sendings
to Kafka. So a process can be killed before its nth one, inside it (then it is rolled back), or after its commit but
before it knows; or be frozen before it while others go on, and wake up in a changed world, perhaps after its own
connections were ended. Nothing here is left to chance or to threads: the same fate gives the same run.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from types import TracebackType
from typing import Any

import psycopg2.extensions

from shared.database.pool import Connection, Database, Transaction, _Use


class Killed(BaseException):
    """SIGKILL. No handler of the code under test may catch it."""


class How(Enum):
    KILLED_BEFORE = auto()
    KILLED_INSIDE = auto()
    KILLED_AFTER = auto()
    FROZEN_BEFORE = auto()
    FROZEN_FOR_LONG = auto()  # the server has ended the connection that held its lock: others may lead


_FROZEN = (How.FROZEN_BEFORE, How.FROZEN_FOR_LONG)


@dataclass(frozen=True)
class Fate:
    """What happens to a process at its nth step, counted from 1."""

    at: int
    how: How


class Mortal(Database):
    """The database as one process sees it, with a pool that all share."""

    def __init__(self, pool: Database, fate: Fate | None = None, meanwhile: Callable[[], None] = lambda: None) -> None:
        """`meanwhile` is what others do while this process is frozen."""
        self.__dict__.update(vars(pool))
        self._fate, self._meanwhile, self._begun = fate, meanwhile, 0

    def begin(self, asleep: Callable[[], None] = lambda: None) -> How | None:
        """Begins the next step, after its sleep if that is its fate; what else will happen to it."""
        self._begun += 1
        how = self._fate.how if self._fate and self._fate.at == self._begun else None
        if how is How.KILLED_BEFORE:
            raise Killed
        if how is How.FROZEN_FOR_LONG:
            asleep()
        if how in _FROZEN:
            self._meanwhile()
        return how

    @contextmanager
    def sending(self) -> Iterator[None]:
        """A step that is no transaction: nothing of it is undone."""
        how = self.begin()
        yield
        if how in (How.KILLED_INSIDE, How.KILLED_AFTER):
            raise Killed

    def transaction(self) -> _Use:
        return _Step(self, begins=True)

    def statement(self) -> _Use:
        return _Step(self, begins=False)

    def take(self) -> Connection:
        connection = super().take()
        with connection.cursor() as cursor:
            # Who meets a lock here meets one that is held further up in the same thread, and would wait for ever.
            cursor.execute("set lock_timeout to '20ms'")
        return connection

    @contextmanager
    def own_connection(self) -> Iterator[Connection]:
        """Each statement on it is a step. Its locks end with its process at once, not when the server notices."""
        with super().own_connection() as connection:
            connection.cursor_factory = _steps_of(self)
            try:
                yield connection
            finally:
                _end_locks(connection)


class _Step(_Use):
    """One use of a connection of the pool."""

    def __init__(self, process: Mortal, *, begins: bool) -> None:
        super().__init__(process, begins=begins)
        self._process = process

    def __enter__(self) -> Transaction:
        self._how = self._process.begin()
        self._begins = self._begins or self._how is How.KILLED_INSIDE  # also a statement alone can then be undone
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        killed = error is None and self._how in (How.KILLED_INSIDE, How.KILLED_AFTER)
        if killed and self._how is How.KILLED_INSIDE:
            super().__exit__(Killed, Killed(), None)
        else:
            super().__exit__(kind, error, trace)
        if killed:
            raise Killed


def _steps_of(process: Mortal) -> type[psycopg2.extensions.cursor]:
    class Steps(psycopg2.extensions.cursor):
        """Each statement commits by itself, so that one killed inside it is one that was never begun."""

        def execute(self, query: Any, vars: Any = None) -> None:
            how = process.begin(asleep=self._end)
            if how is How.KILLED_INSIDE:
                raise Killed
            super().execute(query, vars)
            if how is How.KILLED_AFTER:
                raise Killed

        def _end(self) -> None:
            _end_locks(self.connection)
            self.connection.close()

    return Steps


def _end_locks(connection: psycopg2.extensions.connection) -> None:
    if not connection.closed:
        with connection.cursor(cursor_factory=psycopg2.extensions.cursor) as cursor:
            cursor.execute("select pg_advisory_unlock_all()")
