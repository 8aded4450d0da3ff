"""A read model is made anew beside dead letters: not while any is parked, and as if what was skipped had never come."""

import pytest

from shared.dead_letters.letters import count, holders
from shared.dead_letters.mending import Mending
from shared.eventstore.postgres import PostgresEventStore
from shared.messages.recorded import Stored
from shared.streaming.cloudevents import headers_of
from shared.streaming.past import CannotRebuild
from shared.streaming.telling import Telling
from tests.kernel.conftest import at_work
from tests.kernel.rebuilt import World
from tests.kernel.test_rebuild import TWO, home, home_url, some, world
from tests.servers import eventually

__all__ = ["home", "home_url", "some", "world"]  # fixtures


def sent(some: World, stored: Stored, data: str) -> None:
    """Puts a record with other data for an event into the topic, as a torn write would."""
    with some.broker.producer() as producer:
        key, headers = stored.stream.encode(), headers_of(stored, some.other)
        producer.send(some.topic, key=key, value=data.encode(), headers=headers).get(timeout=10)


@pytest.fixture
def parked(some: World) -> World:
    """The third line of a notebook from abroad came torn and is parked; the fourth waits behind it."""
    some.write(some.abroad, TWO, "torn", "after")
    torn, after = PostgresEventStore(some.abroad).read(f"notebook-{TWO}")[-2:]
    sent(some, torn, "{")
    sent(some, after, after.data)
    read_everything(some)
    with some.home.transaction() as db:
        assert len(holders(db)) == 1
    return some


def read_everything(some: World) -> None:
    def both_are_parked() -> bool:
        with some.home.transaction() as db:
            return count(db).letters == 2

    with at_work(some.consumer()):
        eventually(both_are_parked, "the torn record and its follower are parked", seconds=40)


def mending(some: World) -> Mending:
    return Mending(Telling(some.contracts, [some.shelf]), some.home, wait=lambda _: None)


def test_nothing_is_rebuilt_while_a_stream_that_it_reads_is_held(parked: World) -> None:
    before = parked.lines()

    with pytest.raises(CannotRebuild, match="2 dead letters were not told"):
        parked.rebuilding().rebuild()

    assert parked.lines() == before


def test_what_was_skipped_is_passed_over_again(parked: World) -> None:
    with parked.home.transaction() as db:
        [holder] = holders(db)
    mending(parked).skip(holder.id, "member:somebody", "torn in a test")
    assert "after" in parked.lines()

    parked.rebuilding().rebuild()

    assert "after" in parked.lines()
    assert "torn" not in parked.lines()
    assert parked.rebuilding().compare() is None


def test_what_is_no_event_and_was_not_met_yet_keeps_nothing_from_being_rebuilt(some: World) -> None:
    """The consumer will park it. Until then it lies behind everything that the tables are told of."""
    with some.broker.producer() as producer:
        key = f"notebook-{TWO}".encode()
        producer.send(some.topic, key=key, value=b"{}", headers=[("ce_type", b"none")]).get(timeout=10)

    some.rebuilding().rebuild()

    assert some.rebuilding().compare() is None
