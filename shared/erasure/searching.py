"""Looks through every read model of a service for somebody's name and addresses, in what others wrote.

Which tables there are is asked of the database, so that a new read model is looked through without a word. A row that
carries the person's id is hers: it is dropped or blanked, and not told of here.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from shared.database.pool import Transaction
from shared.erasure.here import Mention
from shared.messages.events import ERASED, MemberId

MOST = 200
"""Places that are named one by one; more are counted."""

_COLUMNS = """
select n.nspname::text as schema, c.relname::text as table, quote_ident(a.attname) as column, t.typname::text as type,
    coalesce(a.attnum = any(i.indkey), false) as key
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join pg_type t on t.oid = a.atttypid
left join pg_index i on i.indrelid = c.oid and i.indisprimary
where c.relkind in ('r', 'p') and n.nspname in (select name from projections)
order by n.nspname, c.relname, a.attnum
"""
_TEXTS = ("text", "varchar", "_text", "_varchar", "json", "jsonb")


@dataclass(frozen=True)
class _Column:
    schema: str
    table: str
    column: str
    type: str
    key: bool


def patterns(names: Collection[str], ways: Collection[str]) -> list[str]:
    """Regular expressions of PostgreSQL: each name in full, its last name as a word, and each way to reach her.

    A first name alone is not looked for: it would find half of everybody. Spaces and punctuation between the parts of
    a name or number do not matter.
    """
    found = []
    for name in names:
        words = re.findall(r"[^\W\d_][\w'\u2019-]*", re.sub(r"\([^)]*\)", " ", name))
        if name != ERASED and words:
            found.append(r"\m" + r"\W+".join(map(re.escape, words)) + r"\M")
            if len(words) > 1 and len(words[-1]) > 2:
                found.append(rf"\m{re.escape(words[-1])}\M")
    for way in ways:
        digits = re.sub(r"\D", "", way)
        if "@" not in way and len(digits) >= 6 and len(digits) * 2 > len(way.strip()):
            found.append(r"\D{0,3}".join(digits[-9:]))
        elif len(way.strip()) > 5:
            found.append(r"\W+".join(map(re.escape, re.findall(r"\w+", way))))
    return list(dict.fromkeys(found))


def mentions(db: Transaction, member: MemberId, looked_for: Collection[str]) -> tuple[list[Mention], int]:
    """Up to `MOST` places where one of these patterns is, and how many more there are."""
    tables: dict[tuple[str, str], list[_Column]] = {}
    for column in db.all(_Column, _COLUMNS):
        tables.setdefault((column.schema, column.table), []).append(column)
    found: list[Mention] = []
    wanted = "|".join(f"(?:{each})" for each in looked_for)
    for (schema, table), columns in tables.items() if wanted else ():
        hers = " or ".join(
            f"{member_sql} = any({column.column})" if column.type == "_uuid" else f"{column.column} = {member_sql}"
            for column in columns
            if column.type in ("uuid", "_uuid")
            for member_sql in [f"'{member}'::uuid"]
        )
        key = " || ' ' || ".join(f"{column.column}::text" for column in columns if column.key) or "''"
        for column in columns:
            if column.type in _TEXTS:
                rows = db.all(
                    str,
                    f"select {key} from {schema}.{table} where {column.column}::text ~* %s"  # noqa: S608  # our own names
                    f" and ({hers or 'false'}) is not true order by 1",
                    wanted,
                )
                found += (Mention(f"{schema}.{table}", row, column.column.strip('"')) for row in rows)
    return found[:MOST], max(0, len(found) - MOST)
