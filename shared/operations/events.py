"""Events as they are stored, for people and programs that look into a service. Personal fields stay sealed.

Of confined streams only the place and the type are shown, and an export leaves them out.
"""

import os
import threading
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO
from uuid import UUID

import msgspec
from msgspec import structs

from shared.database.pool import Database
from shared.eventstore.doorbell import Listener
from shared.eventstore.postgres import PostgresEventStore, events_of
from shared.messages.decisions import category_of
from shared.messages.recorded import BEGINNING, Position, Stored

_SQL = Path(__file__).parent / "sql"
_NEWEST_EVENTS = (_SQL / "newest_events.sql").read_text()
_EVENT_BY_ID = (_SQL / "event_by_id.sql").read_text()
_PAGE = 1000
_LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Shown:
    """An event for programs. `data` and `metadata` are the JSON as it is stored, to the letter; null when confined."""

    position: str
    event_id: UUID
    stream: str
    version: int
    type: str
    schema_version: int
    recorded_at: datetime
    metadata: msgspec.Raw
    data: msgspec.Raw


def withheld(stored: Stored, confined: Set[str]) -> Stored:
    """The event without what it says and who said it, when its stream is confined."""
    if category_of(stored.stream) not in confined:
        return stored
    return structs.replace(stored, data="null", metadata="null")


def shown(stored: Stored) -> Shown:
    return Shown(
        str(stored.position),
        stored.event_id,
        stored.stream,
        stored.version,
        stored.type,
        stored.schema_version,
        stored.recorded_at,
        msgspec.Raw(stored.metadata.encode()),
        msgspec.Raw(stored.data.encode()),
    )


@dataclass(frozen=True, slots=True)
class _Where:
    stream: str
    version: int


def newest_events(database: Database, count: int, type: str | None = None, stream: str | None = None) -> list[Stored]:
    """The newest `count` events, of one type or stream if that is said, oldest of them first."""
    with database.transaction() as db:
        newest_first = events_of(db, _NEWEST_EVENTS, type, type, stream, stream, count)
    return newest_first[::-1]


def following(
    database: Database, after: Position, stop: threading.Event, type: str | None = None, stream: str | None = None
) -> Iterator[Stored]:
    """Every event after a position as it comes, until `stop`. Below the horizon, so none is skipped."""
    store = PostgresEventStore(database)
    with database.own_connection() as connection:
        listener = Listener(connection)
        while not stop.is_set():
            page = store.read_all(after, _PAGE)
            for each in page:
                after = each.position
                if type in (None, each.type) and stream in (None, each.stream):
                    yield each
            if not page:
                listener.wait(_LOOK_SECONDS)


def event_with_id(database: Database, event_id: UUID) -> Stored | None:
    """One event, or None when this service has none of that id."""
    with database.transaction() as db:
        where = db.one(_Where, _EVENT_BY_ID, event_id)
    if where is None:
        return None
    return PostgresEventStore(database).read(where.stream, where.version - 1)[0]


def stream_of(database: Database, stream: str) -> list[Stored]:
    """A stream's events, oldest first; empty when there is no such stream."""
    return PostgresEventStore(database).read(stream)


def export(database: Database, to: Path, confined: Set[str], told: Callable[[int], None] = lambda _: None) -> int:
    """Writes all events that are there now to a new file, one JSON object a line; how many. Raises FileExistsError.
    Those of `confined` categories are left out.

    The file appears under its name only when it is complete, and only its owner may read it: sealed personal data
    are personal data still.
    """
    if to.exists():
        raise FileExistsError(to)
    part = to.with_name(f"{to.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        count = _write(database, file, confined, told)
        file.flush()
        os.fsync(file.fileno())
    part.rename(to)
    return count


def _write(database: Database, file: IO[bytes], confined: Set[str], told: Callable[[int], None]) -> int:
    store, encoder = PostgresEventStore(database), msgspec.json.Encoder()
    last, after, count = store.newest(), BEGINNING, 0
    while after < last and (page := store.read_all(after, _PAGE)):
        wanted = [each for each in page if each.position <= last and category_of(each.stream) not in confined]
        file.write(encoder.encode_lines([shown(each) for each in wanted]))
        after, count = page[-1].position, count + len(wanted)
        told(count)
    return count
