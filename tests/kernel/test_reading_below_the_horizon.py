"""Readers never skip an event and never see a stream out of order, however transactions interleave.

A cursor over a sequence loses what commits late (the sequence is handed out before the commit). The cure, ordering by
transaction id below the snapshot horizon, loses the order within a stream as soon as a transaction gets its id before
it holds the stream. Each test here fails when one of the two is taken out of append.sql or read_all.sql.
"""

import os
import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

import pytest

import shared
from shared.database.pool import Database, Unavailable
from shared.eventstore.postgres import PostgresEventStore, StoreInTransaction, events_of
from shared.eventstore.store import AlreadyAnswered, NewEvent, Request, RequestInFlight, VersionConflict, Write
from shared.messages.recorded import BEGINNING, Metadata, Position, Stored
from tests.servers import Databases, eventually

SQL = Path(shared.__path__[0]) / "eventstore/sql"
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
WHO = Metadata(actor="member:0190", channel="web", correlation_id=UUID(int=7))


def one_event(stream: str, expected: int) -> list[Write]:
    return [Write(stream, expected, (NewEvent(uuid4(), "fact-noted", 1, "{}"),))]


def streams_of(events: list[Stored]) -> list[str]:
    return [event.stream for event in events]


def test_an_event_is_held_back_while_one_that_may_come_before_it_is_open(
    database: Database, store: PostgresEventStore
) -> None:
    with database.transaction() as slow:
        StoreInTransaction(slow).append(one_event("slow-1", 0), WHO, NOW)
        store.append(one_event("quick-1", 0), WHO, NOW)
        assert store.read_all(BEGINNING, 10) == []
    assert streams_of(store.read_all(BEGINNING, 10)) == ["slow-1", "quick-1"]


def test_the_newest_place_is_below_what_is_still_open(database: Database, store: PostgresEventStore) -> None:
    store.append(one_event("early-1", 0), WHO, NOW)
    before = store.newest()
    with database.transaction() as db:
        db.execute("select pg_current_xact_id()")
        store.append(one_event("late-1", 0), WHO, NOW)
        assert store.newest() == before
    assert store.newest() > before


def test_a_tailing_reader_meets_what_commits_late(database: Database, store: PostgresEventStore) -> None:
    store.append(one_event("first-1", 0), WHO, NOW)
    with database.transaction() as slow:
        StoreInTransaction(slow).append(one_event("slow-1", 0), WHO, NOW)
        for nth in range(3):
            store.append(one_event(f"quick-{nth}", 0), WHO, NOW)
        seen = store.read_all(BEGINNING, 10)
    seen += store.read_all(seen[-1].position, 10)
    assert sorted(streams_of(seen)) == ["first-1", "quick-0", "quick-1", "quick-2", "slow-1"]


def test_a_transaction_that_writes_elsewhere_first_holds_back_what_comes_after_it(
    database: Database, store: PostgresEventStore
) -> None:
    """Its id is older than its events' positions: ordered by position alone they would be fine, and be skipped."""
    with database.transaction() as slow:
        slow.execute("select pg_current_xact_id()")
        store.append(one_event("quick-1", 0), WHO, NOW)
        assert store.read_all(BEGINNING, 10) == []
        StoreInTransaction(slow).append(one_event("slow-1", 0), WHO, NOW)
    seen = store.read_all(BEGINNING, 1)
    seen += store.read_all(seen[-1].position, 1)
    assert streams_of(seen) == ["slow-1", "quick-1"]


def test_a_forgotten_transaction_is_ended_and_readers_go_on(database: Database, store: PostgresEventStore) -> None:
    def forget() -> None:
        with database.transaction() as forgotten:
            StoreInTransaction(forgotten).append(one_event("forgotten-1", 0), WHO, NOW)
            store.append(one_event("quick-1", 0), WHO, NOW)
            assert store.read_all(BEGINNING, 10) == []
            forgotten.execute("set local idle_in_transaction_session_timeout = '500ms'")
            eventually(lambda: streams_of(store.read_all(BEGINNING, 10)) == ["quick-1"], "readers go on", seconds=10)

    with pytest.raises(Unavailable, match="does not answer"):
        forget()


def test_what_is_rolled_back_holds_nobody_up(database: Database, store: PostgresEventStore) -> None:
    def give_up() -> None:
        with database.transaction() as db:
            StoreInTransaction(db).append(one_event("slow-1", 0), WHO, NOW)
            raise LookupError

    with pytest.raises(LookupError):
        give_up()
    store.append(one_event("slow-1", 0), WHO, NOW)
    assert [event.version for event in store.read_all(BEGINNING, 10)] == [1]


