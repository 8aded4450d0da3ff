"""A connection that remembers what is prepared on it, and the statements that wait to be sent together.

A round trip costs ten times what a small insert costs the server, and planning each statement anew costs another half.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial
from io import BytesIO
from itertools import count
from types import NoneType
from typing import cast
from uuid import UUID

import msgspec
import psycopg2
import psycopg2.extensions

_TOGETHER = 500
_WORTH_A_COPY = 50  # which costs a round trip more, and each row half
_PLACEHOLDER = re.compile("%(s|%)")
_ONE_ROW = re.compile(
    r"\s*(?P<into>insert\s+into\s+(?P<table>[\w.\"]+)\s*(?P<columns>\([\w\s,\"]+\))?)\s*values\s*\((\s*%s\s*,?)+\)"
    r"\s*(?P<otherwise>on\s+conflict\s*(\([\w\s,\"]+\))?\s*do\s+nothing)?\s*",
    re.IGNORECASE,
)
"""An insert of nothing but its parameters: many rows in one statement are what they would be one by one."""
_SAME_IN_JSON = {
    "uuid": (UUID, NoneType),
    "text": (str, NoneType),
    "smallint": (int, NoneType),
    "integer": (int, NoneType),
    "bigint": (int, NoneType),
    "boolean": (bool, NoneType),
    "date": (date, NoneType),
    "timestamp with time zone": (datetime, NoneType),
}
"""By the column's type those of Python that come out the same as JSON, and in a COPY, as they would by themselves."""
_NULL = r"\N"


def _copied(column: Sequence[object]) -> list[str]:
    """The values of one column as fields of a COPY: a whole column at once, since Python's part is for each call.

    Raises ValueError for a text with a NUL, as the driver does.
    """
    if str not in set(map(type, column)):  # nothing that JSON writes of the others holds a comma, a quote or "null"
        return msgspec.json.encode(column).decode()[1:-1].replace('"', "").replace("null", _NULL).split(",")
    together = "\0".join(["" if text is None else text for text in cast(Sequence[str | None], column)])
    for plain, written in ("\\", r"\\"), ("\n", r"\n"), ("\r", r"\r"), ("\t", r"\t"):
        together = together.replace(plain, written)
    fields = together.split("\0")
    if len(fields) != len(column):
        raise ValueError("A text cannot contain NUL (0x00) characters.")
    return [_NULL if text is None else field for text, field in zip(column, fields, strict=True)]


class Rows:
    """An insert of one row, prepared for many: some go as one JSON text, and more in a COPY, each quicker on both sides
    than what it is there instead of."""

    def __init__(self, call: str, types: Sequence[str], copy: str | None) -> None:
        """`call` takes the JSON; `copy` is the statement, or None where none means the same as the insert."""
        self._call, self._copy = call, copy
        self._types = [_SAME_IN_JSON[each] for each in types]
        self._names = [f"p{nth}" for nth in range(1, len(types) + 1)]
        self._taken: dict[tuple[type, ...], bool] = {}

    def take(self, parameters: Sequence[object]) -> bool:
        """Whether a row means the same as JSON. Raises ValueError for too many parameters, or too few."""
        kinds = tuple(map(type, parameters))
        if kinds not in self._taken:
            self._taken[kinds] = all(each in types for each, types in zip(kinds, self._types, strict=True))
        return self._taken[kinds]

    def statement(self, cursor: psycopg2.extensions.cursor, rows: Sequence[Sequence[object]]) -> bytes:
        """What inserts them, for some."""
        named = [dict(zip(self._names, row, strict=True)) for row in rows]
        return cursor.mogrify(self._call, (msgspec.json.encode(named).decode(),))

    def worth_a_copy(self, rows: Sequence[Sequence[object]]) -> bool:
        """Whether there are enough of them, and they can be copied."""
        return self._copy is not None and len(rows) >= _WORTH_A_COPY

    def copy(self, cursor: psycopg2.extensions.cursor, rows: Sequence[Sequence[object]]) -> None:
        """Inserts them now."""
        assert self._copy is not None
        columns = map(_copied, zip(*rows, strict=True))
        lines = "\n".join(map("\t".join, zip(*columns, strict=True))).encode()
        cursor.copy_expert(self._copy, BytesIO(lines), size=len(lines) + 1)


