"""Connections die, run out and lead nowhere: each is told plainly, and none is handed on."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import StringIO
from urllib.parse import quote
from uuid import UUID, uuid4

import psycopg2.errors
import psycopg2.extensions
import pytest

from deploy.embedded.ports import free_port
from shared.database import pool
from shared.database.pool import Database, Prepared, TooSlow, Transaction, Unavailable, address_of
from shared.database.session import Session


@pytest.fixture
def single(events_url: str) -> Iterator[Database]:
    """A pool of one connection."""
    database = Database(events_url, application="copse-test-single", size=1)
    yield database
    database.close()


def backend(db: Transaction) -> int:
    return db.value(int, "select pg_backend_pid()") or 0


def end(database: Database, process: int) -> None:
    """Ends a connection from the server's side, as a failover or an administrator does, and waits until it is gone."""
    with database.transaction() as db:
        assert db.value(bool, "select pg_terminate_backend(%s, 5000)", process)


def test_a_connection_is_used_again(single: Database) -> None:
    with single.transaction() as db:
        first = backend(db)
    with single.transaction() as db:
        assert backend(db) == first


def test_a_connection_that_died_in_the_pool_is_replaced_unnoticed(single: Database, database: Database) -> None:
    with single.transaction() as db:
        first = backend(db)
    end(database, first)
    with single.transaction() as db:
        assert backend(db) != first


def test_every_connection_of_a_pool_may_have_died(database: Database, events_url: str) -> None:
    pool = Database(events_url, application="copse-test", size=4)
    with pool.transaction() as one, pool.transaction() as two, pool.transaction() as three, pool.transaction() as four:
        processes = [backend(db) for db in (one, two, three, four)]
    for process in processes:
        end(database, process)
    with pool.transaction() as db:
        assert backend(db) not in processes
    pool.close()


def test_a_connection_that_dies_in_use_is_told_and_then_replaced(single: Database, database: Database) -> None:
    def die() -> None:
        with single.transaction() as db:
            end(database, backend(db))
            db.value(int, "select 1")

    with pytest.raises(Unavailable):
        die()
    with single.transaction() as db:
        assert db.value(int, "select 1") == 1


