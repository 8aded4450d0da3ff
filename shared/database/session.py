"""A connection that remembers what is prepared on it, and the statements that wait to be sent together.

A round trip costs ten times what a small insert costs the server, and planning each statement anew costs another half.
"""

import re
from collections.abc import Sequence
from itertools import count

import psycopg2
import psycopg2.extensions

_TOGETHER = 500
_PLACEHOLDER = re.compile("%(s|%)")


class Session(psycopg2.extensions.connection):
    """A connection to PostgreSQL, in autocommit mode: what begins and ends a transaction is said in so many words."""

    calls: dict[str, str]
    """For each statement's text the one that runs it: `execute …`, or itself where it cannot be prepared."""

    def prepare(self, cursor: psycopg2.extensions.cursor, sql: str, name: str) -> str:
        """What runs a statement from now on."""
        numbers = count(1)
        numbered = _PLACEHOLDER.sub(lambda found: f"${next(numbers)}" if found[1] == "s" else "%", sql)
        cursor.execute(f"prepare {name} as {numbered}")
        parameters = ", ".join(["%s"] * (next(numbers) - 1))
        self.calls[sql] = f"execute {name}({parameters})" if parameters else f"execute {name}"
        return self.calls[sql]


class Writes:
    """The statements of one transaction that were not sent yet, in their order."""

    def __init__(self, session: Session, cursor: psycopg2.extensions.cursor) -> None:
        self._session, self._cursor = session, cursor
        self._waiting: list[bytes] = []

    def add(self, sql: str, parameters: Sequence[object]) -> None:
        """The transaction has begun."""
        call = self._session.calls.get(sql) or self._prepare(sql)
        self._waiting.append(self._cursor.mogrify(call, parameters or None))
        if len(self._waiting) >= _TOGETHER:
            self.send()

    def send(self) -> None:
        """Sends what waits. Raises what the first of them that fails says; the transaction then fails as a whole."""
        if self._waiting:
            together, self._waiting = b";".join(self._waiting), []
            self._cursor.execute(together)

    def _prepare(self, sql: str) -> str:
        """The savepoint keeps the transaction whole when the server cannot tell a parameter's type, or refuses the
        statement: it then says so where it is run."""
        self.send()
        self._cursor.execute("savepoint preparing")
        try:
            call = self._session.prepare(self._cursor, sql, f"write_{len(self._session.calls)}")
        except psycopg2.ProgrammingError:
            self._cursor.execute("rollback to preparing")
            call = self._session.calls[sql] = sql
        self._cursor.execute("release preparing")
        return call
