"""Tells each projection and reaction of its own service's events, from the event table, in batches.

Nearly every event is of interest to few of them. The others are moved past it together: a transaction for each would
keep the processor busy, and hold up the horizon, and with it the relay, for nothing.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any, cast

import msgspec
import structlog

from shared.database.leadership import ASKED_TO_STAND_STILL, keys_to_stand_still, lead
from shared.database.pool import Database, Prepared, Transaction, Unavailable
from shared.eventstore.doorbell import Listener, Looks
from shared.eventstore.postgres import NEWEST, PostgresEventStore
from shared.failures import plain
from shared.messages.codec import Codec
from shared.messages.recorded import BEGINNING, Position
from shared.projections.pages import Page, Pages
from shared.projections.projection import OutOfDate, Projection
from shared.projections.standing import check_version
from shared.projections.subscriber import Subscriber

log = structlog.get_logger()

_LOOK_SECONDS = 0.25
_FULL_LOOK_SECONDS = 2.0  # somebody may have set a cursor back
_PAUSE_AFTER_FAILURE_SECONDS = 2.0
_MOVE = Prepared("move_reader", "select * from move_reader(%s, %s::xid8, %s, %s::xid8, %s)")
_PASS_BY = Prepared("pass_by", "select * from pass_by(%s::text[], %s::integer[], %s::xid8, %s, %s::xid8, %s)")
_CURSORS = Prepared("cursors", "select name, xid::text, position from readers where name = any(%s)")
_BEGIN = f"""
insert into readers (name, xid, position)
select name, coalesce(newest.xid, '0')::xid8, coalesce(newest.position, 0)
from unnest(%s::text[], %s::boolean[]) as new (name, from_the_beginning)
left join ({NEWEST}) newest on not from_the_beginning
on conflict do nothing
"""  # noqa: S608  # our own words
_LOOK = Prepared(
    "look_of_readers",
    f"select (select concat(xid, '.', position) from ({NEWEST}) newest), array({ASKED_TO_STAND_STILL}),"  # noqa: S608  # our own words
    " (select json_object_agg(name, concat(xid, '.', position)) from readers where name = any(%s))",
)
_PLACES = msgspec.json.Decoder(dict[str, str])


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
        self._types = {
            each.name: frozenset(name for event in each.events if (name := codec.name_of(event)))
            for each in self._subscribers
        }
        self._store = PostgresEventStore(database)
        self._paused_until: dict[str, float] = {}
        self._all_read_to, self._looked_at = BEGINNING, float("-inf")

    def run(self, stop: threading.Event, works: Callable[[], None] = lambda: None) -> None:
        """Until `stop`. Raises Unavailable when the database goes away: the worker then begins again."""
        with lead(self._database, "reader", stop, works) as connection:
            if connection is None:
                return
            looks = Looks(Listener(connection), _LOOK_SECONDS)
            while not stop.is_set():
                read = self.advance_all()
                works()
                looks.looked(read, at_once=bool(read))
                looks.wait()

    def advance_all(self) -> int:
        """One batch for each subscriber; how many events were read. One that fails stops alone, one that is asked to
        stand still is passed over."""
        looked_at = monotonic()
        newest, still, places = self._look()
        if newest == self._all_read_to and looked_at < self._looked_at + _FULL_LOOK_SECONDS:
            return 0  # nothing came since everybody had read everything
        going = [each for each in self._subscribers if each.name not in still and not self._pauses(each.name)]
        pages = Pages(self._store, self._codec)
        told = [each for each in going if pages.after(places[each.name]).has(self._types[each.name])]
        passing = [each for each in going if each not in told]
        # A reaction is never ahead of a projection that its commands and effects may read.
        read = sum(self._advance_or_pause(each, pages, places[each.name]) for each in told if not each.notes)
        read += self._pass_by(passing, pages, places)
        read += sum(self._advance_or_pause(each, pages, places[each.name]) for each in told if each.notes)
        if not still and not self._paused_until and all(pages.after(places[each.name]).end >= newest for each in going):
            self._all_read_to, self._looked_at = newest, looked_at
        return read

    def _look(self) -> tuple[Position, Sequence[str], Mapping[str, Position]]:
        """(where the last event stands, who is asked to stand still, how far everybody has come)."""
        names = [each.name for each in self._subscribers]
        with self._database.statement() as db:
            [(newest, still, found)] = db.rows(_LOOK, names, keys_to_stand_still(names), names)
        places = {name: Position.parse(place) for name, place in _PLACES.decode(found or "{}").items()}
        if len(places) < len(names):
            begin_reading(self._database, self._subscribers)
            places = cursors_of(self._database, names)
        return Position.parse(newest) if newest else BEGINNING, still, places

    def _pauses(self, name: str) -> bool:
        return self._paused_until.get(name, 0) > monotonic()

    def _pass_by(self, subscribers: Sequence[Subscriber[Any]], pages: Pages, places: Mapping[str, Position]) -> int:
        """Moves those past a page in which there is nothing for them; one by one when they cannot go together."""
        read = 0
        for place in {places[each.name] for each in subscribers}:
            page, here = pages.after(place), [each for each in subscribers if places[each.name] == place]
            if page.stored and self._moved_together(here, place, page):
                read += len(page.stored) * len(here)
            else:
                read += sum(self._advance_or_pause(each, pages, place) for each in here)
        return read

    def _moved_together(self, subscribers: Sequence[Subscriber[Any]], place: Position, page: Page) -> bool:
        names = [each.name for each in subscribers]
        versions = [each.version if isinstance(each, Projection) else None for each in subscribers]
        with self._database.statement() as db:
            before, after = (str(place.xid), place.number), (str(page.end.xid), page.end.number)
            return bool(db.value(bool, _PASS_BY, names, versions, *before, *after))

    def _advance_or_pause(self, subscriber: Subscriber[Any], pages: Pages, place: Position) -> int:
        try:
            read = self.advance(subscriber, pages, place)
            self._paused_until.pop(subscriber.name, None)
            return read
        except (Unavailable, Fenced):
            raise
        except Exception as error:
            if isinstance(error, OutOfDate):
                log.warning("a reader stands still", reader=subscriber.name, reason=str(error))
            else:
                log.exception("a reader stopped", reader=subscriber.name, reason=plain(error))
            self._paused_until[subscriber.name] = monotonic() + _PAUSE_AFTER_FAILURE_SECONDS
            note_failure(self._database, subscriber.name, error)
            return 0

    def advance(self, subscriber: Subscriber[Any], pages: Pages | None = None, place: Position | None = None) -> int:
        """Tells one subscriber of its next batch and moves its cursor, in one transaction."""
        if place is None:
            begin_reading(self._database, [subscriber])
        before = place or cursor_of(self._database, subscriber.name)
        page = (pages or Pages(self._store, self._codec)).after(before)
        if not page.stored:
            return 0
        with self._database.transaction() as db:
            # First, so that a process that no longer leads finds out before it writes anything.
            check_version(subscriber, move_cursor(db, subscriber.name, before, page.end))
            if not subscriber.notes:
                forget_if_the_server_crashes(db)
            told = page.of(self._types[subscriber.name])
            subscriber.tell_all(told, db)
        if told and subscriber.notes:
            self._noted()
        return len(page.stored)


def own_events(subscriber: Subscriber[Any], codec: Codec) -> Sequence[type]:
    """Those of the events that a subscriber is told of which its own service records."""
    return [each for each in subscriber.events if codec.name_of(each)]


def begin_reading(database: Database, subscribers: Sequence[Subscriber[Any]]) -> None:
    """Gives a place to those that have none: before all events, or behind the newest for who is not told of the past.

    `copse migrate` does it, so that whatever happens before the worker first looks is told. What a transaction that is
    still open hides from this look lies behind the newest that it sees, and is told too.
    """
    names, told_of_the_past = [each.name for each in subscribers], [each.from_the_beginning for each in subscribers]
    with database.statement() as db:
        db.execute(_BEGIN, names, told_of_the_past)


def cursor_of(database: Database, name: str) -> Position:
    """How far a reader has come: the beginning when it has no place yet."""
    return cursors_of(database, [name])[name]


def cursors_of(database: Database, names: Sequence[str]) -> dict[str, Position]:
    """How far each reader has come: the beginning for those that have no place yet."""
    with database.statement() as db:
        found = db.rows(_CURSORS, list(names))
    return dict.fromkeys(names, BEGINNING) | {name: Position(int(xid), number) for name, xid, number in found}


def move_cursor(db: Transaction, name: str, before: Position, after: Position) -> int | None:
    """Moves a cursor from where the caller believes it to be. Raises Fenced when it is elsewhere. Gives the version of
    the reader's tables, if it has any, which stays until the transaction ends."""
    [(moved, tables)] = db.rows(_MOVE, name, str(before.xid), before.number, str(after.xid), after.number)
    if not moved:
        raise Fenced(f"{name} was moved by another process")
    return cast(int | None, tables)


def forget_if_the_server_crashes(db: Transaction) -> None:
    """Lets the commit not wait for the disk: for rows that are told again from the place that is forgotten with them.

    Not for what a reaction notes: a letter could be sent because of it, and again after the crash.
    """
    db.write("select set_config('synchronous_commit', 'off', true)")


def note_failure(database: Database, name: str, error: Exception | None) -> None:
    """Keeps the reason why a reader stands still, for `copse status`; None when it goes on."""
    with database.transaction() as db:
        db.execute("update readers set failure = %s where name = %s", error and plain(error), name)