def test_a_connection_that_dies_while_it_is_made_is_told(
    single: Database, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    class DiesYoung(Session):
        @property
        def server_version(self) -> int:
            end(database, self.get_backend_pid())
            return 170000

    with database.transaction():
        pass  # it has a connection to end others with
    monkeypatch.setattr(pool, "Session", DiesYoung)
    with pytest.raises(Unavailable):
        single.transaction().__enter__()


def test_a_commit_that_never_arrived_is_told(single: Database, database: Database) -> None:
    def die() -> None:
        with single.transaction() as db:
            db.execute("insert into readers (name) values ('lost')")
            end(database, backend(db))

    with pytest.raises(Unavailable):
        die()
    with single.transaction() as db:
        assert db.value(int, "select count(*) from readers") == 0


def test_what_fails_is_rolled_back_and_its_connection_is_clean(single: Database) -> None:
    def fail() -> None:
        with single.transaction() as db:
            db.execute("insert into readers (name) values ('half')")
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with single.transaction() as db:
        assert db.value(int, "select count(*) from readers") == 0


def test_what_fails_while_its_connection_dies_tells_its_own_reason(single: Database, database: Database) -> None:
    def fail() -> None:
        with single.transaction() as db:
            end(database, backend(db))
            raise LookupError("not in the list")

    with pytest.raises(LookupError, match="not in the list"):
        fail()
    with single.transaction() as db:
        assert db.value(int, "select 1") == 1


def test_a_statement_that_takes_too_long_is_told_and_its_connection_stays(events_url: str) -> None:
    impatient = Database(events_url, application="copse-test", size=1, statement_seconds=1)

    def wait() -> None:
        with impatient.transaction() as db:
            db.execute("create table never_there (id int)")
            db.execute("select pg_sleep(60)")

    try:
        with impatient.transaction() as db:
            before = backend(db)
        with pytest.raises(TooSlow, match="longer than 1 s"):
            wait()
        with pytest.raises(TooSlow, match="longer than 1 s"), impatient.statement() as db:
            db.value(str, "select pg_sleep(60)::text")
        with impatient.transaction() as db:
            assert backend(db) == before
            assert db.value(str, "select to_regclass('never_there')::text") is None
    finally:
        impatient.close()


def test_an_empty_pool_waits_for_a_connection_to_come_back(single: Database) -> None:
    taken, give_back = threading.Event(), threading.Event()

    def hold() -> None:
        with single.transaction():
            taken.set()
            give_back.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    assert taken.wait(10)
    threading.Timer(0.2, give_back.set).start()
    with single.transaction() as db:
        assert db.value(int, "select 1") == 1
        assert give_back.is_set()
    holder.join()


def test_an_empty_pool_does_not_wait_for_ever(events_url: str) -> None:
    single = Database(events_url, application="copse-test", size=1, wait_seconds=0.1)
    with single.transaction(), pytest.raises(Unavailable, match="every connection of the pool is busy"):
        single.transaction().__enter__()
    with single.transaction() as db:
        assert db.value(int, "select 1") == 1
    single.close()


def test_a_database_that_is_not_there_is_told_by_its_address_without_password() -> None:
    password = quote("gänse/füßchen", safe="")
    url = f"postgresql://copse:{password}@127.0.0.1:{free_port()}/copse_meetings"
    database = Database(url, application="copse-test")
    with pytest.raises(Unavailable) as unavailable:
        database.transaction().__enter__()
    sentence = str(unavailable.value)
    assert sentence.startswith(f"PostgreSQL at {address_of(url)} does not answer")
    assert "copse_meetings" in address_of(url)
    assert password not in sentence
    assert "gänse" not in sentence


def test_a_wrong_password_is_told_without_either_password(events_url: str) -> None:
    wrong = psycopg2.extensions.make_dsn(events_url, password="not-the-password")
    with pytest.raises(Unavailable) as unavailable:
        Database(wrong, application="copse-test").transaction().__enter__()
    assert "not-the-password" not in str(unavailable.value)
    assert "password" in str(unavailable.value)


def test_what_is_done_past_the_statements_is_in_the_transaction_too(single: Database) -> None:
    def fail() -> None:
        with single.transaction() as db:
            with db.raw.cursor() as cursor:
                cursor.copy_expert("copy readers (name) from stdin", StringIO("copied\n"))
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with single.statement() as db:
        assert db.value(int, "select count(*) from readers where name = 'copied'") == 0


def test_a_statement_is_a_transaction_of_its_own(single: Database, database: Database) -> None:
    with single.statement() as db:
        db.execute("insert into readers (name) values ('alone')")
        with database.statement() as other:
            assert other.value(str, "select name from readers") == "alone"


def test_a_statement_that_fails_leaves_its_connection_clean(single: Database) -> None:
    with pytest.raises(psycopg2.errors.UndefinedTable), single.statement() as db:
        db.execute("select * from nothing")
    with single.statement() as db:
        assert db.value(int, "select 1") == 1


@pytest.mark.parametrize("prepared_first", [True, False])
def test_a_prepared_statement_is_prepared_once_for_each_connection(single: Database, prepared_first: bool) -> None:
    twice = Prepared(f"twice_{prepared_first}".lower(), "select %s::integer * 2 where %s::text like 'x%%'")
    for nth in range(3):
        with single.transaction() as db:
            if not prepared_first:
                db.execute("select 1")
            assert db.value(int, twice, nth, "x") == nth * 2
    with single.statement() as db:
        assert db.value(int, twice, 4, "x") == 8
        assert db.value(int, "select count(*) from pg_prepared_statements where name = %s", twice.name) == 1


def test_a_prepared_statement_outlives_a_rollback(single: Database) -> None:
    kept = Prepared("kept", "select 1")

    def fail() -> None:
        with single.transaction() as db:
            db.value(int, kept)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with single.transaction() as db:
        assert db.value(int, kept) == 1


def test_a_commit_after_a_failure_that_was_passed_over_is_told(single: Database) -> None:
    """PostgreSQL makes a rollback of it and says nothing; who believes that it is written must be told."""

    def pass_over() -> None:
        with single.transaction() as db:
            db.execute("insert into readers (name) values ('lost')")
            with suppress(psycopg2.Error):
                db.execute("select * from nothing")

    with pytest.raises(psycopg2.errors.InFailedSqlTransaction):
        pass_over()
    with single.statement() as db:
        assert db.value(int, "select count(*) from readers where name = 'lost'") == 0


def test_no_statement_runs_for_ever(single: Database) -> None:
    with single.statement() as db:
        assert db.value(str, "show statement_timeout") == "15s"


def test_a_transaction_that_is_forgotten_open_is_ended_by_the_server(single: Database) -> None:
    """It would hold back every reader of events."""
    with single.transaction() as db:
        assert db.value(str, "show idle_in_transaction_session_timeout") == "15s"
        assert db.value(str, "show lock_timeout") == "5s"
        assert db.value(str, "show timezone") == "UTC"


def test_whoever_vanishes_is_noticed_within_half_a_minute_on_both_sides(single: Database) -> None:
    """Else a leader whose machine is gone would keep its lock for two hours."""
    told = ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "tcp_user_timeout")
    with single.statement() as db:
        assert [db.value(str, f"show {each}") for each in told] == ["10", "5", "3", "25000"]
        with socket.fromfd(db.raw.fileno(), socket.AF_INET, socket.SOCK_STREAM) as here:
            assert here.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            options = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
            assert [here.getsockopt(socket.IPPROTO_TCP, each) for each in options] == [10, 5, 3, 25000]


