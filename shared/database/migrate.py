"""Brings a database to the schema of this release: numbered .sql files, applied once, in order, by yoyo."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import psycopg2.errors
import yoyo

from shared.database.pool import Database
from shared.errors import CannotGoOn

_LOCK = 0x636F707365  # "copse"
_LOCK_SECONDS = 5.0


class InUse(CannotGoOn):
    """Somebody else kept a lock that a migration needs. That one was not applied; those before it were."""

    def __init__(self, address: str) -> None:
        super().__init__(
            f"The tables of {address} are in use: an open transaction or another migration keeps a lock for more than"
            f" {_LOCK_SECONDS:g} s. Nothing is half done. Try again, or stop web and worker first; copse doctor names a"
            " transaction that somebody forgot."
        )


def migrate(database: Database, folders: Sequence[Path], functions: Sequence[Path] = ()) -> list[str]:
    """Applies what is new in `folders` (in that order) and replaces the SQL functions. Returns the names applied.

    Safe to run by several processes at once. A run that was killed leaves yoyo's own lock row behind; the
    database's lock around it ends with its session, so that row can be broken here without risk.

    Raises InUse rather than wait long for a lock: whoever reads or appends would wait behind the migration.
    """
    applied: list[str] = []
    with database.own_connection() as connection, connection.cursor() as cursor:
        try:
            cursor.execute("select pg_advisory_lock(%s)", (_LOCK,))
            applied += _apply(database.url, folders)
            for function in functions:
                cursor.execute(function.read_text())
        except psycopg2.errors.LockNotAvailable as error:
            raise InUse(database.address) from error
    return applied


def _apply(url: str, folders: Sequence[Path]) -> list[str]:
    applied: list[str] = []
    backend = yoyo.get_backend(_impatient(url))
    try:
        backend.break_lock()
        for folder in folders:
            waiting = backend.to_apply(yoyo.read_migrations(str(folder)))
            backend.apply_migrations(waiting)
            applied += [migration.id for migration in waiting]
    finally:
        backend.connection.close()
    return applied


def _impatient(url: str) -> str:
    """In the address, because yoyo makes a connection of its own for each migration."""
    parts = urlsplit(url)
    said = dict(parse_qsl(parts.query))
    said["options"] = f"{said.get('options', '')} -c lock_timeout={round(_LOCK_SECONDS * 1000)}".strip()
    return parts._replace(query=urlencode(said)).geturl()
