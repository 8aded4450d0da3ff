"""A database that was restored from a dump into another cluster: how that is noticed, and put right.

Readers go along transaction ids, which are the cluster's own. See docs/adr/0014-restored-dumps.md.
"""

from pathlib import Path

from shared.database.pool import Database, Transaction
from shared.errors import CannotGoOn

_SQL = Path(__file__).parent / "sql"
_ELSEWHERE = (_SQL / "elsewhere.sql").read_text()
_MOVED = (_SQL / "restored_moved.sql").read_text()
_RESTORED = (_SQL / "restored.sql").read_text()


class Restored(CannotGoOn):
    """The transaction ids in a database are those of another cluster, so nothing may read or append there."""

    def __init__(self, service: str) -> None:
        super().__init__(
            f"The database of {service} was restored from a dump of another PostgreSQL, whose transaction ids it"
            f" still holds: relay and projections would pass over events. Run: copse restored {service}"
        )


class ReadOn(CannotGoOn):
    """Somebody read on after the restore, so it cannot be known any more what they have seen."""

    def __init__(self, readers: list[str]) -> None:
        super().__init__(
            f"Since the restore, {', '.join(readers)} went on, and may have passed over events. Stop web and workers,"
            " restore the dump once more, and run this before they start."
        )


def was_restored(db: Transaction) -> bool:
    """Whether the database came from another cluster and was not put right yet."""
    if db.value(str, "select to_regclass('public.cluster')::text") is None:
        return False  # of an older release: its migration writes down where it is
    return bool(db.value(bool, _ELSEWHERE))


def put_right(database: Database) -> int | None:
    """Gives events and cursors transaction ids that hold here, in one transaction; how many events there are.

    None when there was nothing to do. Takes a minute for some millions of events; nobody can read or append
    meanwhile. Raises ReadOn, or Busy when somebody is at work in these tables.
    """
    with database.transaction() as db:
        if not was_restored(db):
            return None
        db.execute("lock table events, requests, readers, projection_copies in access exclusive mode")
        if moved := db.all(str, _MOVED):
            raise ReadOn(moved)
        db.execute(_RESTORED)
        return db.value(int, "select count(*) from events") or 0
