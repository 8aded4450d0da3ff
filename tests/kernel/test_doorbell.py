"""The doorbell tells that something was appended; who misses it only waits a little longer."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from time import monotonic

import pytest

from deploy.embedded.ports import free_port
from shared.commands.handler import Commands
from shared.database.pool import Database
from shared.eventstore.doorbell import Doorbell, Listener, Looks, Tap
from shared.eventstore.postgres import PostgresEventStore
from shared.eventstore.store import Request
from shared.messages.codec import Codec
from shared.messages.decisions import Context
from shared.messages.ids import uuid7
from tests.kernel.notebook import Append, Notebook, Open
from tests.servers import eventually


@pytest.fixture
def doorbell(database: Database) -> Doorbell:
    return Doorbell(database)


@pytest.fixture
def listener(database: Database) -> Iterator[Listener]:
    with ExitStack() as ends:
        yield Listener(ends.enter_context(database.own_connection()))


def test_whoever_listens_hears_it_long_before_they_would_look(doorbell: Doorbell, listener: Listener) -> None:
    began = monotonic()
    doorbell.ring()
    assert listener.wait(10)
    assert monotonic() - began < 5


def test_nobody_rings_and_the_time_passes(listener: Listener) -> None:
    assert not listener.wait(0.01)


def test_everybody_who_listens_hears_it(database: Database, doorbell: Doorbell, listener: Listener) -> None:
    with database.own_connection() as connection:
        other = Listener(connection)
        doorbell.ring()
        assert listener.wait(10)
        assert other.wait(10)


def test_many_rings_are_few_notices(doorbell: Doorbell, listener: Listener) -> None:
    """A notice for each append would make commits wait for each other."""
    doorbell.ring()
    assert listener.wait(10), "it is connected"
    for _ in range(500):
        doorbell.ring()
    heard = int(listener.wait(10))
    while listener.wait(0.2):
        heard += 1
    assert 1 <= heard < 100


def test_a_ring_before_one_listens_is_missed_and_the_next_is_heard(database: Database, doorbell: Doorbell) -> None:
    with database.own_connection() as connection:
        first = Listener(connection)
        doorbell.ring()
        assert first.wait(10)
    with database.own_connection() as connection:
        late = Listener(connection)
        assert not late.wait(0.01)
        doorbell.ring()
        assert late.wait(10)


def test_an_append_rings(
    store: PostgresEventStore, codec: Codec, context: Context, doorbell: Doorbell, listener: Listener
) -> None:
    commands = Commands(store, codec, doorbell.ring)
    commands.handle(id := uuid7(), Open(title="Tuesday"), context)
    assert listener.wait(10)
    commands.handle(id, Append(text="tea"), context)
    assert listener.wait(10)


def test_an_append_itself_says_nothing(
    database: Database, store: PostgresEventStore, commands: Commands, context: Context
) -> None:
    """NOTIFY inside its transaction would make commits wait for each other. Notices come in the order of commits."""
    with database.own_connection() as connection, connection.cursor() as cursor:
        Listener(connection)
        commands.handle(id := uuid7(), Open(title="Tuesday"), context)
        request = Request("account:0190", "once", "f", "{}")
        commands.handle(id, Append(text="tea"), context, request=lambda _: request)
        commands.handle_together([(id, Append(text="milk")), (id, Append(text="eggs"))], context)
        assert len(store.contents(Notebook.stream(id))) == 4
        cursor.execute("notify appended, 'afterwards'")
        assert [notice.payload for notice in connection.notifies] == ["afterwards"]


def test_nobody_is_woken_for_what_is_not_theirs(database: Database, doorbell: Doorbell, listener: Listener) -> None:
    with database.own_connection() as connection:
        agenda = Listener(connection, "noted")
        Doorbell(database, "noted").ring()
        assert agenda.wait(10)
        doorbell.ring()
        assert listener.wait(10)
        assert not agenda.wait(0.01)
        assert not listener.wait(0.01)


def test_a_tap_ends_the_waiting_of_one(database: Database) -> None:
    with closing(Tap()) as tap, database.own_connection() as connection:
        listener, began = Listener(connection, tap=tap), monotonic()
        threading.Thread(target=tap).start()
        assert not listener.wait(30)
        assert monotonic() - began < 10
        assert not listener.wait(0.01)


def test_after_a_ring_one_looks_again_soon_and_then_ever_more_seldom(doorbell: Doorbell, listener: Listener) -> None:
    """What it rang for may be hidden behind an open transaction, and nothing rings when that one ends."""
    looks, pauses = Looks(listener, 0.25), list[float]()
    assert (looks.due, looks.idle) == (True, True)
    looks.looked(0, at_once=False)
    doorbell.ring()

    def rang() -> bool:
        looks.wait()
        return not looks.idle

    eventually(rang, "it rings")
    while not looks.idle and len(pauses) < 100:
        looks.looked(0, at_once=False)
        began = monotonic()
        looks.wait()
        pauses.append(monotonic() - began)
    assert 4 <= len(pauses) <= 12
    assert pauses[-1] > 0.1


def test_a_doorbell_without_a_database_disturbs_nobody() -> None:
    nowhere = Database(f"postgresql://copse@127.0.0.1:{free_port()}/gone", application="copse-test")
    bell = Doorbell(nowhere)
    began = monotonic()
    for _ in range(100):
        bell.ring()
    assert monotonic() - began < 1


def test_a_doorbell_whose_connection_died_rings_again(
    database: Database, doorbell: Doorbell, listener: Listener
) -> None:
    doorbell.ring()
    assert listener.wait(10)
    with database.transaction() as db:
        others = "select pid from pg_stat_activity where query = 'notify appended' and pid <> pg_backend_pid()"
        assert db.all(bool, f"select pg_terminate_backend(pid, 5000) from ({others}) bells")

    def heard() -> bool:
        doorbell.ring()
        return listener.wait(0.1)

    eventually(heard, "it rings on a new connection")
