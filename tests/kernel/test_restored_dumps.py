"""A dump goes to another PostgreSQL, whose transaction ids are its own: no event is lost there or comes twice."""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

import pytest

from deploy.embedded.postgres import Postgres
from deploy.embedded.postgres_programs import Programs
from shared.commands.handler import Commands
from shared.database.pool import Busy, Database
from shared.eventstore.postgres import PostgresEventStore, StoreInTransaction
from shared.eventstore.store import NewEvent, Request, Write
from shared.messages.codec import Codec
from shared.messages.decisions import Context
from shared.messages.recorded import BEGINNING, Metadata, Position
from shared.operations.restored import ReadOn, put_right, was_restored
from shared.projections.projection import Projection, make_tables
from shared.projections.reader import Reader, begin_reading, cursor_of, move_cursor
from shared.projections.subscriber import Subscriber
from tests.kernel.house import answer, compose, copse, known_to_copse
from tests.kernel.line import ONE, TWO, Line
from tests.kernel.notebook import Append, lines_in, lines_projection
from tests.servers import POSTGRES_SETTINGS, Databases, PostgresServer

NewDatabase = Callable[[Callable[[Databases], str]], str]
WHO = Metadata(actor="member:0190", channel="web", correlation_id=UUID(int=7))


@pytest.fixture(scope="module")
def second() -> Iterator[Postgres]:
    """Another server, younger than the first: it has not counted as far."""
    with (
        TemporaryDirectory(prefix="copse-second-", ignore_cleanup_errors=True) as folder,
        Postgres(Path(folder), settings=POSTGRES_SETTINGS) as it,
    ):
        yield it


@pytest.fixture(scope="module")
def _old(postgres: PostgresServer) -> None:
    """The first server has seen thousands of transactions."""
    database = Database(postgres.url(), application="copse-test", size=1)
    with database.statement() as db:
        db.execute("set synchronous_commit = off")
        db.execute("do $$ begin for nth in 1..5000 loop perform pg_current_xact_id(); commit; end loop; end $$")
    database.close()


@pytest.fixture
def first(new_database: NewDatabase, _old: None) -> Iterator[Database]:
    """The database that will be dumped."""
    database = Database(new_database(Databases.for_events), application="copse-test")
    yield database
    database.close()


@pytest.fixture
def moved(second: Postgres, tmp_path: Path) -> Iterator[Callable[[Database], Database]]:
    """`moved(database)` dumps it, restores it into the second server, and gives it there."""
    made: list[Database] = []

    def move(database: Database) -> Database:
        programs, name, file = Programs.find().folder, f"moved_{uuid4().hex}", tmp_path / "dump"
        second.databases = (name,)
        second.make_databases()
        for command in (
            [programs / "pg_dump", "--format=custom", f"--file={file}", database.url],
            [programs / "pg_restore", "--no-owner", f"--dbname={second.url(name)}", file],
        ):
            subprocess.run([str(word) for word in command], check=True, capture_output=True)
        made.append(Database(second.url(name), application="copse-test"))
        return made[-1]

    yield move
    for database in made:
        database.close()


@pytest.fixture
def now() -> Context:
    return Context(now=datetime.now(UTC), actor="account:0190", correlation_id=uuid4())


@pytest.fixture
def before(to_kafka: Line, first: Database, codec: Codec, now: Context) -> Line:
    """The line in the first server, with two projections that have come to different places."""
    line = replace(to_kafka, producing=first, commands=Commands(PostgresEventStore(first), codec), context=now)
    for projection in (QUICK, SLOW):
        make_tables(projection, first)
    line.open(ONE, TWO)
    line.write(ONE, "a", "b")
    advance(line, SLOW)
    line.write(TWO, "c")
    line.publish()
    line.write(ONE, "d")
    advance(line, QUICK)
    line.write(TWO, "e")
    return line


QUICK, SLOW = lines_projection("quick"), lines_projection("slow")
ALL_OF_ONE, ALL_OF_TWO = ["a", "b", "d", "f"], ["c", "e", "g"]


def advance(line: Line, *projections: Projection) -> None:
    Reader(line.producing, line.codec, projections).advance_all()


def at(line: Line, database: Database) -> Line:
    return replace(line, producing=database, commands=Commands(PostgresEventStore(database), line.codec))


def shown(line: Line, projection: Projection) -> list[str]:
    with line.producing.transaction() as db:
        return [each.text for notebook in (ONE, TWO) for each in lines_in(db, projection, notebook)]


def told_all_once(line: Line) -> None:
    """Relay, projections and the other service have each met every event once, each stream in order."""
    while line.publish():
        pass
    records = line.in_topic()
    assert len(records) == len(line.written()) == 9
    assert len({dict(record.headers)["ce_id"] for record in records}) == 9
    for projection in (QUICK, SLOW):
        advance(line, projection)
        assert shown(line, projection) == ALL_OF_ONE + ALL_OF_TWO
    versions = [(each.stream, each.version) for each in line.written()]
    for stream in {stream for stream, _ in versions}:
        seen = [version for name, version in versions if name == stream]
        assert seen == list(range(1, len(seen) + 1))


def test_everything_goes_on_where_it_stood(before: Line, moved: Callable[[Database], Database]) -> None:
    line = at(before, moved(before.producing))
    assert put_right(line.producing) == 7
    line.write(ONE, "f")
    line.write(TWO, "g")
    told_all_once(line)


