"""A projection is made anew while its service takes traffic: no event is missed, none is told twice."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from shared.database.leadership import ask_to_stand_still, asked_to_stand_still
from shared.database.pool import Database, Transaction
from shared.eventstore.postgres import PostgresEventStore
from shared.messages.clock import Clock
from shared.messages.codec import Codec
from shared.messages.decisions import Context
from shared.messages.recorded import Recorded
from shared.operations.status import lags_abroad, overview
from shared.operations.watched import Watched
from shared.privacy.keyring import Keyring
from shared.projections.copies import Places
from shared.projections.projection import OutOfDate, Projection, make_tables
from shared.projections.reader import cursor_of
from shared.projections.status import ProjectionStatus, statuses
from shared.streaming.broker import Broker
from shared.streaming.cloudevents import Received, headers_of
from shared.streaming.past import CannotRebuild
from shared.streaming.relay import Relay
from shared.streaming.replay import Replay, replaying
from tests.kernel import notebook
from tests.kernel.house import compose
from tests.kernel.notebook import EVENTS, LineWritten, Notebook
from tests.kernel.rebuilt import TABLES, World, shelf_projection
from tests.servers import Databases, KafkaServer, all_readable, emptied, eventually

ONE, TWO, THREE, FOUR = (UUID(int=nth) for nth in range(1, 5))
A_LOCK = 52


@pytest.fixture(scope="module")
def home_url(databases: Databases) -> str:
    return databases.for_events()


@pytest.fixture
def home(home_url: str) -> Iterator[Database]:
    """As a service has it: tables are found by the names of its projections."""
    database = Database(home_url, application="copse-test", size=12, search_path=("public", "shelf"))
    emptied(database)
    yield database
    database.close()


@pytest.fixture
def world(home: Database, elsewhere: Database, keyring: Keyring, context: Context, kafka: KafkaServer) -> World:
    codec = Codec(EVENTS, seal=keyring.seal, unseal=keyring.unseal)
    contract = Codec(EVENTS, seal=keyring.seal, unseal=keyring.unseal, lenient=True)
    world = World(home, elsewhere, Broker(kafka.address), codec, contract, context)
    world.broker.make_topics([world.topic], replicas=1)
    return world


@pytest.fixture
def some(world: World) -> World:
    """With notebooks here and abroad, all told."""
    world.make()
    with world.worker():
        for notebook, database in ((ONE, world.home), (TWO, world.abroad), (THREE, world.home)):
            world.write(database, notebook, "tea", "milk", title="Tuesday")
            world.all_told()
    return world


def test_rebuilt_under_traffic_it_is_the_same_row_for_row(some: World) -> None:
    with some.worker(), some.traffic() as written:
        for _ in range(3):
            before = written()
            built = some.rebuilding().rebuild()
            assert built.events > 0
            eventually(lambda: written() >= before + 20, "the writers go on", seconds=60)  # noqa: B023  # at once
    with some.worker():
        some.all_told()
    assert some.rebuilding().compare() is None
    assert some.schemas() == {"shelf", "shelf__previous"}


def test_a_comparison_under_traffic_finds_nothing_and_leaves_nothing(some: World) -> None:
    with some.worker(), some.traffic() as written:
        eventually(lambda: written() >= 20, "the writers write", seconds=60)
        assert some.rebuilding().compare() is None
    assert some.schemas() == {"shelf"}


def test_partitions_that_ran_ahead_are_read_on_once_more_is_wanted(world: World) -> None:
    """One fetch brings thousands of records more than was wanted. They are put aside while another partition is
    read, and must come out again."""
    world.write(world.abroad, ONE, "tea", title="Tuesday")
    line = PostgresEventStore(world.abroad).read(f"notebook-{ONE}")[-1]
    many, few = [(world.topic, number) for number in range(4)], (world.topic, 4)
    with world.broker.producer() as producer:
        for (topic, partition), lines in [*((each, 1_500) for each in many), (few, 3)]:
            for version in range(1, lines + 1):
                stored = replace(line, stream=f"notebook-{UUID(int=partition)}", version=version)
                key, headers = stored.stream.encode(), headers_of(stored, world.other)
                producer.send(topic, key=key, value=stored.data.encode(), headers=headers, partition=partition)
        producer.flush()
    nothing = Projection("nothing", version=1, tables=TABLES)
    make_tables(nothing, world.home, [world.topic])
    contracts = {world.topic: world.contract}
    begun = dict.fromkeys(many, 1)
    with replaying(nothing, "nothing", world.home, world.broker, world.codec, contracts, Places()) as replay:
        for wanted in (begun, {**begun, few: 3}, {**dict.fromkeys(many, 1_500), few: 3}):
            replay.reach(Places(foreign=wanted), within_seconds=60)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("update shelf.shelf set letters = letters + 1 where title = 'Tuesday'", "differs in letters"),
        ("delete from shelf.shelf_lines where text = 'milk'", "is only in the rebuilt ones"),
        ("insert into shelf.shelf_lines values (gen_random_uuid(), 1, 'x')", "is only in the tables in use"),
        ("create table shelf.more (id integer)", "more: is only in the tables in use"),
        ("alter table shelf.shelf add column more integer", "has the columns"),
    ],
)
def test_a_comparison_says_the_first_difference(some: World, change: str, says: str) -> None:
    with some.home.transaction() as db:
        db.execute(change)
    found = some.rebuilding().compare()
    assert says in str(found)
    assert "milk" not in str(found)


def test_a_rebuild_mends_what_was_wrong(some: World) -> None:
    with some.home.transaction() as db:
        db.execute("update shelf.shelf set lines = 7")
        db.execute("delete from shelf.shelf_lines")
    some.rebuilding().rebuild()
    assert some.rebuilding().compare() is None
    assert len(some.lines()) == 6


def test_an_event_that_waits_for_the_switch_is_told_to_the_new_tables(
    some: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The race: a transaction of the reader that begins while the switch holds the lock."""
    some.write(some.home, ONE, "late")
    reader = some.reader()
    during_the_switch(some, monkeypatch, lambda: reader.advance(some.shelf), "execute move_reader")
    assert some.lines().count("late") == 1
    assert some.lines("shelf__previous").count("late") == 0
    assert some.rebuilding().compare() is None


