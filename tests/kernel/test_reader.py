"""Projections follow the event table: each event once, its row and the cursor in one transaction, each on its own."""

import json
import threading
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import structlog

from shared.commands.handler import Commands
from shared.database.leadership import ask_to_stand_still
from shared.database.pool import Database, Transaction, Unavailable
from shared.eventstore.doorbell import Doorbell
from shared.messages.codec import Codec
from shared.messages.decisions import Context
from shared.messages.recorded import BEGINNING, Recorded
from shared.projections import pages
from shared.projections import reader as module
from shared.projections.projection import OutOfDate, Projection, make_tables
from shared.projections.reader import Fenced, Reader, begin_reading, cursor_of, move_cursor
from shared.projections.subscriber import Subscriber
from shared.reactions.reaction import Reaction
from shared.telemetry import logs
from tests.kernel.conftest import at_work, end_the_leader
from tests.kernel.line import Line
from tests.kernel.notebook import (
    SPILT,
    Append,
    Close,
    LineWritten,
    NotebookClosed,
    NotebookOpened,
    Open,
    lines_in,
    lines_projection,
)
from tests.servers import eventually

ONE = UUID(int=1)


@pytest.fixture
def lines(database: Database) -> Projection:
    projection = lines_projection()
    make_tables(projection, database)
    return projection


@pytest.fixture
def notebook(commands: Commands, context: Context) -> None:
    commands.handle(ONE, Open(title="Tuesday"), context)


def look_away(event: object, recorded: Recorded, db: Transaction) -> None:
    """Handles an event by doing nothing."""


def texts(database: Database, projection: Projection) -> list[str]:
    with database.transaction() as db:
        return [line.text for line in lines_in(db, projection)]


def failure_of(database: Database, name: str) -> str | None:
    with database.transaction() as db:
        return db.value(str, "select failure from readers where name = %s", name)


@pytest.mark.usefixtures("notebook")
def test_a_projection_is_told_of_each_event_once(
    database: Database, codec: Codec, commands: Commands, context: Context, lines: Projection
) -> None:
    reader = Reader(database, codec, [lines])
    for text in ("tea", "milk"):
        commands.handle(ONE, Append(text=text), context)
        reader.advance_all()
        reader.advance_all()
    assert texts(database, lines) == ["tea", "milk"]
    assert reader.advance_all() == 0


def commits(subscriber: Subscriber[Any]) -> list[str]:
    """How the transaction will be committed in which a subscriber is told, each time that it is."""
    found: list[str] = []

    @subscriber.on(LineWritten)
    def _(event: LineWritten, recorded: Recorded, db: Transaction) -> Any:
        found.append(db.value(str, "select current_setting('synchronous_commit')") or "")
        return ()

    return found


@pytest.mark.usefixtures("notebook")
def test_rows_that_can_be_told_again_do_not_wait_for_the_disk_and_what_a_reaction_notes_does(
    database: Database, codec: Codec, commands: Commands, context: Context, lines: Projection
) -> None:
    rows, reaction = Projection("rows", version=1, tables=lines.tables), Reaction("reaction", from_the_beginning=True)
    of_rows, of_reaction = commits(rows), commits(reaction)
    make_tables(rows, database)
    commands.handle(ONE, Append(text="tea"), context)
    Reader(database, codec, [rows, reaction]).advance_all()
    assert (of_rows, of_reaction) == (["off"], ["on"])


def test_the_same_holds_for_what_comes_from_others(line: Line) -> None:
    rows, reaction = Projection("rows", version=1, tables=line.lines.tables), Reaction("reaction")
    of_rows, of_reaction = commits(rows), commits(reaction)
    line.open(ONE)
    line.write(ONE, "tea", "milk")
    records = line.records(line.written())
    line.tell(records[:2], rows)
    line.tell(records[2:], rows, reaction)
    assert (of_rows, of_reaction) == (["off", "on"], ["on"])


