"""Are two sets of tables the same, row for row?"""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.database.pool import Transaction

# Generated columns and identities number rows in the order of arrival, which no event says.
_COLUMNS = """
select attname::text from pg_attribute
where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped and attidentity = '' and attgenerated = ''
order by attnum
"""
_KEY = """
select a.attname::text from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
where i.indrelid = to_regclass(%s) and i.indisprimary order by array_position(i.indkey, a.attnum)
"""
_TABLES = """
select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = %s and c.relkind in ('r', 'p') order by c.relname
"""


@dataclass(frozen=True)
class Difference:
    """The first difference. Values are left out, because they may be about people."""

    table: str
    says: str

    def __str__(self) -> str:
        return f"{self.table}: {self.says}"


@dataclass(frozen=True)
class _Row:
    key: str
    columns: list[str] | None
    only: str | None


def first_difference(db: Transaction, live: str, rebuilt: str) -> Difference | None:
    """The first row that is in one schema and not, or not the same, in the other. Row order does not count."""
    tables, others = db.all(str, _TABLES, live), db.all(str, _TABLES, rebuilt)
    if tables != others:
        only = sorted(set(tables) ^ set(others))
        return Difference(only[0], f"is only {_where(only[0] in tables)}")
    for table in tables:
        columns, others = (db.all(str, _COLUMNS, f'"{schema}"."{table}"') for schema in (live, rebuilt))
        if columns != others:
            return Difference(table, f"has the columns {columns} in use and {others} when rebuilt")
        key = db.all(str, _KEY, f'"{live}"."{table}"')
        difference = (
            _with_key(db, live, rebuilt, table, columns, key) if key else _whole(db, live, rebuilt, table, columns)
        )
        if difference:
            return difference
    return None


def _with_key(
    db: Transaction, live: str, rebuilt: str, table: str, columns: Sequence[str], key: Sequence[str]
) -> Difference | None:
    using = " and ".join(f'l."{each}" = r."{each}"' for each in key)
    keys = " || ' ' || ".join(f'\'{each} \' || coalesce(l."{each}", r."{each}")::text' for each in key)
    changed = ", ".join(
        f'case when l."{each}"::text is distinct from r."{each}"::text then \'{each}\' end' for each in columns
    )
    found = db.one(
        _Row,
        f"select {keys} as key, array_remove(array[{changed}], null) as columns,"  # noqa: S608  # names of our own tables
        f" case when r.* is null then 'l' when l.* is null then 'r' end as only"
        f' from "{live}"."{table}" l full join "{rebuilt}"."{table}" r on {using}'
        f" where {_text('l', columns)} is distinct from {_text('r', columns)} order by 1 limit 1",
    )
    if found is None:
        return None
    if found.only:
        return Difference(table, f"the row with {found.key} is only {_where(found.only == 'l')}")
    return Difference(table, f"the row with {found.key} differs in {', '.join(found.columns or [])}")


def _whole(db: Transaction, live: str, rebuilt: str, table: str, columns: Sequence[str]) -> Difference | None:
    one, other = (
        f'select {_text("t", columns)} from "{schema}"."{table}" t'  # noqa: S608  # names of our own tables
        for schema in (live, rebuilt)
    )
    for first, second, in_use in ((one, other, True), (other, one, False)):
        number = db.value(int, f"select count(*) from ({first} except all {second}) lone")  # noqa: S608
        if number:
            return Difference(table, f"{number} rows are only {_where(in_use)} (the table has no primary key)")
    return None


def _text(table: str, columns: Sequence[str]) -> str:
    """The row as text: json has no equality of its own. An absent row gives null columns, as no real row does."""
    return "row(" + ", ".join(f'{table}."{each}"::text' for each in columns) + ")::text"


def _where(in_use: bool) -> str:
    return "in the tables in use" if in_use else "in the rebuilt ones"