def test_a_foreign_event_that_waits_for_the_switch_is_told_to_the_new_tables(
    some: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the consumer would hand it over: through Kafka it could not come, since an open switch stops the relay of
    every database of this server."""
    some.write(some.abroad, TWO, "late")
    [(partition, offset)] = some.positions().items()
    stored = PostgresEventStore(some.abroad).read(f"notebook-{TWO}")[-1]
    record = Received(offset, stored.stream.encode(), headers_of(stored, some.other), stored.data.encode())
    consumer = some.consumer()
    during_the_switch(
        some, monkeypatch, lambda: consumer.handle(some.topic, partition, [record]), "execute begin_batch"
    )
    assert some.lines().count("late") == 1
    assert some.lines("shelf__previous").count("late") == 0
    with some.broker.producer() as producer:
        Relay(some.other, some.abroad, some.broker).publish(producer)
    assert some.rebuilding().compare() is None


def test_what_comes_while_the_consumer_is_asked_to_stand_still_is_told_afterwards(some: World) -> None:
    with some.worker():
        with ask_to_stand_still(some.home, "shelf"):
            some.write(some.abroad, TWO, "late")
            stood = some.positions()
            with pytest.raises(AssertionError):
                eventually(lambda: some.positions() != stood, "it goes on all the same", seconds=3)
        some.all_told()
    assert some.lines().count("late") == 1


def test_those_who_tell_it_stand_still_for_the_switch_and_not_for_the_past(
    some: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much comes meanwhile, the new tables then catch up. Nobody holds a transaction for it."""
    asked, reach = [], Replay.reach

    def seen(replay: Replay, target: Places, within_seconds: float | None = None) -> int:
        asked.append(asked_to_stand_still(some.home, ["shelf", "other"]))
        return reach(replay, target, within_seconds)

    monkeypatch.setattr(Replay, "reach", seen)
    some.rebuilding().rebuild()
    assert asked == [[], ["shelf"], ["shelf"]]
    assert asked_to_stand_still(some.home, ["shelf"]) == []


def test_a_lock_that_is_not_given_to_a_handler_ends_the_rebuild_and_loses_nothing(
    some: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the switch, where a lock of the switch's own is tried for again."""
    reach, tell_all, waiting = Replay.reach, Projection.tell_all, False

    def comes_late(replay: Replay, target: Places, within_seconds: float | None = None) -> int:
        nonlocal waiting
        passed = reach(replay, target, within_seconds)
        if within_seconds is None:
            some.write(some.home, ONE, "late")
            all_readable(some.home)
            some.reader().advance(some.shelf)
            waiting = True
        return passed

    def waits_for_a_lock(shelf: Projection, recorded: Sequence[Recorded], db: Transaction) -> None:
        nonlocal waiting
        if waiting:
            waiting = False
            db.execute("set local lock_timeout to '50ms'")
            db.execute("select pg_advisory_xact_lock(%s)", A_LOCK)
        tell_all(shelf, recorded, db)

    monkeypatch.setattr(Replay, "reach", comes_late)
    monkeypatch.setattr(Projection, "tell_all", waits_for_a_lock)
    with some.home.transaction() as other:
        other.execute("select pg_advisory_xact_lock(%s)", A_LOCK)
        with pytest.raises(CannotRebuild, match="lock timeout"):
            some.rebuilding().rebuild()
    some.rebuilding().rebuild()
    assert some.lines().count("late") == 2  # one for each rebuild


def during_the_switch(world: World, monkeypatch: pytest.MonkeyPatch, do: Callable[[], object], waits_with: str) -> None:
    """Rebuilds, and does something that must wait while the switch holds its locks."""
    rebuilding = world.rebuilding()
    put_in_use, threads = rebuilding._put_in_use, []

    def while_held(db: Transaction, tables: str, live: Places) -> None:
        thread = threading.Thread(target=do)
        thread.start()
        threads.append(thread)
        eventually(lambda: world.waits(waits_with), "it waits for the switch", seconds=30)
        put_in_use(db, tables, live)

    monkeypatch.setattr(rebuilding, "_put_in_use", while_held)
    rebuilding.rebuild()
    threads[0].join()


def test_events_from_two_sources_are_told_in_the_order_in_which_they_were_recorded(world: World) -> None:
    """`neighbours` counts who stood there before: own first or foreign first would both count otherwise."""
    world.make()
    with world.worker():
        for _ in range(4):
            for database in (world.home, world.abroad, world.abroad, world.home):
                world.write(database, uuid4(), "tea", title="Tuesday")
                world.all_told()
    assert world.rebuilding().compare() is None


def test_a_stream_that_was_sent_twice_is_told_once(some: World) -> None:
    with some.abroad.transaction() as db:
        db.execute("update readers set xid = '0', position = 0 where name = 'relay'")
    with some.worker():
        some.write(some.abroad, TWO, "again")
        some.all_told()
    some.rebuilding().rebuild()
    assert some.rebuilding().compare() is None
    assert some.lines().count("again") == 1
    assert len(some.lines()) == 7


KILLED = """
import sys, types
tests = sys.modules["tests"] = types.ModuleType("tests")  # others install a package of that name
tests.__path__ = ["tests"]
from shared.database.pool import Database
from shared.messages.codec import Codec
from shared.streaming.broker import Broker
from shared.projections import projection
from shared.streaming.rebuilding import Rebuilding
from tests.kernel.notebook import EVENTS, LineWritten
from tests.kernel.rebuilt import shelf_projection
projection.Projection.told_at_once = 2
codec = Codec(EVENTS, seal=lambda *_: "", unseal=lambda *_: None)
slow = shelf_projection()
def tell(recorded, db, tell=slow.tell):
    tell(recorded, db)
    db.execute("select pg_sleep(0.2)")
slow.tell = tell
url, kafka, other = sys.argv[1:]
Rebuilding(slow, Database(url, application="killed"), Broker(kafka), codec, {other: codec}).rebuild()
"""


def test_killed_in_the_middle_it_leaves_the_one_in_use_alone_and_can_be_run_again(some: World) -> None:
    before, place = some.lines(), cursor_of(some.home, "shelf")
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, some.home.url, some.broker.servers, some.other],
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )
    try:
        eventually(lambda: "shelf__next" in some.schemas() and some.lines("shelf__next"), "it has begun", seconds=60)
    finally:
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert some.lines() == before
    assert cursor_of(some.home, "shelf") == place
    with some.worker():
        some.write(some.home, ONE, "after")
        some.write(some.abroad, TWO, "after")
        some.all_told()
    eventually(lambda: free(some), "the server notices that the killed one has gone")
    some.rebuilding().rebuild()
    assert len(some.lines()) == len(before) + 2
    assert some.rebuilding().compare() is None


