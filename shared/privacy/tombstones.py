"""Who was erased, as the events of a service tell: what a keyring restored from yesterday's backup has forgotten."""

from uuid import UUID

from shared.database.pool import Database

_ERASED = (
    "select distinct right(stream, 36)::uuid from events"
    " where type in ('key-destroyed', 'member-erased', 'erasure-confirmed')"
)


def erased_here(database: Database) -> list[UUID]:
    """Everybody of whose erasure this service's event table knows. None where there is no such table yet."""
    with database.transaction() as db:
        if db.value(str, "select to_regclass('public.events')::text") is None:
            return []
        return db.all(UUID, _ERASED)
