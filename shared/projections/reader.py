"""Tells each projection and reaction of its own service's events, from the event table, in batches."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

import structlog

from shared.database.leadership import lead
from shared.database.pool import Database, Transaction, Unavailable
from shared.eventstore.doorbell import Listener
from shared.eventstore.postgres import PostgresEventStore
from shared.messages.codec import Codec
from shared.messages.recorded import BEGINNING, Position
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
        """One batch for each subscriber; how many events were read. One that fails stops alone."""
        newest = self._store.newest()
        if newest == self._all_read_to and monotonic() < self._looked_at + _FULL_LOOK_SECONDS:
            return 0  # nothing came since everybody had read everything: one query instead of two for each
        looked_at = monotonic()
        read = sum(self._advance_or_pause(each) for each in self._subscribers)
        if not read and not self._paused_until:
            self._all_read_to, self._looked_at = newest, looked_at
        return read

    def _advance_or_pause(self, subscriber: Subscriber[Any]) -> int:
        if self._paused_until.get(subscriber.name, 0) > monotonic():
            return 0
        try:
            read = self.advance(subscriber)
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

    def advance(self, subscriber: Subscriber[Any]) -> int:
        """Tells one subscriber of its next batch and moves its cursor, in one transaction."""
        before = cursor_of(self._database, subscriber.name)
        stored = self._store.read_all(before, _BATCH)
        if not stored:
            return 0
        names = {name for each in subscriber.events if (name := self._codec.name_of(each))}
        with self._database.transaction() as db:
            # First, so that a process that no longer leads finds out before it writes anything.
            move_cursor(db, subscriber.name, before, stored[-1].position)
            check_version(subscriber, db)
            told = [self._codec.decode(each) for each in stored if each.type in names]
            for each in told:
                subscriber.tell(each, db)
        if told and subscriber.notes:
            self._noted()
        return len(stored)


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


def note_failure(database: Database, name: str, error: Exception | None) -> None:
    """Keeps the reason why a reader stands still, for `copse status`; None when it goes on."""
    reason = None if error is None else f"{type(error).__name__}: {error}"[:500]
    with database.transaction() as db:
        db.execute("update readers set failure = %s where name = %s", reason, name)
