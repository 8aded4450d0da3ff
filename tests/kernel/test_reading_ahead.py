"""While a rebuild tells one page of the event table, the next is read; it is told what it would have been without."""

import gc
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from shared.database.pool import Database, Unavailable
from shared.eventstore.postgres import PostgresEventStore
from shared.messages.recorded import BEGINNING, Page, Position, Recorded, Unread
from shared.streaming import past, replay
from tests.kernel.test_event_store import add

PAGE = 4


class Watched(PostgresEventStore):
    """Notes from where it is read, and does not answer from the so many-th reading on."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.asked: list[Position] = []
        self.decoded: list[int] = []
        self.fails_from = 100

    def read_page(self, after: Position, upto: Position, types: Collection[str], limit: int) -> Page:
        self.asked.append(after)
        if len(self.asked) >= self.fails_from:
            raise Unavailable("here", "gone")
        return super().read_page(after, upto, types, limit)

    def decode(self, event: Unread) -> Unread:
        self.decoded.append(event.version)
        return event


@pytest.fixture
def watched(database: Database, monkeypatch: pytest.MonkeyPatch) -> Watched:
    monkeypatch.setattr(past, "_READ_AT_ONCE", PAGE)
    return Watched(database)


class Pages(past.Pages):
    def waited_for(self) -> None:
        """The page ahead is here."""
        if self._ahead:
            self._ahead[1].exception()


@pytest.fixture
def pages(watched: Watched) -> Iterator[Pages]:
    with ThreadPoolExecutor(1) as reading:
        yield Pages(watched, {"fact-noted"}, watched.decode, reading)


def through(pages: Pages, target: Position) -> list[Recorded]:
    found: list[Recorded] = []
    place = BEGINNING
    while (page := pages.after(place, target)).end != place:
        found += page.events
        place = page.end
    return found


@pytest.mark.parametrize("events", [0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 3 * PAGE - 1])
def test_every_event_comes_once_and_in_order(watched: Watched, pages: Pages, events: int) -> None:
    if events:
        add(watched, "meeting-1", 0, events)
    assert [each.version for each in through(pages, watched.newest())] == list(range(1, events + 1))


def test_one_page_is_read_ahead_and_none_beyond_it_or_the_target(watched: Watched, pages: Pages) -> None:
    add(watched, "meeting-1", 0, 5 * PAGE)
    all_ = watched.read_all(BEGINNING, 5 * PAGE)
    ends = [all_[nth * PAGE - 1].position for nth in range(1, 6)]
    target = ends[2]
    pages.after(BEGINNING, target)
    pages.waited_for()
    assert watched.asked == [BEGINNING, ends[0]]
    pages.after(ends[0], target)
    pages.waited_for()
    assert watched.asked == [BEGINNING, ends[0], ends[1]]
    pages.after(ends[1], target)
    pages.waited_for()
    assert watched.asked == [BEGINNING, ends[0], ends[1]]


def test_what_is_read_ahead_is_decoded_there_and_once(watched: Watched, pages: Pages) -> None:
    add(watched, "meeting-1", 0, 2 * PAGE)
    end = pages.after(BEGINNING, target := watched.newest()).end
    pages.waited_for()
    assert watched.decoded == list(range(1, 2 * PAGE + 1))
    pages.after(end, target)
    assert watched.decoded == list(range(1, 2 * PAGE + 1))


def test_nothing_beyond_the_target_is_given(watched: Watched, pages: Pages) -> None:
    add(watched, "meeting-1", 0, 2)
    target = watched.newest()
    add(watched, "meeting-1", 2, 2)
    assert [each.version for each in through(pages, target)] == [1, 2]


def test_what_was_not_there_when_it_was_read_ahead_is_looked_for_again(watched: Watched, pages: Pages) -> None:
    add(watched, "meeting-1", 0, PAGE)
    beyond = Position(2**40, 0)
    end = pages.after(BEGINNING, beyond).end
    pages.waited_for()
    add(watched, "meeting-1", PAGE, 1)
    assert [each.version for each in pages.after(end, beyond).events] == [PAGE + 1]


def test_what_was_read_ahead_from_elsewhere_is_not_taken(watched: Watched, pages: Pages) -> None:
    add(watched, "meeting-1", 0, 3 * PAGE)
    target = watched.newest()
    first = pages.after(BEGINNING, target)
    pages.waited_for()
    assert [each.version for each in pages.after(first.events[1].position, target).events] == [3, 4, 5, 6]


def test_what_goes_wrong_ahead_is_said_where_the_page_is_needed(watched: Watched, pages: Pages) -> None:
    add(watched, "meeting-1", 0, 2 * PAGE)
    target = watched.newest()
    watched.fails_from = 2
    end = pages.after(BEGINNING, target).end
    pages.waited_for()
    with pytest.raises(Unavailable):
        pages.after(end, target)


def test_cycles_are_looked_for_as_before_when_a_rebuild_is_over() -> None:
    before = gc.get_threshold()
    with suppress(Unavailable), replay._looking_for_cycles_seldom():
        assert gc.get_threshold()[0] > before[0]
        raise Unavailable("here", "gone")
    assert gc.get_threshold() == before
