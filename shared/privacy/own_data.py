"""Everything that a service holds of one person (UK GDPR, articles 15 and 20), from the one source: its events.

Read models are made of events and hold nothing else. What concerns other people is left out: a text that is sealed
under another key, and every confined stream, of which only the people who keep it can say what may be told.
"""

import json
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from shared.database.pool import Database, Transaction
from shared.eventstore.postgres import events_of
from shared.messages.codec import Unseal
from shared.messages.decisions import category_of
from shared.messages.events import ERASED
from shared.messages.recorded import BEGINNING, Position, Stored
from shared.privacy.keyring import NotSealed

SOMEBODY_ELSE: Final = "[about somebody else]"

_SQL = Path(__file__).parents[1] / "eventstore" / "sql"
_END_OF_PAGE = (_SQL / "end_of_page.sql").read_text()
_ABOUT_PERSON = (_SQL / "about_person.sql").read_text()
_PAGE = 20_000


@dataclass(frozen=True, slots=True)
class Held:
    """One event about her, opened. `by_you`: she did it. `record`: what kind of record it is in, and which."""

    what_happened: str
    at: datetime
    channel: str
    by_you: bool
    record: str
    record_id: UUID
    data: dict[str, Any]


@dataclass(frozen=True)
class _Place:
    xid: str
    position: int


def held_of(database: Database, person: UUID, unseal: Unseal, confined: Set[str]) -> Iterator[Held]:
    """Oldest first. Goes through the whole event table, a page in one short transaction."""
    after = BEGINNING
    while True:
        with database.transaction() as db:
            end = _end(db, after)
            found = _about(db, person, after, end) if end else []
        if end is None:
            return
        yield from (_opened(each, person, unseal) for each in found if category_of(each.stream) not in confined)
        after = end


def _end(db: Transaction, after: Position) -> Position | None:
    found = db.one(_Place, _END_OF_PAGE, str(after.xid), after.number, _PAGE)
    return Position(int(found.xid), found.position) if found else None


def _about(db: Transaction, person: UUID, after: Position, end: Position) -> list[Stored]:
    who = str(person)
    return events_of(
        db, _ABOUT_PERSON, str(after.xid), after.number, str(end.xid), end.number, who, who, f"member:{who}"
    )


def _opened(stored: Stored, person: UUID, unseal: Unseal) -> Held:
    metadata = json.loads(stored.metadata)

    def opened(text: str, path: str) -> str:
        if not text.startswith("sealed:"):
            return text
        if not text.startswith(f"sealed:{person}:"):
            return SOMEBODY_ELSE
        try:
            return unseal(text, f"{stored.event_id}/{path}") or ERASED
        except NotSealed:
            return text  # somebody typed it so

    return Held(
        what_happened=stored.type,
        at=stored.recorded_at,
        channel=metadata["channel"],
        by_you=f"member:{person}" in (metadata["actor"], metadata.get("on_behalf_of")),
        record=category_of(stored.stream),
        record_id=UUID(stored.stream[-36:]),
        data=_each_text(json.loads(stored.data), "", opened),
    )


def _each_text(part: dict[str, Any], prefix: str, change: Callable[[str, str], str]) -> dict[str, Any]:
    """The same fields, each text changed; `change` is told the field's path as the codec writes it."""

    def changed(value: Any, name: str, nth: int) -> Any:
        match value:
            case str():
                return change(value, prefix + name)
            case dict():
                return _each_text(value, f"{prefix}{name}/{nth}/", change)
            case list():
                return [changed(each, name, at) for at, each in enumerate(value)]
        return value

    return {name: changed(value, name, 0) for name, value in part.items()}