@pytest.mark.usefixtures("notebook")
def test_a_new_projection_begins_at_the_first_event(
    database: Database, codec: Codec, commands: Commands, context: Context, lines: Projection
) -> None:
    commands.handle(ONE, Append(text="tea"), context)
    Reader(database, codec, [lines]).advance_all()
    late = lines_projection("late")
    make_tables(late, database)
    Reader(database, codec, [lines, late]).advance_all()
    assert texts(database, late) == texts(database, lines) == ["tea"]


@pytest.mark.usefixtures("notebook")
def test_the_cursor_passes_what_the_projection_does_not_read(
    database: Database, codec: Codec, commands: Commands, context: Context, lines: Projection
) -> None:
    position = commands.handle(ONE, Close(), context).position
    Reader(database, codec, [lines]).advance_all()
    assert cursor_of(database, "lines") == position
    assert texts(database, lines) == []


@pytest.mark.usefixtures("notebook")
def test_those_whom_an_event_does_not_concern_are_moved_past_it_together(
    database: Database, codec: Codec, commands: Commands, context: Context, lines: Projection
) -> None:
    others = [Projection(f"other_{nth}", version=1, tables=lines.tables) for nth in range(5)]
    for each in others:
        each.on(NotebookClosed)(look_away)
        make_tables(each, database)
    reader = Reader(database, codec, [lines, *others])
    position = commands.handle(ONE, Append(text="tea"), context).position
    reader.advance_all()
    assert texts(database, lines) == ["tea"]
    with database.transaction() as db:
        moved = db.rows("select xid::text, position, moved_at from readers where name like 'other%%'")
    assert len(moved) == 5
    assert len(set(moved)) == 1  # moved_at is the beginning of the transaction
    assert moved[0][:2] == (str(position.xid), position.number) if position else False


@pytest.mark.usefixtures("notebook")
def test_one_whose_tables_are_of_another_version_is_moved_past_nothing(
    database: Database, codec: Codec, commands: Commands, context: Context, lines: Projection
) -> None:
    """Its next version may be told of what this one passes by."""
    old, other = (Projection(name, version=1, tables=lines.tables) for name in ("old", "other"))
    for each in (old, other):
        each.on(NotebookClosed)(look_away)
        make_tables(each, database)
    with database.transaction() as db:
        db.execute("update projections set version = 2 where name = 'old'")
    commands.handle(ONE, Append(text="tea"), context)
    Reader(database, codec, [old, lines, other]).advance_all()
    assert texts(database, lines) == ["tea"]
    assert cursor_of(database, "old") == BEGINNING < cursor_of(database, "other")
    assert "version 2" in (failure_of(database, "old") or "")


@pytest.mark.usefixtures("notebook")
def test_a_reaction_is_told_when_all_projections_have_come_as_far(
    database: Database, codec: Codec, commands: Commands, context: Context, lines: Projection
) -> None:
    """What it asks for may read them, also those that the event did not concern."""
    other, reaction = Projection("other", version=1, tables=lines.tables), Reaction("reaction", from_the_beginning=True)
    other.on(NotebookClosed)(look_away)
    make_tables(other, database)
    found: list[tuple[Any, ...]] = []

    @reaction.on(LineWritten)
    def _(event: LineWritten, recorded: Recorded, db: Transaction) -> Any:
        found.extend(db.rows("select name, position from readers where name in ('lines', 'other') order by name"))
        return ()

    position = commands.handle(ONE, Append(text="tea"), context).position
    Reader(database, codec, [reaction, other, lines]).advance_all()
    assert position
    assert found == [("lines", position.number), ("other", position.number)]