def test_a_transaction_that_only_reads_holds_nobody_up(database: Database, store: PostgresEventStore) -> None:
    with database.transaction() as report:
        report.execute("set transaction isolation level repeatable read, read only")
        assert report.value(int, "select count(*) from events") == 0
        store.append(one_event("quick-1", 0), WHO, NOW)
        assert streams_of(store.read_all(BEGINNING, 10)) == ["quick-1"]


def test_transaction_ids_are_ordered_as_numbers(database: Database, store: PostgresEventStore) -> None:
    """By their digits, 100 comes before 99: a reader would go past 99 without having seen it."""
    for xid in (99, 100, 9, 10):
        store.append(one_event(f"meeting-{xid}", 0), WHO, NOW)
        with database.transaction() as db:
            db.execute("update events set xid = %s::text::xid8 where stream = %s", xid, f"meeting-{xid}")
    seen: list[Stored] = []
    while more := store.read_all(seen[-1].position if seen else BEGINNING, 2):
        seen += more
    assert streams_of(seen) == ["meeting-9", "meeting-10", "meeting-99", "meeting-100"]


def test_a_stream_comes_in_order_however_its_rows_lie(database: Database) -> None:
    """Its index gives the order by chance. Where the planner goes through the table, only the query does."""
    fresh = Database(database.url, application="copse-test", size=1)  # which has no plan yet
    with closing(fresh), fresh.transaction() as db:
        store = StoreInTransaction(db)
        for version in range(3):
            store.append(one_event("meeting-1", version), WHO, NOW)
        db.execute("update events set data = data where version = 1")  # its row goes behind the others
        db.execute("set local enable_indexscan = off")
        db.execute("set local enable_bitmapscan = off")
        assert db.all(int, "select version from events") == [2, 3, 1]
        in_order = store.read("meeting-1")
        assert [event.version for event in in_order] == [1, 2, 3]
        assert [each.event_id for each in store.contents("meeting-1")] == [str(event.event_id) for event in in_order]


def test_reading_on_costs_the_same_however_long_the_history(database: Database) -> None:
    """It goes along the index: a plan that sorts would read all that follows for each page."""
    question = (SQL / "read_all.sql").read_text()
    with database.transaction() as db:
        db.execute("set local enable_seqscan = off; set local enable_bitmapscan = off; set local enable_sort = off")
        plan = "\n".join(db.all(str, f"explain {question}", "0", 0, 100))
    assert "events_pkey" in plan
    assert "Sort" not in plan


@pytest.mark.parametrize("key", [None, "once"])
def test_a_writer_that_waits_for_a_stream_has_no_transaction_id_yet(
    database: Database, store: PostgresEventStore, key: str | None
) -> None:
    """It would be lower than that of the writer it waits for, and its higher version be read first."""
    request = Request("member:0190", key, "f", "{}") if key else None
    with database.transaction() as first:
        StoreInTransaction(first).append(one_event("meeting-1", 0), WHO, NOW)
        second = threading.Thread(target=lambda: store.append(one_event("meeting-1", 1), WHO, NOW, request))
        second.start()
        try:
            eventually(lambda: ids_of_those_who_wait(database), "the second writer waits for the stream")
            assert ids_of_those_who_wait(database) == [None]
        finally:
            first.commit()
            second.join()
    assert [event.version for event in store.read_all(BEGINNING, 10)] == [1, 2]


def ids_of_those_who_wait(database: Database) -> list[str | None]:
    """The transaction ids of those who wait for a stream's lock; None for one that has none."""
    waiting = "select backend_xid::text from pg_stat_activity where datname = current_database() and wait_event = %s"
    with database.transaction() as db:
        return list(db.all(str, waiting, "advisory"))


class ByPositionAlone(PostgresEventStore):
    """The cursor that comes to mind first: `position > n`."""

    def read_all(self, after: Position, limit: int) -> list[Stored]:
        with self._database.statement() as db:
            return events_of(db, BY_POSITION_ALONE, after.number, limit)


BY_POSITION_ALONE = (
    "select position, xid::text, event_id::text, stream, version, type, schema_version,"
    " data::text, metadata::text, recorded_at::text from events where position > %s order by position limit %s"
)