def free(world: World) -> bool:
    with world.home.transaction() as db:
        return not db.value(int, "select count(*) from pg_stat_activity where application_name = 'killed' and %s", True)


def test_a_handler_that_fails_leaves_the_one_in_use_alone(some: World) -> None:
    torn = Projection("shelf", version=2, tables=TABLES)

    @torn.on(LineWritten)
    def _(*_: object) -> None:
        raise ValueError("torn")

    with pytest.raises(ValueError, match="torn"):
        some.rebuilding(torn).rebuild()
    assert some.in_use() == 1
    assert some.rebuilding().compare() is None


def test_two_rebuilds_at_once_are_refused(some: World) -> None:
    with some.rebuilding()._alone(), pytest.raises(CannotRebuild, match="being rebuilt by another process"):
        some.rebuilding().rebuild()


def test_a_topic_that_lost_its_past_is_not_taken_for_all_there_was(some: World) -> None:
    with some.home.transaction() as db:
        db.execute("update consumer_positions set next_offset = next_offset + 100 where next_offset > 0")
    with pytest.raises(CannotRebuild, match="Bring the topic back to its full length"):
        some.rebuilding().rebuild()
    assert len(some.lines()) == 6


class TestTwoSteps:
    def test_a_build_is_switched_to_later_with_what_came_meanwhile(self, some: World) -> None:
        newer = shelf_projection(version=2, shout=True)
        some.rebuilding(newer).build()
        assert some.in_use() == 1
        with some.worker():
            some.write(some.home, ONE, "later")
            some.write(some.abroad, TWO, "later")
            some.all_told()
        some.rebuilding(newer).switch()
        assert some.in_use() == 2
        assert sorted(some.lines()) == sorted(["TEA", "MILK"] * 3 + ["LATER"] * 2)
        assert some.rebuilding(newer).compare() is None

    def test_without_a_build_there_is_nothing_to_switch_to(self, some: World) -> None:
        with pytest.raises(CannotRebuild, match="nothing to switch to"):
            some.rebuilding().switch()


