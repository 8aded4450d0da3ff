"""Tells each projection and reaction of its own service's events, from the event table, in batches."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import UUID

import structlog

from shared.database.leadership import asked_to_stand_still, lead
from shared.database.pool import Database, Transaction, Unavailable
from shared.eventstore.doorbell import Listener
from shared.eventstore.postgres import PostgresEventStore
from shared.messages.codec import Codec
from shared.messages.recorded import BEGINNING, Position, Recorded, Stored
from shared.projections.projection import OutOfDate
from shared.projections.standing import check_version
from shared.projections.subscriber import Subscriber

log = structlog.get_logger()

_BATCH = 500
_LOOK_SECONDS = 0.25
_FULL_LOOK_SECONDS = 2.0  # somebody may have set a cursor back
_PAUSE_AFTER_FAILURE_SECONDS = 2.0


@dataclass(frozen=True)
class _Cursor:
    xid: str
    position: int

    def reached(self) -> Position:
        return Position(int(self.xid), self.position)


class Fenced(Exception):
    """Another process moved this reader: it leads now, this one must not write."""


class Reader:
    """Moves every subscriber of one service along its event table. One process leads; the others wait for its lock."""

    def __init__(
        self,
        database: Database,
        codec: Codec,
        subscribers: Sequence[Subscriber[Any]],
        noted: Callable[[], None] = lambda: None,
    ) -> None:
        """`noted` is called when a subscriber may have noted something in the agenda: it rings the doorbell."""
        self._database, self._codec, self._noted = database, codec, noted
        self._subscribers = [each for each in subscribers if own_events(each, codec)]
        self._store = PostgresEventStore(database)
        self._paused_until: dict[str, float] = {}
        self._all_read_to, self._looked_at = BEGINNING, float("-inf")

    def run(self, stop: threading.Event, works: Callable[[], None] = lambda: None) -> None:
        """Until `stop`. Raises Unavailable when the database goes away: the worker then begins again."""
        with lead(self._database, "reader", stop, works) as connection:
            if connection is None:
                return
            listener = Listener(connection)
            while not stop.is_set():
                read = self.advance_all()
                works()
                if not read:
                    listener.wait(_LOOK_SECONDS)

    def advance_all(self) -> int:
        """One batch for each subscriber; how many events were read. One that fails stops alone, one that is asked to
        stand still is passed over."""
        newest = self._store.newest()
        if newest == self._all_read_to and monotonic() < self._looked_at + _FULL_LOOK_SECONDS:
            return 0  # nothing came since everybody had read everything: one query instead of two for each
        looked_at = monotonic()
        page = _Pages(self._store, self._codec)
        still = asked_to_stand_still(self._database, [each.name for each in self._subscribers])
        read = sum(self._advance_or_pause(each, page) for each in self._subscribers if each.name not in still)
        if not read and not still and not self._paused_until:
            self._all_read_to, self._looked_at = newest, looked_at
        return read

    def _advance_or_pause(self, subscriber: Subscriber[Any], pages: "_Pages") -> int:
        if self._paused_until.get(subscriber.name, 0) > monotonic():
            return 0
        try:
            read = self.advance(subscriber, pages)
            self._paused_until.pop(subscriber.name, None)
            return read
        except (Unavailable, Fenced):
            raise
        except Exception as error:
            if isinstance(error, OutOfDate):
                log.warning("a reader stands still", reader=subscriber.name, reason=str(error))
            else:
                log.exception("a reader stopped", reader=subscriber.name)
            self._paused_until[subscriber.name] = monotonic() + _PAUSE_AFTER_FAILURE_SECONDS
            note_failure(self._database, subscriber.name, error)
            return 0

    def advance(self, subscriber: Subscriber[Any], pages: "_Pages | None" = None) -> int:
        """Tells one subscriber of its next batch and moves its cursor, in one transaction."""
        before = cursor_of(self._database, subscriber.name)
        page = (pages or _Pages(self._store, self._codec)).after(before)
        if not page.stored:
            return 0
        with self._database.transaction() as db:
            # First, so that a process that no longer leads finds out before it writes anything.
            move_cursor(db, subscriber.name, before, page.stored[-1].position)
            check_version(subscriber, db)
            if not subscriber.notes:
                forget_if_the_server_crashes(db)
            told = page.of(subscriber)
            subscriber.tell_all(told, db)
        if told and subscriber.notes:
            self._noted()
        return len(page.stored)


class _Page:
    """Some events of the table, each decoded once and only when somebody is told of it."""

    def __init__(self, stored: Sequence[Stored], codec: Codec) -> None:
        self.stored, self._codec = stored, codec
        self._decoded: dict[UUID, Recorded] = {}

    def of(self, subscriber: Subscriber[Any]) -> list[Recorded]:
        """Those that a subscriber is told of. Raises what decoding raises."""
        names = {name for each in subscriber.events if (name := self._codec.name_of(each))}
        return [self._decode(each) for each in self.stored if each.type in names]

    def _decode(self, stored: Stored) -> Recorded:
        if stored.event_id not in self._decoded:
            self._decoded[stored.event_id] = self._codec.decode(stored)
        return self._decoded[stored.event_id]


class _Pages:
    """What one round of all subscribers reads: most stand at the same place, and so it is read once for them."""

    def __init__(self, store: PostgresEventStore, codec: Codec) -> None:
        self._store, self._codec = store, codec
        self._read: dict[Position, _Page] = {}

    def after(self, place: Position) -> _Page:
        if place not in self._read:
            self._read[place] = _Page(self._store.read_all(place, _BATCH), self._codec)
        return self._read[place]


def own_events(subscriber: Subscriber[Any], codec: Codec) -> Sequence[type]:
    """Those of the events that a subscriber is told of which its own service records."""
    return [each for each in subscriber.events if codec.name_of(each)]


def cursor_of(database: Database, name: str) -> Position:
    """How far a reader has come. Its row is made at the first call."""
    with database.transaction() as db:
        found = db.one(_Cursor, "select xid::text as xid, position from readers where name = %s", name)
        if found is None:
            db.execute("insert into readers (name) values (%s) on conflict do nothing", name)
            return Position(0, 0)
        return found.reached()


def move_cursor(db: Transaction, name: str, before: Position, after: Position) -> None:
    """Moves a cursor from where the caller believes it to be. Raises Fenced when it is elsewhere."""
    moved = db.execute(
        "update readers set xid = %s::xid8, position = %s, moved_at = now(), failure = null"
        " where name = %s and xid = %s::xid8 and position = %s",
        str(after.xid),
        after.number,
        name,
        str(before.xid),
        before.number,
    )
    if moved != 1:
        raise Fenced(f"{name} was moved by another process")


def forget_if_the_server_crashes(db: Transaction) -> None:
    """Lets the commit not wait for the disk: for rows that are told again from the place that is forgotten with them.

    Not for what a reaction notes: a letter could be sent because of it, and again after the crash.
    """
    db.write("set local synchronous_commit to off")


def note_failure(database: Database, name: str, error: Exception | None) -> None:
    """Keeps the reason why a reader stands still, for `copse status`; None when it goes on."""
    reason = None if error is None else f"{type(error).__name__}: {error}"[:500]
    with database.transaction() as db:
        db.execute("update readers set failure = %s where name = %s", reason, name)
