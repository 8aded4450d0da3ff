"""Statements whose outcome nobody asks for, sent many at a time.

A round trip for each would cost ten times what a small insert costs the server, and planning each anew another half:
so they wait here, and each is prepared once a connection.
"""

import re
from collections.abc import Sequence
from itertools import count

import psycopg2
import psycopg2.extensions

_TOGETHER = 500
_PLACEHOLDER = re.compile("%(s|%)")


class Session(psycopg2.extensions.connection):
    """A connection that remembers what is prepared on it."""

    calls: dict[str, str]
    """For each statement's text the one that runs it: `execute …`, or itself where it cannot be prepared."""


class Writes:
    """The statements of one transaction that were not sent yet, in their order."""

    def __init__(self, session: Session, cursor: psycopg2.extensions.cursor) -> None:
        self._calls, self._cursor = session.calls, cursor
        self._waiting: list[bytes] = []

    def add(self, sql: str, parameters: Sequence[object]) -> None:
        call = self._calls.get(sql) or self._prepare(sql)
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
        name = f"write_{len(self._calls)}"
        numbers = count(1)
        numbered = _PLACEHOLDER.sub(lambda found: f"${next(numbers)}" if found[1] == "s" else "%", sql)
        try:
            self._cursor.execute(f"savepoint preparing; prepare {name} as {numbered}; release preparing")
        except psycopg2.ProgrammingError:
            self._cursor.execute("rollback to preparing; release preparing")
            self._calls[sql] = sql
        else:
            parameters = ", ".join(["%s"] * (next(numbers) - 1))
            self._calls[sql] = f"execute {name}({parameters})" if parameters else f"execute {name}"
        return self._calls[sql]
