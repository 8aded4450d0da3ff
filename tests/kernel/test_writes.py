"""Statements that are sent together do what they would do one by one."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg2
import pytest

from shared.database.pool import Database, Transaction

ONE, TWO = UUID(int=1), UUID(int=2)
INSERT = "insert into notes (id, text) values (%s, %s)"


@pytest.fixture
def notes(database: Database) -> Iterator[Database]:
    with database.transaction() as db:
        db.execute("create schema here; create table here.notes (id uuid primary key, text text, number int default 0)")
        db.execute("create schema there; create table there.notes (text text, id uuid, number int default 0)")
    yield database
    with database.transaction() as db:
        db.execute("drop schema here cascade; drop schema there cascade")


def into(db: Transaction, schema: str) -> None:
    db.execute(f"set local search_path to {schema}")


def texts(database: Database, schema: str = "here") -> list[str]:
    with database.transaction() as db:
        return db.all(str, f"select text from {schema}.notes order by text")


def prepared(db: Transaction) -> int:
    return db.value(int, "select count(*) from pg_prepared_statements where statement like '%%into notes%%'") or 0


def test_they_are_there_after_the_commit(notes: Database) -> None:
    with notes.transaction() as db:
        into(db, "here")
        for nth in range(1_234):
            db.write(INSERT, uuid4(), f"{nth:04}")
    assert texts(notes) == [f"{nth:04}" for nth in range(1_234)]


def test_they_wait_until_something_is_asked(notes: Database) -> None:
    with notes.transaction() as db:
        into(db, "here")
        db.write(INSERT, ONE, "first")
        db.write(INSERT, ONE, "again")  # fails when it is sent, which is not yet
        with pytest.raises(psycopg2.errors.UniqueViolation):
            db.value(int, "select count(*) from notes")
        db.roll_back()
    assert texts(notes) == []


@pytest.mark.parametrize("asked", ["all", "rows", "execute", "execute_values", "raw"])
def test_whatever_is_asked_next_sees_them(notes: Database, asked: str) -> None:
    with notes.transaction() as db:
        into(db, "here")
        db.write(INSERT, ONE, "first")
        match asked:
            case "all":
                assert db.all(str, "select text from notes") == ["first"]
            case "rows":
                assert db.rows("select text from notes") == [("first",)]
            case "execute":
                assert db.execute("update notes set text = 'seen'") == 1
            case "execute_values":
                db.execute_values("update notes set text = v.text from (values %s) v (text)", [("seen",)])
                assert db.rows("select text from notes") == [("seen",)]
            case "raw":
                with db.raw.cursor() as cursor:
                    cursor.execute("select count(*) from notes")
                    assert cursor.fetchone() == (1,)
        db.roll_back()


def test_their_order_is_kept(notes: Database) -> None:
    with notes.transaction() as db:
        into(db, "here")
        for nth in range(50):
            db.write(INSERT, ONE, f"{nth}")
            db.write("update notes set number = number + 1, text = text || %s where id = %s", "!", ONE)
            if nth < 49:
                db.write("delete from notes where id = %s", ONE)
    with notes.transaction() as db:
        assert db.rows("select text, number from here.notes") == [("49!", 1)]


def test_one_that_fails_takes_all_with_it_and_says_why(notes: Database) -> None:
    def write() -> None:
        with notes.transaction() as db:
            into(db, "here")
            db.write(INSERT, ONE, "first")
            db.write(INSERT, ONE, "again")

    with pytest.raises(psycopg2.errors.UniqueViolation, match="notes_pkey"):
        write()
    assert texts(notes) == []


def test_values_are_bound_and_never_pasted(notes: Database) -> None:
    hostile = "'; drop table here.notes; -- 100% %s \\ $1"
    with notes.transaction() as db:
        into(db, "here")
        db.write(INSERT, ONE, hostile)
        db.write("update notes set number = 7 %% 4 where text like '%%drop%%' and id = %s", ONE)
    with notes.transaction() as db:
        assert db.rows("select text, number from here.notes") == [(hostile, 3)]


def test_one_that_cannot_be_prepared_is_sent_as_it_is(notes: Database) -> None:
    with notes.transaction() as db:
        into(db, "here")
        for nth in range(3):
            db.write("insert into notes (id, text) select %s, json_build_array(%s)::text", uuid4(), f"{nth}")
    assert texts(notes) == ['["0"]', '["1"]', '["2"]']


def test_nor_is_one_that_is_no_query(notes: Database) -> None:
    with notes.transaction() as db:
        into(db, "here")
        db.write(INSERT, ONE, "first")
        for _ in range(2):
            db.write("set local synchronous_commit to off")
        assert db.value(str, "select current_setting('synchronous_commit')") == "off"
    assert texts(notes) == ["first"]


def test_a_statement_that_is_wrong_says_so(notes: Database) -> None:
    def write() -> None:
        with notes.transaction() as db:
            into(db, "here")
            db.write(INSERT, ONE, "first")
            db.write("insert into nowhere values (%s)", 1)

    with pytest.raises(psycopg2.errors.UndefinedTable, match="nowhere"):
        write()
    assert texts(notes) == []


def test_what_is_prepared_outlives_a_rollback_and_means_the_tables_in_sight(events_url: str, notes: Database) -> None:
    single = Database(events_url, application="copse-test", size=1)
    try:
        with single.transaction() as db:
            into(db, "here")
            db.write(INSERT, ONE, "forgotten")
            db.send_writes()
            db.roll_back()
        for schema in ("here", "there", "here"):
            with single.transaction() as db:
                into(db, schema)
                db.write(INSERT, uuid4(), schema)
        with single.transaction() as db:
            assert prepared(db) == 1
    finally:
        single.close()
    assert (texts(notes, "here"), texts(notes, "there")) == (["here", "here"], ["there"])