def test_what_was_appended_before_it_was_put_right_is_not_lost(
    before: Line, moved: Callable[[Database], Database]
) -> None:
    line = at(before, moved(before.producing))
    line.write(ONE, "f")
    line.write(TWO, "g")
    advance(line, QUICK, SLOW)
    assert line.publish() == 0  # nobody sees what is there: this is what must be put right
    assert put_right(line.producing) == 9
    told_all_once(line)


def test_it_may_be_moved_again_and_again(before: Line, moved: Callable[[Database], Database]) -> None:
    line = at(before, moved(before.producing))
    put_right(line.producing)
    line.write(ONE, "f")
    with line.producing.statement() as db:  # as if the next server were another one
        db.execute("update cluster set system_identifier = 1")
    put_right(line.producing)
    line.write(TWO, "g")
    told_all_once(line)


def test_nothing_is_done_where_nothing_was_moved(before: Line, moved: Callable[[Database], Database]) -> None:
    places = [each.position for each in before.written()]
    assert put_right(before.producing) is None
    assert [each.position for each in before.written()] == places
    line = at(before, moved(before.producing))
    with line.producing.statement() as db:
        assert was_restored(db)
    assert put_right(line.producing) is not None
    with line.producing.statement() as db:
        assert not was_restored(db)
    assert put_right(line.producing) is None


def one(stream: str, version: int) -> list[Write]:
    return [Write(stream, version, (NewEvent(uuid4(), "fact-noted", 1, "{}"),))]


def test_a_cursor_between_transactions_that_overlapped_stays_between_the_same_events(
    first: Database, moved: Callable[[Database], Database], now: Context
) -> None:
    """The slow one has the lower id and the higher position: by position alone it would be told twice or never."""
    store = PostgresEventStore(first)
    store.append(one("early-1", 0), WHO, now.now)
    with first.transaction() as slow:
        slow.execute("select pg_current_xact_id()")
        store.append(one("quick-1", 0), WHO, now.now)
        StoreInTransaction(slow).append(one("slow-1", 0), WHO, now.now)
    store.append(one("late-1", 0), WHO, now.now)
    order = [each.stream for each in store.read_all(BEGINNING, 10)]
    assert order == ["early-1", "slow-1", "quick-1", "late-1"]
    begin_reading(first, [Subscriber(name) for name in ("new", *(f"reader {nth}" for nth in range(4)))])
    for nth, each in enumerate(store.read_all(BEGINNING, 10)):
        with first.transaction() as db:
            move_cursor(db, f"reader {nth}", BEGINNING, each.position)
    database = moved(first)
    put_right(database)
    there = PostgresEventStore(database)
    assert [each.stream for each in there.read_all(cursor_of(database, "new"), 10)] == order
    for nth in range(4):
        assert [each.stream for each in there.read_all(cursor_of(database, f"reader {nth}"), 10)] == order[nth + 1 :]


def test_answers_to_repeated_requests_say_where_their_events_are_now(
    first: Database, moved: Callable[[Database], Database], now: Context
) -> None:
    PostgresEventStore(first).append(one("early-1", 0), WHO, now.now, Request("ann", "once", "f", "{}"))
    PostgresEventStore(first).append([], WHO, now.now, Request("ann", "nothing", "f", "{}"))
    database = moved(first)
    put_right(database)
    store = PostgresEventStore(database)
    answer, nothing = store.answer_to("ann", "once"), store.answer_to("ann", "nothing")
    assert answer
    assert nothing
    assert (answer.position, nothing.position) == (store.newest(), None)


def test_what_was_read_out_of_order_meanwhile_cannot_be_put_right(
    before: Line, moved: Callable[[Database], Database]
) -> None:
    line = at(before, moved(before.producing))
    line.write(ONE, "f")
    last = cursor_of(line.producing, "quick")
    with line.producing.transaction() as db:
        move_cursor(db, "quick", last, Position(1, 1))
    with pytest.raises(ReadOn, match="Since the restore, quick went on"):
        put_right(line.producing)
    with line.producing.statement() as db:
        assert was_restored(db)


def test_nobody_may_be_at_work_meanwhile(before: Line, moved: Callable[[Database], Database]) -> None:
    database = moved(before.producing)
    with database.transaction() as db:
        db.execute("select count(*) from events")
        with pytest.raises(Busy):
            put_right(database)


def test_copse_names_it_and_puts_it_right(
    before: Line,
    moved: Callable[[Database], Database],
    keys: Database,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    database = moved(before.producing)
    service = compose("gardens_moved", tmp_path)
    known_to_copse(monkeypatch, service, database.url)
    monkeypatch.setenv("KEYRING_DATABASE_URL", keys.url)
    monkeypatch.setenv("KEYRING_MASTER_KEY", "A" * 43 + "=")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", before.broker.servers)
    monkeypatch.setenv("OIDC_ISSUER", "http://127.0.0.1:1")
    [found] = [each for each in answer("doctor", status=1) if each["check"] == "cluster of gardens_moved"]
    assert found["verdict"] == "wrong"
    assert found["do"].endswith("copse restored gardens_moved")
    refused = copse("migrate", "gardens_moved")
    assert refused.exit_code == 2
    assert "Run: copse restored gardens_moved" in refused.stderr
    assert "7 events" in copse("restored", "gardens_moved").output
    assert "nothing to do" in copse("restored", "gardens_moved").output
    assert copse("migrate", "gardens_moved").exit_code == 0
    before.commands = Commands(PostgresEventStore(database), before.codec)
    before.commands.handle(ONE, Append(text="f"), before.context)
