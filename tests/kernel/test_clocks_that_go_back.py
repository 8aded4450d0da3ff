"""A clock that is set back loses nothing, reorders nothing and does nothing twice.

The order of events is that of their streams and transactions, never that of their times. What a clock says is recorded
as it was said. A timer waits until its moment comes (again); what was done stays done.
"""

import time
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from shared.commands.handler import Commands
from shared.database.pool import Database
from shared.eventstore.postgres import PostgresEventStore
from shared.messages.codec import Codec
from shared.messages.decisions import Context
from shared.messages.ids import uuid7
from shared.messages.recorded import BEGINNING
from shared.projections.projection import make_tables
from shared.projections.reader import Reader
from shared.reactions.agenda import Agenda
from shared.reactions.reaction import Do
from tests.kernel.conftest import TurnedClock
from tests.kernel.line import Line
from tests.kernel.notebook import Append, Notebook, Open, lines_projection
from tests.kernel.test_agenda import when_opened

ONE = UUID(int=1)
WORDS = ("first", "second", "third")


def write_while_the_clock_goes_back(commands: Commands, context: Context) -> None:
    commands.handle(ONE, Open(title="Tuesday"), context)
    for hours, word in enumerate(WORDS, start=1):
        commands.handle(ONE, Append(text=word), replace(context, now=context.now - timedelta(hours=hours)))


def test_events_keep_their_order_and_their_times(
    commands: Commands, context: Context, store: PostgresEventStore
) -> None:
    write_while_the_clock_goes_back(commands, context)
    for events in (store.read(Notebook.stream(ONE)), store.read_all(BEGINNING, 10)):
        assert [event.version for event in events] == [1, 2, 3, 4]
        assert all(later.recorded_at < earlier.recorded_at for earlier, later in pairwise(events))
    assert commands.load(Notebook, ONE)[0].lines == WORDS


def test_projections_are_told_in_the_order_of_the_events(
    commands: Commands, context: Context, database: Database, codec: Codec
) -> None:
    lines = lines_projection("backwards")
    make_tables(lines, database)
    write_while_the_clock_goes_back(commands, context)
    Reader(database, codec, [lines]).advance_all()
    with database.transaction() as db:
        assert tuple(db.all(str, "select text from backwards.lines order by told")) == WORDS


def test_another_service_is_told_in_the_order_of_the_events(line: Line) -> None:
    write_while_the_clock_goes_back(line.commands, line.context)
    line.tell(line.records(line.written()))
    with line.consuming.transaction() as db:
        assert tuple(db.all(str, f"select text from {line.lines.name}.lines order by told")) == WORDS


def test_a_timer_fires_late_rather_than_never_and_never_twice(
    commands: Commands, context: Context, database: Database, codec: Codec, clock: TurnedClock
) -> None:
    commands.handle(ONE, Open(title="Tuesday"), context)
    began = clock.now()
    reaction = when_opened(
        lambda recorded: [
            Do(recorded.id, Append(text=f"after {hours} h"), at=began + timedelta(hours=hours)) for hours in (1, 3)
        ]
    )
    Reader(database, codec, [reaction]).advance_all()
    agenda = Agenda("notebooks", database, codec, [Append], [], clock, lambda: None)

    def lines_at(hours: float) -> tuple[str, ...]:
        clock.turn(hours * 3600)
        agenda.work()
        return commands.load(Notebook, ONE)[0].lines

    assert lines_at(2) == ("after 1 h",)
    assert lines_at(-24) == ("after 1 h",)  # set back by a day
    assert lines_at(2) == ("after 1 h",)
    assert lines_at(4) == ("after 1 h", "after 3 h")


def test_ids_stay_unique_and_can_be_stored(
    commands: Commands, context: Context, store: PostgresEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They sort by the clock that made them, so only as well as that; nothing else is read from them."""
    nanoseconds = iter(range(2_000_000_000_000_000_000, 0, -1_000_000_000))
    monkeypatch.setattr(time, "time_ns", lambda: next(nanoseconds))
    made = [uuid7() for _ in range(100)]
    assert len(set(made)) == 100
    assert made == sorted(made, reverse=True)
    assert {each.version for each in made} == {7}
    write_while_the_clock_goes_back(commands, context)
    events = store.read_all(BEGINNING, 10)
    assert [event.version for event in events] == [1, 2, 3, 4]
    assert [event.event_id for event in events] == sorted((event.event_id for event in events), reverse=True)
