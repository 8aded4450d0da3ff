"""Statements that are sent together do what they would do one by one."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from uuid import UUID, uuid4

import psycopg2
import pytest

from shared.database.pool import Database, Transaction
from shared.projections import projection
from shared.projections.reader import forget_if_the_server_crashes

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


def test_what_each_batch_begins_with_is_prepared(events_url: str) -> None:
    """What the server cannot prepare it writes into its log as an error, once for each connection."""
    database = Database(events_url, application="copse-test", size=1)
    with database.transaction() as db:
        projection.into(db, "public")
        forget_if_the_server_crashes(db)
        assert all(call.startswith("execute ") for call in db.raw.calls.values())
        assert len(db.raw.calls) == 2
        assert db.value(str, "select current_setting('synchronous_commit')") == "off"
        assert db.value(str, "select current_setting('search_path')") == '"public", public'
    database.close()


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
            assert prepared(db) == 2  # for one row, and for many
    finally:
        single.close()
    assert (texts(notes, "here"), texts(notes, "there")) == (["here", "here"], ["there"])


class Colour(StrEnum):
    RED = "red"


KINDS = [
    (ONE, "plain", 1, 2**62, True, date(2026, 5, 4), datetime(2026, 5, 4, 14, tzinfo=UTC)),
    (TWO, "quoted \" \\ ' \n %s $1", -1, 0, False, date.min, datetime(2026, 5, 4, tzinfo=timezone(timedelta(hours=2)))),
    (uuid4(), "Grüße 🎻", None, None, None, None, datetime(2026, 5, 4, 14, 0, 0, 123456)),
    (None, None, 0, -(2**62), None, None, None),
    (None, None, 0, -(2**62), None, datetime(2026, 5, 4, 14), date(2026, 5, 4)),
    ("00000000-0000-0000-0000-000000000003", Colour.RED, 1, None, None, None, None),
    (ONE, datetime(2026, 5, 4, 14, tzinfo=UTC), None, None, None, None, None),
]


FEW, MANY = KINDS * 2, KINDS[:4] * 40 + KINDS + KINDS[:1] * 70
"""Of the many, runs go in a COPY, and what cannot be copied comes between them."""


@pytest.mark.parametrize("rows", [FEW, MANY], ids=["few", "many"])
@pytest.mark.parametrize("columns", ["", "(id, text, small, big, yes, day, at)"])
def test_rows_of_one_insert_are_what_they_are_one_by_one(
    notes: Database, columns: str, rows: list[tuple[object, ...]]
) -> None:
    one_by_one, together = f"insert into single {columns}", f"insert into many {columns}"
    values = " values (%s, %s, %s, %s, %s, %s, %s)"
    with notes.transaction() as db:
        into(db, "here")
        for table in ("single", "many"):
            db.execute(
                f"create table {table} (id uuid, text text, small smallint, big bigint, yes boolean, day date,"
                " at timestamptz, nth bigint generated always as identity)"
            )
        for row in rows:
            db.write(one_by_one + values, *row)
            db.send_writes()
        for row in rows:
            db.write(together + values, *row)
    with notes.transaction() as db:
        found = db.rows("select * from here.many order by nth")
        assert found == db.rows("select * from here.single order by nth")
        assert len(found) == len(rows)


TEXTS = [
    *("", " ", "\\N", "\\", "\\.", "\\n", "two\nlines\r\n", "a\tb", "\\\t\\\n"),
    *('"quoted", null', "Grüße 🎻", "\x01\x7f"),
]


def test_texts_are_copied_as_they_are(notes: Database) -> None:
    with notes.transaction() as db:
        into(db, "here")
        for nth in range(120):
            db.write("insert into notes (id, text, number) values (%s, %s, %s)", uuid4(), TEXTS[nth % len(TEXTS)], nth)
    with notes.transaction() as db:
        found = db.all(str, "select text from here.notes order by number")
    assert found == TEXTS * 10


@pytest.mark.parametrize("number", [1, 2, 120])
def test_a_text_with_a_nul_is_refused_however_many_come_with_it(notes: Database, number: int) -> None:
    def write() -> None:
        with notes.transaction() as db:
            into(db, "here")
            for nth in range(number):
                db.write(INSERT, uuid4(), f"text\0{nth}" if nth == number - 1 else "text")

    with pytest.raises((ValueError, psycopg2.DataError)):
        write()
    assert texts(notes) == []


def test_one_row_of_many_that_is_there_already_takes_all_with_it(notes: Database) -> None:
    def write() -> None:
        with notes.transaction() as db:
            into(db, "here")
            for nth in range(120):
                db.write(INSERT, UUID(int=nth % 119), f"{nth}")

    with pytest.raises(psycopg2.errors.UniqueViolation, match="notes_pkey"):
        write()
    assert texts(notes) == []


def test_many_rows_are_copied_in_their_order_among_other_statements(notes: Database) -> None:
    with notes.transaction() as db:
        into(db, "here")
        db.write(INSERT, uuid4(), "before")
        db.write("update notes set number = number + 1")
        for nth in range(120):
            db.write(INSERT, uuid4(), f"{nth:03}")
        db.write("update notes set number = number + 1")
    with notes.transaction() as db:
        assert db.rows("select number, count(*) from here.notes group by number order by number") == [(1, 120), (2, 1)]


def test_rows_of_one_insert_and_other_statements_keep_their_order(notes: Database) -> None:
    with notes.transaction() as db:
        into(db, "here")
        for text in ("a", "b"):
            db.write(INSERT, uuid4(), text)
        db.write("update notes set number = number + 1")
        for text in ("c", "d"):
            db.write(INSERT, uuid4(), text)
        db.write("update notes set number = number + 1")
        db.write("insert into notes (text, id) values (%s, %s)", "e", uuid4())
        db.write(INSERT, uuid4(), "f")
    with notes.transaction() as db:
        assert db.rows("select text, number from here.notes order by text") == [
            *zip("abcdef", (2, 2, 1, 1, 0, 0), strict=True)
        ]


@pytest.mark.parametrize("times", [2, 120])
def test_rows_that_may_be_there_already_may_come_twice(notes: Database, times: int) -> None:
    with notes.transaction() as db:
        into(db, "here")
        for nth in range(times):
            db.write(f"{INSERT} on conflict (id) do nothing", ONE, f"{nth}")
    assert texts(notes) == ["0"]


@pytest.mark.parametrize(("number", "how"), [(1, "execute %"), (2, "execute %_rows%"), (120, "copy notes %")])
def test_the_more_rows_the_quicker_the_way(notes: Database, number: int, how: str) -> None:
    with notes.transaction() as db:
        into(db, "here")
        db.execute("alter table notes add column how text default current_query()")
        db.write(INSERT, uuid4(), "what was asked")  # prepared
        db.execute("delete from notes")
        for _ in range(number):
            db.write(INSERT, uuid4(), "what was asked")
    with notes.transaction() as db:
        assert db.rows("select how like %s, count(*) from here.notes group by 1", how) == [(True, number)]


@pytest.mark.parametrize(
    ("values", "left"),
    [
        ("values (%s, %s) on conflict (id) do update set text = notes.text || excluded.text", ["xx"]),
        ("select %s::uuid, %s || count(*) from notes on conflict (id) do update set text = excluded.text", ["x1"]),
    ],
)
def test_an_insert_that_looks_at_other_rows_sees_those_before_it(notes: Database, values: str, left: list[str]) -> None:
    with notes.transaction() as db:
        into(db, "here")
        for _ in range(2):
            db.write(f"insert into notes (id, text) {values}", ONE, "x")
    assert texts(notes) == left
