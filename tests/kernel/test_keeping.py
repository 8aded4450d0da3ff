"""What only guards against repetition is kept for a month; what keeps a thing from being done twice, for ever."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from shared.commands.handler import Commands
from shared.database.pool import Database
from shared.eventstore import keeping
from shared.eventstore.keeping import KEPT, forget_overdue
from shared.eventstore.postgres import PostgresEventStore
from shared.eventstore.store import AlreadyAnswered, NewEvent, Request, Write
from shared.messages.codec import Codec
from shared.messages.decisions import Context
from shared.messages.recorded import BEGINNING, Metadata
from shared.projections.reader import Reader
from shared.reactions.agenda import Agenda
from shared.reactions.reaction import Do
from tests.kernel.conftest import NOW, TurnedClock, at_work
from tests.kernel.notebook import Append, Notebook, Open
from tests.kernel.test_agenda import when_opened
from tests.servers import eventually

WHO = Metadata(actor="member:0190", channel="web", correlation_id=UUID(int=7))
ONE = UUID(int=1)


def ask(store: PostgresEventStore, key: str, days_ago: float) -> None:
    stream = f"meeting-{uuid4()}"
    request = Request("ann", key, "f", "{}")
    store.append(
        [Write(stream, 0, (NewEvent(uuid4(), "fact-noted", 1, "{}"),))], WHO, NOW - timedelta(days=days_ago), request
    )


def test_an_answer_is_kept_for_its_term_and_then_forgotten(store: PostgresEventStore, database: Database) -> None:
    ask(store, "old", KEPT.days + 0.01)
    ask(store, "young", KEPT.days - 0.01)
    assert forget_overdue(database, NOW) == 1
    assert store.answer_to("ann", "old") is None
    with pytest.raises(AlreadyAnswered):
        ask(store, "young", 0)
    ask(store, "old", 0)
    assert len(store.read_all(BEGINNING, 10)) == 3  # events are kept for ever


def test_many_are_forgotten_in_small_batches(
    store: PostgresEventStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "_BATCH", 2)
    for nth in range(5):
        ask(store, f"old-{nth}", 31)
    stops = iter([False, True, True, True])
    assert forget_overdue(database, NOW, lambda: next(stops)) == 2
    assert forget_overdue(database, NOW) == 3


def test_what_was_done_is_emptied_and_still_not_done_again(
    database: Database, codec: Codec, commands: Commands, context: Context, clock: TurnedClock
) -> None:
    commands.handle(ONE, Open(title="Tuesday"), context)
    reaction = when_opened(
        lambda recorded: [
            Do(recorded.id, Append(text="what somebody wrote")),
            Do(recorded.id, Append(text="in a year"), at=clock.now() + timedelta(days=365)),
        ]
    )
    agenda = Agenda("notebooks", database, codec, [Append], [], clock, lambda: None)
    Reader(database, codec, [reaction]).advance_all()
    agenda.work()
    assert forget_overdue(database, clock.now()) == 0
    assert forget_overdue(database, clock.now() + KEPT + timedelta(hours=1)) == 1
    assert forget_overdue(database, clock.now() + KEPT + timedelta(hours=1)) == 0
    with database.transaction() as db:
        details = db.all(str, "select details::text from agenda order by number")
        db.execute("update readers set xid = '0', position = 0")  # told once more, by a mishap
    assert details[0] == "{}"
    assert "in a year" in details[1]  # what is still to be done stays whole
    Reader(database, codec, [reaction]).advance_all()
    agenda.work()
    assert commands.load(Notebook, ONE)[0].lines == ("what somebody wrote",)


def test_the_worker_sees_to_it(store: PostgresEventStore, database: Database, codec: Codec, clock: TurnedClock) -> None:
    ask(store, "old", 31)
    with at_work(Agenda("notebooks", database, codec, [], [], clock, lambda: None)):
        eventually(lambda: store.answer_to("ann", "old") is None, "the old answer is forgotten")