def test_a_cursor_over_positions_alone_never_meets_what_commits_late(database: Database) -> None:
    """What the horizon is for: these tests can tell a reader that skips from one that does not."""
    naive = ByPositionAlone(database)
    with database.transaction() as slow:
        StoreInTransaction(slow).append(one_event("slow-1", 0), WHO, NOW)
        naive.append(one_event("quick-1", 0), WHO, NOW)
        seen = naive.read_all(BEGINNING, 10)
    seen += naive.read_all(seen[-1].position, 10)
    assert streams_of(seen) == ["quick-1"]


@dataclass
class Written:
    """What many writers appended while one reader followed them."""

    appended: set[UUID] = field(default_factory=set)
    read: list[Stored] = field(default_factory=list)


WRITERS = 8
MOST_AT_ONCE = 10
STREAMS = [f"meeting-{nth}" for nth in range(12)]


@pytest.fixture(scope="module")
def followed() -> type[PostgresEventStore]:
    """Through what the reader follows the writers."""
    return PostgresEventStore


@pytest.fixture(scope="module")
def appends() -> int:
    """How often each writer appends: 500 times make some 22,000 events."""
    return int(os.environ.get("COPSE_GAP_APPENDS", "500"))


@pytest.fixture(scope="module")
def written(databases: Databases, followed: type[PostgresEventStore], appends: int) -> Written:
    return many_writers(databases, followed, appends)


def many_writers(databases: Databases, followed: type[PostgresEventStore], appends: int) -> Written:
    """8 writers append 1 to 10 events at a time to 12 streams, half with a key, and repeat every tenth request."""
    url = databases.for_events()
    database = Database(url, application="copse-test", size=WRITERS + 2)
    written = Written()
    with following(followed(database), written), ThreadPoolExecutor(WRITERS) as writers:
        each = [writers.submit(write, database, written, Random(nth), appends) for nth in range(WRITERS)]  # noqa: S311
    for writer in each:
        writer.result()
    database.close()
    databases.drop(url)
    return written


@contextmanager
def following(store: PostgresEventStore, written: Written) -> Iterator[None]:
    """Reads on, in small pages, until the writers are done and nothing more comes."""
    done = threading.Event()

    def follow() -> None:
        while True:
            ended = done.is_set()
            more = store.read_all(written.read[-1].position if written.read else BEGINNING, 50)
            written.read += more
            if ended and not more:
                return

    reader = threading.Thread(target=follow)
    reader.start()
    try:
        yield
    finally:
        done.set()
        reader.join()


def write(database: Database, written: Written, chance: Random, appends: int) -> None:
    versions = dict.fromkeys(STREAMS, 0)
    for nth in range(appends):
        stream = chance.choice(STREAMS)
        request = Request("writer", f"{chance.random()}", "f", "{}") if nth % 2 else None
        while True:
            events = tuple(NewEvent(uuid4(), "fact-noted", 1, "{}") for _ in range(chance.randint(1, MOST_AT_ONCE)))
            try:
                with database.transaction() as db:
                    StoreInTransaction(db).append([Write(stream, versions[stream], events)], WHO, NOW, request)
                    if chance.random() < 0.2:  # some stay open a while between their append and their commit
                        db.value(int, "select count(*) from generate_series(1, 20000)")
            except VersionConflict as conflict:
                versions[stream] = conflict.actual
                continue
            versions[stream] += len(events)
            written.appended.update(event.event_id for event in events)
            break
        if request and nth % 10 == 1:
            again(database, stream, versions[stream], request)


def again(database: Database, stream: str, version: int, request: Request) -> None:
    with pytest.raises((AlreadyAnswered, RequestInFlight)), database.transaction() as db:
        StoreInTransaction(db).append(one_event(stream, version), WHO, NOW, request)


def test_among_many_writers_no_event_is_skipped_or_read_twice(written: Written, appends: int) -> None:
    read = [event.event_id for event in written.read]
    assert len(read) > WRITERS * appends * MOST_AT_ONCE / 3
    assert len(read) == len(set(read))
    assert set(read) == written.appended


def test_among_many_writers_a_cursor_over_positions_alone_skips_some(databases: Databases) -> None:
    written = many_writers(databases, ByPositionAlone, appends=100)
    assert written.appended - {event.event_id for event in written.read}


def test_among_many_writers_each_stream_is_read_in_the_order_of_its_versions(written: Written) -> None:
    versions = defaultdict(list)
    for event in written.read:
        versions[event.stream].append(event.version)
    for stream, read in versions.items():
        assert read == list(range(1, len(read) + 1)), stream