class TestGoingBack:
    def test_brings_the_previous_tables_up_to_date_first(self, some: World) -> None:
        some.rebuilding().rebuild()
        with some.home.transaction() as db:
            db.execute("update shelf.shelf set letters = 0")
        with some.worker():
            some.write(some.home, ONE, "since")
            some.write(some.abroad, TWO, "since")
            some.write(some.abroad, FOUR, "since", title="new")
            some.all_told()
            some.rebuilding().roll_back()
            some.write(some.home, ONE, "after")
            some.write(some.abroad, TWO, "after")
            some.all_told()
        assert some.rebuilding().compare() is None

    def test_under_traffic_loses_and_doubles_nothing(self, some: World) -> None:
        with some.worker(), some.traffic() as written:
            some.rebuilding().rebuild()
            for _ in range(2):
                before = written()
                eventually(lambda: written() >= before + 10, "the writers go on", seconds=60)  # noqa: B023  # at once
                some.rebuilding().roll_back()
        with some.worker():
            some.all_told()
        assert some.rebuilding().compare() is None

    def test_to_tables_of_another_version_is_for_the_release_that_made_them(self, some: World) -> None:
        newer = shelf_projection(version=2, shout=True)
        some.rebuilding(newer).rebuild()
        with pytest.raises(CannotRebuild, match="Run the command with the release that made them"):
            some.rebuilding(newer).roll_back()
        with some.worker(newer):
            some.write(some.home, ONE, "since")
            some.write(some.abroad, TWO, "since")
            some.all_told()
        some.rebuilding().roll_back()
        assert some.in_use() == 1
        assert sorted(some.lines()) == sorted(["tea", "milk"] * 3 + ["since"] * 2)

    def test_needs_something_to_go_back_to(self, some: World) -> None:
        with pytest.raises(CannotRebuild, match="no previous tables"):
            some.rebuilding().roll_back()


class TestANewVersion:
    def test_is_told_of_nothing_until_it_was_rebuilt_and_misses_nothing(self, some: World) -> None:
        newer = shelf_projection(version=2, shout=True)
        with pytest.raises(OutOfDate, match="at version 1, this release has 2"):
            make_tables(newer, some.home, [some.topic])
        with some.worker(newer):
            some.write(some.home, ONE, "new")
            some.write(some.abroad, TWO, "new")
            eventually(lambda: status(some, newer).left_behind, "the consumer leaves it behind", seconds=30)
            eventually(lambda: status(some, newer).failure, "the reader says why")
            assert sorted(some.lines()) == sorted(["tea", "milk"] * 3)
            assert status(some, newer).state == "out of date"
            some.rebuilding(newer).rebuild()
            some.all_told()
        assert sorted(some.lines()) == sorted(["TEA", "MILK"] * 3 + ["NEW"] * 2)
        assert some.rebuilding(newer).compare() is None

    def test_takes_over_while_workers_of_the_old_release_go_on(self, some: World) -> None:
        """Those then tell the new tables of nothing; what they pass by is built again."""
        newer = shelf_projection(version=2, shout=True)
        with some.worker():
            some.rebuilding(newer).rebuild()
            some.write(some.home, ONE, "new")
            some.write(some.abroad, TWO, "new")
            eventually(lambda: status(some, newer).left_behind, "the old release passes by", seconds=30)
            assert "new" not in some.lines()
        with some.worker(newer):
            some.builder(newer).build_what_waits()
            some.all_told()
        assert sorted(some.lines()) == sorted(["TEA", "MILK"] * 3 + ["NEW"] * 2)
        assert some.rebuilding(newer).compare() is None

    def test_does_not_stop_the_others(self, some: World) -> None:
        with some.home.transaction() as db:
            db.execute("update projections set version = 0 where name = 'shelf'")
        other = shelf_projection("other", tables=TABLES)
        make_tables(other, some.home)
        wider = Database(some.home.url, application="copse-test", search_path=("public", "other"))
        some.home, narrow = wider, some.home
        try:
            with some.worker(some.shelf, other):
                some.write(some.home, ONE, "new")
                eventually(lambda: "new" in some.lines("other"), "the other is told", seconds=30)
        finally:
            wider.close()
            some.home = narrow
        assert "new" not in some.lines()