def test_rows_come_back_as_what_is_asked_for(database: Database) -> None:
    @dataclass(frozen=True)
    class Row:
        id: UUID
        at: datetime
        on: date
        words: list[str]
        note: str | None

    row = Row(uuid4(), datetime(2026, 3, 2, 10, tzinfo=UTC), date(2026, 3, 2), ["a", "b"], None)
    with database.transaction() as db:
        question = 'select %s::uuid as id, %s::timestamptz as at, %s::date as "on", %s::text[] as words, null as note'
        assert db.all(Row, question, row.id, row.at, row.on, row.words) == [row]
        assert db.one(Row, f"{question} limit 0", row.id, row.at, row.on, row.words) is None
        assert db.all(int, "select generate_series(1, 3)") == [1, 2, 3]


def test_values_are_bound_and_never_pasted(database: Database) -> None:
    sharp = "'; drop table events; --"
    with database.transaction() as db:
        db.execute("insert into readers (name) values (%s)", sharp)
        db.execute_values("insert into readers (name) values %s", [(f"{sharp}{nth}",) for nth in range(3)])
        assert db.value(str, "select name from readers where name = %s", sharp) == sharp
        assert db.value(int, "select count(*) from readers") == 4


def test_a_transaction_that_is_busy_for_too_long_is_ended_by_the_server(events_url: str) -> None:
    """Each of its statements is short enough. Together they would hold back every reader of events."""
    database = Database(events_url, application="copse-test", size=1, statement_seconds=1)

    def keep_busy() -> None:
        with database.transaction() as db:
            for _ in range(20):
                db.execute("select pg_sleep(0.5)")

    try:
        with pytest.raises(Unavailable):
            keep_busy()
        with database.statement() as db:
            assert db.value(str, "show transaction_timeout") == "4s"
    finally:
        database.close()
