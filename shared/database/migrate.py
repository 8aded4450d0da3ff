"""Brings a database to the schema of this release: numbered .sql files, applied once, in order, by yoyo."""

from collections.abc import Sequence
from pathlib import Path

import yoyo

from shared.database.pool import Database

_LOCK = 0x636F707365  # "copse"


def migrate(database: Database, folders: Sequence[Path], functions: Sequence[Path] = ()) -> list[str]:
    """Applies what is new in `folders` (in that order) and replaces the SQL functions. Returns the names applied.

    Safe to run by several processes at once. A run that was killed leaves yoyo's own lock row behind; the
    database's lock around it ends with its session, so that row can be broken here without risk.
    """
    applied: list[str] = []
    with database.own_connection() as connection, connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", (_LOCK,))
        backend = yoyo.get_backend(database.url)
        try:
            backend.break_lock()
            for folder in folders:
                waiting = backend.to_apply(yoyo.read_migrations(str(folder)))
                backend.apply_migrations(waiting)
                applied += [migration.id for migration in waiting]
        finally:
            backend.connection.close()
        for function in functions:
            cursor.execute(function.read_text())
    return applied
