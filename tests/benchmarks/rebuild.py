"""How fast a read model is made anew: the notebook's lines, and those of the real meetings from realistic events."""

import gc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from secrets import token_bytes
from typing import Any
from uuid import UUID

from services.meetings.domain.meeting import MeetingPlanned, PlaceGivenUp, PlaceTaken, Speaker, Way, WayChanged
from services.meetings.projections.upcoming_meetings import upcoming_meetings
from services.meetings.service import service as meetings
from shared.database.pool import Database
from shared.eventstore.postgres import PostgresEventStore
from shared.messages.codec import Codec
from shared.messages.events import MemberId
from shared.messages.ids import uuid7
from shared.messages.recorded import Recorded
from shared.privacy.keyring import Keyring
from shared.projections.projection import Projection, make_tables
from shared.projections.reader import begin_reading, cursor_of, move_cursor
from shared.projections.rows import Rows
from shared.streaming.broker import Broker
from shared.streaming.rebuilding import Rebuilding
from tests.benchmarks.backlog import load
from tests.benchmarks.bench import Bench
from tests.benchmarks.harness import CannotMeasure, Row, at_least
from tests.benchmarks.payload import DATA, METADATA_JSON
from tests.benchmarks.store_append import nobody
from tests.kernel.notebook import EVENTS, LineWritten, NotebookOpened, lines_projection

HISTORY = 200_000
REPLIES_TO_A_MEETING = 99
_TARGET = at_least(100_000)
_NO_KAFKA = Broker("127.0.0.1:1")  # neither read model is made of other services' events


def run(bench: Bench) -> Iterator[Row]:
    with bench.events() as database:
        load(database, HISTORY)
        bench.settle()
        notebooks = Codec(EVENTS, seal=nobody, unseal=nobody)
        rates = _rates(bench, lines_projection(table="lines"), database, notebooks)
        yield Row("rebuild: the notebook's lines, 200,000 events", "events/s", _TARGET, rates)
    with bench.events() as database:
        _load_notebooks(database)
        bench.settle()
        rates = _rates(bench, _shelf(), database, notebooks)
        yield Row("rebuild: a row for each notebook (a fold), 200,000 events", "events/s", _TARGET, rates)
    keyring_url = bench.databases.for_keys()
    keyring_database = Database(keyring_url, application="copse-bench", size=2)
    with bench.events() as database:
        keyring = Keyring(keyring_database, token_bytes(32))
        codec = Codec(meetings.events, seal=keyring.seal, unseal=keyring.unseal)
        bench.say("writing 200,000 events of meetings")
        _load_meetings(database, codec)
        bench.settle()
        rates = _rates(bench, upcoming_meetings, database, codec)
        yield Row("rebuild: upcoming meetings, 200,000 events", "events/s", _TARGET, rates)
    keyring_database.close()
    bench.databases.drop(keyring_url)


def _rates(bench: Bench, projection: Projection, database: Database, codec: Codec) -> Sequence[float]:
    make_tables(projection, database)
    newest = PostgresEventStore(database).newest()
    begin_reading(database, [projection])
    before = cursor_of(database, projection.name)
    with database.transaction() as db:  # a rebuild goes as far as the tables in use have come
        move_cursor(db, projection.name, before, newest)
    rates: list[float] = []
    gc.collect()
    gc.freeze()  # as `copse projections rebuild` does
    # A build that needs a minute is not disturbed by what lasts a second: rounds are for the quick ones.
    while len(rates) < bench.rounds and not (rates and rates[0] < HISTORY / 20):
        bench.settle()
        built = Rebuilding(projection, database, _NO_KAFKA, codec, {}).rebuild()
        if built.events != HISTORY:
            raise CannotMeasure(f"{built.events:,} events were told, not {HISTORY:,}")
        rates.append(built.events / built.seconds)
        bench.say(f"{projection.name}: {rates[-1]:,.0f} events/s")
    return rates


@dataclass(frozen=True)
class Notebook:
    id: UUID
    title: str
    lines: int
    last: str


def _shelf() -> Rows[Notebook]:
    shelf = Rows("shelf", Notebook, version=1, tables=Path(__file__).with_name("shelf.sql"))

    @shelf.begins(NotebookOpened)
    def _(event: NotebookOpened, recorded: Recorded) -> Notebook:
        return Notebook(recorded.id, event.title, 0, "")

    @shelf.changes(LineWritten)
    def _(event: LineWritten, _recorded: Recorded, row: Notebook) -> Notebook:
        return replace(row, lines=row.lines + 1, last=event.text)

    return shelf


def _load_notebooks(database: Database) -> None:
    """Notebooks of ten events each: opened, then nine lines of the usual size."""
    with database.own_connection() as connection, connection.cursor() as cursor:
        cursor.execute("set statement_timeout to 0")
        cursor.execute(
            "insert into events (stream, version, event_id, type, schema_version, data, metadata, recorded_at)"
            " select 'notebook-' || lpad(to_hex(n / 10), 32, '0')::uuid, n %% 10 + 1, gen_random_uuid(),"
            " case n %% 10 when 0 then 'notebook-opened' else 'line-written' end, 1,"
            ' case n %% 10 when 0 then \'{"title":"Tuesday"}\' else %s end::json, %s, clock_timestamp()'
            " from generate_series(0, %s - 1) n",
            (DATA, METADATA_JSON, HISTORY),
        )
        cursor.execute("vacuum analyze events")


def _load_meetings(database: Database, codec: Codec) -> None:
    """Meetings with a speaker each, whose name is sealed, and what people reply: come, change their way, give up."""
    per_meeting = REPLIES_TO_A_MEETING + 1
    with database.own_connection() as connection, connection.cursor() as cursor:
        cursor.execute("set statement_timeout to 0")
        for _ in range(HISTORY // per_meeting // 20):
            rows = StringIO()
            for _ in range(20):
                stream = f"meeting-{uuid7()}"
                for version, event in enumerate(_story(), start=1):
                    id = uuid7()
                    name, schema_version, data = codec.encode(event, id, stream)
                    fields = (stream, version, id, name, schema_version, data, METADATA_JSON, "2026-03-02T10:00:00Z")
                    rows.write("\t".join(str(each).replace("\\", "\\\\") for each in fields) + "\n")
            rows.seek(0)
            cursor.copy_expert(
                "copy events (stream, version, event_id, type, schema_version, data, metadata, recorded_at) from stdin",
                rows,
            )
        cursor.execute("vacuum analyze events")


def _story() -> Iterator[Any]:
    starts_at = datetime(2026, 5, 4, 14, tzinfo=UTC)
    yield MeetingPlanned(
        community=UUID(int=1),
        title="What helps after a fall",
        about="We hear three short talks and agree on what to ask first. " * 5,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2),
        places=200,
        venue="Canterbury Library, room 2",
        speakers=(Speaker(id=uuid7(), name="Synthetic Speaker", topic="What carers told us"),),
    )
    for nth in range(REPLIES_TO_A_MEETING // 3):
        member = MemberId(UUID(int=nth + 1))
        yield PlaceTaken(member=member, way=Way.ONLINE)
        yield WayChanged(member=member, way=Way.IN_PERSON)
        yield PlaceGivenUp(member=member) if nth % 4 == 0 else PlaceTaken(member=member, way=Way.IN_PERSON)