class Session(psycopg2.extensions.connection):
    """A connection to PostgreSQL, in autocommit mode: what begins and ends a transaction is said in so many words."""

    calls: dict[str, str]
    """For each statement's text the one that runs it: `execute …`, or itself where it cannot be prepared."""
    many: dict[str, Rows]
    """For the text of an insert that can be sent for many rows at once, how."""

    def prepare(self, cursor: psycopg2.extensions.cursor, sql: str, name: str) -> str:
        """What runs a statement from now on."""
        numbers = count(1)
        numbered = _PLACEHOLDER.sub(lambda found: f"${next(numbers)}" if found[1] == "s" else "%", sql)
        cursor.execute(f"prepare {name} as {numbered}")
        parameters = ", ".join(["%s"] * (next(numbers) - 1))
        self.calls[sql] = f"execute {name}({parameters})" if parameters else f"execute {name}"
        return self.calls[sql]

    def prepare_for_many(self, cursor: psycopg2.extensions.cursor, sql: str, name: str) -> None:
        """Where that can be; `name` is that under which the statement is prepared."""
        if not (found := _ONE_ROW.fullmatch(sql)):
            return
        cursor.execute("select parameter_types::text[] from pg_prepared_statements where name = %s", (name,))
        [(types,)] = cursor.fetchall()
        if not all(each in _SAME_IN_JSON for each in types):
            return
        given = ", ".join(f"p{nth} {each}" for nth, each in enumerate(types, start=1))
        chosen = ", ".join(f"p{nth}" for nth in range(1, len(types) + 1))
        cursor.execute(
            f"prepare {name}_rows (json) as {found['into']} select {chosen}"  # noqa: S608  # the statement's own words
            f" from json_to_recordset($1) as given ({given}) {found['otherwise'] or ''}"
        )
        self.many[sql] = Rows(f"execute {name}_rows(%s)", types, self._copy_instead(cursor, found, len(types)))

    @staticmethod
    def _copy_instead(cursor: psycopg2.extensions.cursor, insert: re.Match[str], number: int) -> str | None:
        """The COPY that means the same as an insert of `number` values. None for an insert that passes over rows which
        are there already: a COPY cannot."""
        if insert["otherwise"]:
            return None
        columns = insert["columns"]
        if columns is None:
            cursor.execute(
                "select string_agg(quote_ident(attname), ', ') from (select attname from pg_attribute"
                " where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum limit %s) first",
                (insert["table"], number),
            )
            [(named,)] = cursor.fetchall()
            columns = f"({named})"
        return f"copy {insert['table']} {columns} from stdin"


class Writes:
    """The statements of one transaction that were not sent yet, in their order."""

    def __init__(self, session: Session, cursor: psycopg2.extensions.cursor) -> None:
        self._session, self._cursor = session, cursor
        self._waiting: list[bytes | Callable[[], object]] = []  # statements, and copies, which are not sent with any
        self._count = 0
        self._insert, self._rows = "", list[Sequence[object]]()  # one statement's rows that came one after the other

    def begin(self) -> None:
        """The transaction begins with the first that is sent."""
        self._waiting.append(b"begin")

    def add(self, sql: str, parameters: Sequence[object]) -> None:
        call = self._session.calls.get(sql) or self._prepare(sql)
        many = self._session.many.get(sql)
        if many and many.take(parameters):
            if sql != self._insert:
                self._end_rows()
                self._insert = sql
            self._rows.append(parameters)
        else:
            self._end_rows()
            self._waiting.append(self._cursor.mogrify(call, parameters or None))
        self._count += 1
        if self._count >= _TOGETHER:
            self.send()

    @property
    def any(self) -> bool:
        """Whether something waits."""
        return self._count > 0

    def send(self, then: bytes = b"") -> None:
        """Sends what waits, and one more statement with it. Raises what the first that fails says; the transaction
        then fails as a whole."""
        if self._count or self._waiting:
            self._end_rows()
            waiting, self._waiting, self._count = self._waiting, [], 0
            together: list[bytes] = []
            for each in waiting:
                if isinstance(each, bytes):
                    together.append(each)
                else:
                    self._execute(together)
                    together = []
                    each()
            self._execute([*together, then] if then else together)

    def _execute(self, together: Sequence[bytes]) -> None:
        if together:
            self._cursor.execute(b";".join(together))

    def _end_rows(self) -> None:
        sql, rows = self._insert, self._rows
        self._insert, self._rows = "", []
        if len(rows) == 1:
            self._waiting.append(self._cursor.mogrify(self._session.calls[sql], rows[0]))
        elif rows:
            many = self._session.many[sql]
            copy = partial(many.copy, self._cursor, rows) if many.worth_a_copy(rows) else None
            self._waiting.append(copy or many.statement(self._cursor, rows))

    def _prepare(self, sql: str) -> str:
        """The savepoint keeps the transaction whole when the server cannot tell a parameter's type, or refuses the
        statement: it then says so where it is run."""
        self.send()
        self._cursor.execute("savepoint preparing")
        name = f"write_{len(self._session.calls)}"
        try:
            call = self._session.prepare(self._cursor, sql, name)
            self._session.prepare_for_many(self._cursor, sql, name)
        except psycopg2.ProgrammingError:
            self._cursor.execute("rollback to preparing")
            call = self._session.calls.setdefault(sql, sql)
        self._cursor.execute("release preparing")
        return call
