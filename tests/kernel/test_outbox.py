"""What the relay reads of the event table: the rules of every other reader, and no more bytes than it can hold."""

from collections.abc import Sequence
from uuid import uuid4

import pytest

from shared.database.pool import Database
from shared.eventstore.outbox import Outbox, ToPublish
from shared.eventstore.postgres import PostgresEventStore
from shared.eventstore.store import NewEvent, Write
from shared.messages.recorded import BEGINNING, Position, Stored
from tests.kernel.test_reading_below_the_horizon import (  # noqa: F401  # the same tests, through the outbox
    NOW,
    SQL,
    WHO,
    test_a_tailing_reader_meets_what_commits_late,
    test_a_transaction_that_only_reads_holds_nobody_up,
    test_a_transaction_that_writes_elsewhere_first_holds_back_what_comes_after_it,
    test_among_many_writers_each_stream_is_read_in_the_order_of_its_versions,
    test_among_many_writers_no_event_is_skipped_or_read_twice,
    test_an_event_is_held_back_while_one_that_may_come_before_it_is_open,
    test_transaction_ids_are_ordered_as_numbers,
    test_what_is_rolled_back_holds_nobody_up,
    written,
)

MUCH = 2**40


class ThroughTheOutbox(PostgresEventStore):
    """A store whose `read_all` is what the relay reads."""

    def read_all(self, after: Position, limit: int) -> list[Stored]:
        with self._database.own_connection() as connection:
            rows = Outbox(connection).after(after, limit, MUCH)
        found = {str(each.event_id): each for each in super().read_all(after, limit)}
        return [_checked(row, found[row.event_id]) for row in rows]


def _checked(row: ToPublish, stored: Stored) -> Stored:
    assert row.position == stored.position
    for name in ("stream", "version", "type", "schema_version", "data", "metadata", "recorded_at"):
        assert getattr(row, name) == getattr(stored, name)
    return stored


@pytest.fixture
def store(database: Database) -> PostgresEventStore:
    return ThroughTheOutbox(database)


@pytest.fixture(scope="module")
def followed() -> type[PostgresEventStore]:
    return ThroughTheOutbox


@pytest.fixture(scope="module")
def appends() -> int:
    """Fewer: each row is compared with what other readers read."""
    return 100


def events_of(sizes: Sequence[int]) -> tuple[NewEvent, ...]:
    return tuple(NewEvent(uuid4(), "fact-noted", 1, '"%s"' % ("x" * (size - 2))) for size in sizes)


@pytest.mark.parametrize(
    ("limit", "limit_bytes", "read"),
    [(10, 1, 1), (10, 100, 1), (10, 101, 2), (10, 5000, 3), (10, 5201, 4), (2, MUCH, 2), (10, MUCH, 4)],
)
def test_no_more_is_read_than_reaches_the_bytes_and_always_one(
    database: Database, limit: int, limit_bytes: int, read: int
) -> None:
    PostgresEventStore(database).append([Write("fact-1", 0, events_of([100, 100, 5000, 100]))], WHO, NOW)
    with database.own_connection() as connection:
        rows = Outbox(connection).after(BEGINNING, limit, limit_bytes)
    assert [row.version for row in rows] == list(range(1, read + 1))


def test_reading_on_costs_the_same_however_long_the_history(database: Database) -> None:
    question = (SQL / "to_publish.sql").read_text()
    with database.transaction() as db:
        db.execute("set local enable_seqscan = off; set local enable_bitmapscan = off; set local enable_sort = off")
        plan = "\n".join(db.all(str, f"explain {question}", "0", 0, 100, MUCH))
    assert "events_pkey" in plan
    assert "Sort" not in plan


def test_a_cursor_that_is_elsewhere_is_not_moved_and_no_end_is_noted(database: Database) -> None:
    PostgresEventStore(database).append([Write("fact-1", 0, events_of([100]))], WHO, NOW)
    with database.own_connection() as connection:
        outbox = Outbox(connection)
        [row] = outbox.after(BEGINNING, 10, MUCH)
        assert outbox.published(BEGINNING, row.position, {3: 1})
        assert not outbox.published(BEGINNING, Position(row.position.xid + 1, 9), {3: 7})
        assert outbox.cursor() == row.position
        assert outbox.ends() == {3: 1}