class TestANewProjection:
    def test_is_built_from_the_foreign_events_of_the_past(self, some: World) -> None:
        with some.home.transaction() as db:  # as if it had never been there
            db.execute("drop schema shelf cascade")
            db.execute("delete from projections")
            db.execute("delete from readers where name = 'shelf'")
        some.make()
        assert status(some).state == "waits to be built"
        some.write(some.abroad, TWO, "new")
        with some.worker():
            some.builder().build_what_waits()
            some.all_told()
            assert not status(some).left_behind
            some.write(some.abroad, TWO, "newer")
            some.all_told()
        assert sorted(some.lines()) == sorted(["tea", "milk"] * 3 + ["new", "newer"])
        assert some.rebuilding().compare() is None

    def test_that_waits_to_be_built_does_not_hold_the_consumer(self, some: World) -> None:
        """A line of a notebook that it never heard of would fail, and hold the partition for everybody."""
        with some.home.transaction() as db:
            db.execute("drop schema shelf cascade")
            db.execute("delete from projections")
        some.make()
        [before] = some.positions().values()
        with some.worker():
            some.write(some.abroad, TWO, "new")
            eventually(lambda: list(some.positions().values()) == [before + 1], "the consumer goes on", seconds=30)
        assert "new" not in some.lines()

    def test_of_a_new_service_begins_at_once(self, world: World) -> None:
        world.make()
        assert not status(world).left_behind

    def test_that_cannot_be_built_says_why(self, some: World) -> None:
        with some.home.transaction() as db:
            db.execute("insert into projection_places values ('shelf', %s, 0, 0)", some.topic)
        torn = Projection("shelf", version=1, tables=TABLES)

        @torn.on(LineWritten)
        def _(*_: object) -> None:
            raise ValueError("torn")

        some.builder(torn).build_what_waits()
        assert status(some).state == "stopped"
        failure = status(some).failure or ""
        assert failure.startswith("ValueError in tests/kernel/test_rebuild.py, line ")
        assert "torn" not in failure
        assert f"shelf cannot be built: {failure}" in still(some)
        some.builder().build_what_waits()
        assert "shelf" not in still(some)


def still(world: World) -> str:
    """What `copse status` says stands still in the service, other than for a while."""
    parts = {"aggregates": [Notebook], "projections": [world.shelf], "contracts": {world.other: notebook}}
    watched = Watched(compose(world.service, TABLES.parent, **parts), world.home)
    return "\n".join(overview([watched], world.broker, Clock(), still_after=1e12).still)


def status(world: World, projection: Projection | None = None) -> ProjectionStatus:
    return statuses(
        world.home,
        world.codec,
        [projection or world.shelf],
        lambda _: [world.topic],
        lambda read: lags_abroad(read, world.broker, Clock()),
    )[0]


def test_the_horizon_moves_on_while_tables_are_made(some: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One transaction for the whole build would hold back every relay and reader until its end."""
    monkeypatch.setattr(Projection, "told_at_once", 1)
    horizons = set()
    watched = shelf_projection()
    tell = watched.tell

    def tell_and_look(recorded: Recorded, db: Transaction) -> None:
        tell(recorded, db)
        with some.home.transaction() as other:
            horizons.add(other.value(str, "select pg_snapshot_xmin(pg_current_snapshot())::text"))

    monkeypatch.setattr(watched, "tell", tell_and_look)
    built = some.rebuilding(watched).rebuild()
    assert len(horizons) == built.events == 9