@pytest.mark.usefixtures("notebook")
def test_what_an_open_transaction_hid_is_told_soon_after_it_ends(
    database: Database,
    codec: Codec,
    commands: Commands,
    context: Context,
    lines: Projection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It rang before, and nothing rings when the transaction ends."""
    monkeypatch.setattr(module, "_LOOK_SECONDS", 30)
    with at_work(Reader(database, codec, [lines])):
        eventually(lambda: cursor_of(database, "lines") > BEGINNING, "the reader reads")
        with database.transaction() as hiding:
            hiding.execute("select pg_current_xact_id()")
            commands.handle(ONE, Append(text="tea"), context)
            bell = Doorbell(database)
            bell.ring()
            bell.ring()
            assert texts(database, lines) == []
        eventually(lambda: texts(database, lines) == ["tea"], "the line is there", seconds=10)


@pytest.mark.usefixtures("notebook")
def test_a_backlog_is_read_in_batches(
    database: Database,
    codec: Codec,
    commands: Commands,
    context: Context,
    lines: Projection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pages, "BATCH", 3)
    for nth in range(7):
        commands.handle(ONE, Append(text=f"{nth}"), context)
    reader = Reader(database, codec, [lines])
    assert [reader.advance_all() for _ in range(4)] == [3, 3, 2, 0]
    assert texts(database, lines) == [f"{nth}" for nth in range(7)]


@pytest.mark.usefixtures("notebook")
def test_what_fails_half_way_writes_nothing_and_moves_nothing(
    database: Database, codec: Codec, commands: Commands, context: Context, lines: Projection
) -> None:
    for text in ("tea", SPILT, "milk"):
        commands.handle(ONE, Append(text=text), context)
    Reader(database, codec, [lines]).advance_all()
    assert texts(database, lines) == []
    assert cursor_of(database, "lines") == BEGINNING


@pytest.mark.usefixtures("notebook")
def test_one_that_fails_stops_alone_and_says_why(
    database: Database, codec: Codec, commands: Commands, context: Context, lines: Projection
) -> None:
    closed = Projection("closed", version=1, tables=lines.tables)
    make_tables(closed, database)

    @closed.on(NotebookClosed)
    def _(event: NotebookClosed, recorded: Recorded, db: Transaction) -> None:
        db.execute("insert into closed.lines values (%s, %s, %s)", recorded.id, recorded.version, event.reason)

    commands.handle(ONE, Append(text=SPILT), context)
    commands.handle(ONE, Close(), context)
    Reader(database, codec, [lines, closed]).advance_all()
    assert texts(database, closed) == ["full"]
    failure = failure_of(database, "lines") or ""
    assert failure.startswith("ValueError in tests/kernel/notebook.py, line ")
    assert SPILT not in failure
    assert failure_of(database, "closed") is None


def owners_projection(tables: Path, *, sends_at_once: bool) -> Projection:
    """Refuses every owner: each row lacks what the table wants."""
    owners = Projection("owners", version=1, tables=tables)

    @owners.on(NotebookOpened)
    def _(event: NotebookOpened, recorded: Recorded, db: Transaction) -> None:
        run = db.execute if sends_at_once else db.write
        run("insert into owners.owners (notebook, name) values (%s, %s)", recorded.id, event.owner_name)

    return owners


@pytest.mark.parametrize("sends_at_once", [True, False])
def test_one_whose_sql_fails_stops_alone_and_tells_no_value(
    sends_at_once: bool,
    database: Database,
    codec: Codec,
    commands: Commands,
    context: Context,
    lines: Projection,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """PostgreSQL quotes the whole row, and this one holds a name that is sealed in the event."""
    logged = StringIO()
    written = structlog.wrap_logger(structlog.PrintLogger(logged), processors=logs.processors("notebooks"))
    monkeypatch.setattr(module, "log", written)
    tables = tmp_path / "owners.sql"
    tables.write_text("create table owners (notebook uuid primary key, name text, shelf text not null)")
    owners = owners_projection(tables, sends_at_once=sends_at_once)
    make_tables(owners, database)
    commands.handle(ONE, Open(title="Tuesday", owner_name="Ann Lee"), context)
    commands.handle(ONE, Append(text="tea"), context)
    Reader(database, codec, [owners, lines]).advance_all()
    assert texts(database, lines) == ["tea"]
    assert failure_of(database, "lines") is None
    failure, told = failure_of(database, "owners") or "", json.loads(logged.getvalue())
    assert failure.startswith("NotNullViolation at owners.owners.shelf in ")
    assert ", line " in failure
    assert told["reason"] == failure
    assert told["exception"][0]["exc_type"] == "NotNullViolation"
    assert told["exception"][0]["frames"]
    assert "Ann Lee" not in failure + logged.getvalue()


@pytest.mark.usefixtures("notebook")
def test_one_with_a_statement_that_takes_too_long_stops_alone_and_says_so(
    events_url: str, database: Database, codec: Codec, commands: Commands, context: Context, lines: Projection
) -> None:
    impatient = Database(events_url, application="copse-test", statement_seconds=1)
    slow = Projection("slow", version=1, tables=lines.tables)

    @slow.on(LineWritten)
    def _(event: LineWritten, recorded: Recorded, db: Transaction) -> None:
        db.write("select pg_sleep(60)")

    make_tables(slow, database)
    commands.handle(ONE, Append(text="tea"), context)
    try:
        Reader(impatient, codec, [slow, lines]).advance_all()
    finally:
        impatient.close()
    assert texts(database, lines) == ["tea"]
    assert cursor_of(database, "slow") == BEGINNING
    assert "took longer than 1 s" in (failure_of(database, "slow") or "")


@pytest.mark.usefixtures("notebook")
def test_one_that_failed_goes_on_where_it_was_once_it_is_mended(
    database: Database, codec: Codec, commands: Commands, context: Context, lines: Projection
) -> None:
    commands.handle(ONE, Append(text=SPILT), context)
    Reader(database, codec, [lines]).advance_all()
    mended = Projection("lines", version=1, tables=lines.tables)

    @mended.on(LineWritten)
    def _(event: LineWritten, recorded: Recorded, db: Transaction) -> None:
        db.execute("insert into lines.lines values (%s, %s, %s)", recorded.id, recorded.version, event.text)

    commands.handle(ONE, Append(text="tea"), context)
    Reader(database, codec, [mended]).advance_all()
    assert texts(database, lines) == [SPILT, "tea"]
    assert failure_of(database, "lines") is None


@pytest.mark.usefixtures("notebook")
def test_one_that_failed_is_not_tried_again_at_once(
    database: Database, codec: Codec, commands: Commands, context: Context, lines: Projection
) -> None:
    """A tight loop of failures would fill the log and the processor."""
    tried = 0

    @lines.on(NotebookOpened)
    def _(event: NotebookOpened, recorded: Recorded, db: Transaction) -> None:
        nonlocal tried
        tried += 1
        raise ValueError("torn")

    reader = Reader(database, codec, [lines])
    for _again in range(5):
        reader.advance_all()
    assert tried == 1


@pytest.mark.usefixtures("notebook")
def test_one_that_is_asked_to_stand_still_does_so_alone(
    database: Database, codec: Codec, commands: Commands, context: Context, lines: Projection
) -> None:
    other = lines_projection("other")
    make_tables(other, database)
    reader = Reader(database, codec, [lines, other])
    commands.handle(ONE, Append(text="tea"), context)
    with ask_to_stand_still(database, "lines"):
        reader.advance_all()
        reader.advance_all()
        assert (texts(database, lines), texts(database, other)) == ([], ["tea"])
    reader.advance_all()
    assert texts(database, lines) == ["tea"]


@pytest.mark.usefixtures("notebook")
def test_an_event_that_this_release_does_not_know_stops_only_who_would_read_it(
    database: Database, codec: Codec, commands: Commands, context: Context, lines: Projection
) -> None:
    commands.handle(ONE, Append(text="tea"), context)
    with database.transaction() as db:
        db.execute("update events set schema_version = 2 where type = 'line-written'")
        db.execute("update events set type = 'notebook-burnt' where type = 'notebook-opened'")
    closed = Projection("closed", version=1, tables=lines.tables)
    make_tables(closed, database)
    closed.on(NotebookClosed)(look_away)
    Reader(database, codec, [lines, closed]).advance_all()
    assert failure_of(database, "lines") == "line-written version 2 is newer than this release reads"
    assert failure_of(database, "closed") is None
    assert cursor_of(database, "closed") > BEGINNING


@pytest.mark.usefixtures("notebook")
def test_a_cursor_that_another_process_moved_fences_and_nothing_is_written(
    database: Database, lines: Projection
) -> None:
    begin_reading(database, [lines])
    stale = cursor_of(database, "lines")
    with database.transaction() as db:
        move_cursor(db, "lines", stale, stale._replace(number=5))

    def write_late() -> None:
        with database.transaction() as db:
            db.execute("insert into lines.lines values (%s, 1, 'late')", ONE)
            move_cursor(db, "lines", stale, stale._replace(number=4))

    with pytest.raises(Fenced, match="lines was moved by another process"):
        write_late()
    assert texts(database, lines) == []
    assert cursor_of(database, "lines").number == 5


@pytest.mark.usefixtures("notebook")
def test_processes_that_all_believe_to_lead_write_each_row_once(
    database: Database,
    codec: Codec,
    commands: Commands,
    context: Context,
    lines: Projection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The lock makes one lead; this is what holds when a lost connection makes two believe it."""
    monkeypatch.setattr(pages, "BATCH", 2)
    for nth in range(30):
        commands.handle(ONE, Append(text=f"{nth}"), context)

    def read() -> None:
        reader = Reader(database, codec, [lines])
        while True:
            try:
                if not reader.advance_all():
                    return
            except Fenced:
                continue

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts(database, lines) == [f"{nth}" for nth in range(30)]
    assert failure_of(database, "lines") is None


@pytest.mark.usefixtures("notebook")
def test_the_next_process_leads_as_soon_as_the_leader_is_gone(
    database: Database, codec: Codec, commands: Commands, context: Context, lines: Projection
) -> None:
    first, second = (Reader(database, codec, [lines]) for _ in range(2))
    with at_work(first, may_end=Unavailable):
        commands.handle(ONE, Append(text="tea"), context)
        eventually(lambda: texts(database, lines) == ["tea"], "the first reader reads")
        with at_work(second):
            end_the_leader(database, "reader")
            commands.handle(ONE, Append(text="milk"), context)
            eventually(lambda: texts(database, lines) == ["tea", "milk"], "the second reader goes on")


def test_tables_are_made_once(database: Database) -> None:
    projection = lines_projection()
    assert make_tables(projection, database)
    assert not make_tables(projection, database)


def test_tables_of_another_version_are_not_written_into(database: Database, lines: Projection) -> None:
    newer = Projection("lines", version=2, tables=lines.tables)
    with pytest.raises(OutOfDate, match="at version 1, this release has 2"):
        make_tables(newer, database)


def test_tables_that_cannot_be_made_leave_nothing_behind(database: Database, tmp_path: Path) -> None:
    broken = tmp_path / "broken.sql"
    broken.write_text("create table lines (id integer); create table lines (id integer);")
    with pytest.raises(Exception, match="already exists"):
        make_tables(Projection("broken", version=1, tables=broken), database)
    with database.transaction() as db:
        assert db.value(str, "select nspname::text from pg_namespace where nspname = 'broken'") is None


def test_two_handlers_of_one_event_are_refused_at_once() -> None:
    with pytest.raises(TypeError, match="lines handles LineWritten twice"):
        lines_projection().on(LineWritten)(look_away)
