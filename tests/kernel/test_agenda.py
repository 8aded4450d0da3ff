"""When this happened, then that: once in effect, when it is due, in order, and never forgotten."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from shared.commands.handler import Commands
from shared.database.pool import Database, Transaction
from shared.eventstore.postgres import PostgresEventStore
from shared.messages.codec import Codec
from shared.messages.decisions import Context
from shared.messages.recorded import BEGINNING, Recorded
from shared.projections.reader import Reader
from shared.reactions.agenda import Agenda
from shared.reactions.reaction import Do, Effect, Perform, Reaction, Step, TryAgain
from shared.telemetry.metrics import REGISTRY
from tests.kernel.conftest import TurnedClock, at_work
from tests.kernel.notebook import Append, Close, LineWritten, Notebook, NotebookOpened, Open, Write
from tests.servers import eventually

ONE, TWO = UUID(int=1), UUID(int=2)
COMMANDS = [Open, Write, Append, Close]


@dataclass
class Post:
    """The world outside: whatever is carried there, and how often it refuses to take it."""

    carried: list[UUID] = field(default_factory=list)
    refusals: int = 0
    after: Callable[[], object] = lambda: None

    @property
    def effect(self) -> Effect[Notebook]:
        return Effect("carry", Notebook, self._act, self._give_up, attempts=3)

    def _give_up(self, id: UUID, reason: str) -> Append:  # noqa: ARG002  # the shape of every effect
        return Append(text=f"given up: {reason}")

    def _act(self, id: UUID, notebook: Notebook, database: Database) -> Append:  # noqa: ARG002
        if self.refusals:
            self.refusals -= 1
            raise TryAgain("the post office is closed")
        self.carried.append(id)
        self.after()
        return Append(text=f"carried after {len(notebook.lines)} lines")


@dataclass
class Desk:
    """One service's reader and agenda, worked by hand."""

    database: Database
    codec: Codec
    clock: TurnedClock
    commands: Commands
    post: Post
    rung: list[None] = field(default_factory=list)

    def agenda(self) -> Agenda:
        return Agenda(
            "notebooks",
            self.database,
            self.codec,
            COMMANDS,
            [self.post.effect],
            self.clock,
            lambda: self.rung.append(None),
        )

    def react(self, reaction: Reaction) -> None:
        Reader(self.database, self.codec, [reaction]).advance_all()

    def work(self) -> int:
        return self.agenda().work()

    @contextmanager
    def failing(self, action: str) -> Iterator[None]:
        """Meanwhile a command cannot be done: no release knows it."""
        rename = "update agenda set action = %s where action = %s and done_at is null"
        with self.database.transaction() as db:
            db.execute(rename, f"no {action}", action)
        yield
        with self.database.transaction() as db:
            db.execute(rename, action, f"no {action}")

    def lines(self, id: UUID = ONE) -> tuple[str, ...]:
        return self.commands.load(Notebook, id)[0].lines

    def entries(self, what: str) -> list[str]:
        with self.database.transaction() as db:
            return db.all(str, f"select {what}::text from agenda order by number")


@pytest.fixture
def desk(database: Database, codec: Codec, clock: TurnedClock, commands: Commands, context: Context) -> Desk:
    commands.handle(ONE, Open(title="Tuesday"), context)
    return Desk(database, codec, clock, commands, Post())


def when_opened(steps: Callable[[Recorded], Iterable[Step]], name: str = "test") -> Reaction:
    """The notebook was opened before the reaction is there."""
    reaction = Reaction(name, from_the_beginning=True)

    @reaction.on(NotebookOpened)
    def _(event: NotebookOpened, recorded: Recorded, db: Transaction) -> Iterable[Step]:
        return steps(recorded)

    return reaction


def begin_again(database: Database) -> None:
    """The reaction's cursor goes back to the beginning, as after a restore or by a mistake."""
    with database.transaction() as db:
        db.execute("update readers set xid = '0', position = 0")


def refused_so_far(action: str) -> float:
    return REGISTRY.get_sample_value("copse_agenda_refused_total", {"action": action}) or 0


class TestAReaction:
    def test_asks_for_a_command_that_is_then_handled(self, desk: Desk) -> None:
        desk.react(when_opened(lambda recorded: [Do(recorded.id, Append(text="welcome"))]))
        assert desk.lines() == ()
        assert desk.work() == 1
        assert desk.lines() == ("welcome",)
        assert desk.entries("outcome") == ["done"]

    def test_that_is_told_twice_does_it_once(self, desk: Desk) -> None:
        reaction = when_opened(lambda recorded: [Do(recorded.id, Append(text="welcome"))])
        desk.react(reaction)
        begin_again(desk.database)
        desk.react(reaction)
        desk.work()
        begin_again(desk.database)
        desk.react(reaction)
        assert desk.work() == 0
        assert desk.lines() == ("welcome",)

    def test_may_give_one_stream_the_same_command_twice(self, desk: Desk) -> None:
        reaction = when_opened(
            lambda recorded: [Do(recorded.id, Append(text="tea")), Do(recorded.id, Append(text="tea"))]
        )
        desk.react(reaction)
        desk.work()
        assert desk.lines() == ("tea", "tea")

    def test_of_another_name_does_its_own(self, desk: Desk) -> None:
        for name in ("one", "other"):
            desk.react(when_opened(lambda recorded: [Do(recorded.id, Append(text="tea"))], name))
        desk.work()
        assert desk.lines() == ("tea", "tea")

    def test_keeps_the_order_of_its_causes_also_when_the_clock_went_back_between_them(
        self, desk: Desk, context: Context
    ) -> None:
        reaction = Reaction("copying", from_the_beginning=True)

        @reaction.on(NotebookOpened)
        def _(event: NotebookOpened, recorded: Recorded, db: Transaction) -> Iterable[Step]:
            return [Do(TWO, Open(title=event.title))]

        @reaction.on(LineWritten)
        def _(event: LineWritten, recorded: Recorded, db: Transaction) -> Iterable[Step]:
            return [Do(TWO, Append(text=event.text))] if recorded.id == ONE else []

        earlier = replace(context, now=context.now - timedelta(hours=1))
        desk.commands.handle(ONE, Append(text="tea"), earlier)
        desk.react(reaction)
        desk.work()
        assert desk.entries("outcome") == ["done", "done"]
        assert desk.lines(TWO) == ("tea",)

    def test_that_fails_notes_nothing(self, desk: Desk) -> None:
        def steps(recorded: Recorded) -> Iterable[Step]:
            yield Do(recorded.id, Append(text="tea"))
            raise ValueError("no more tea")

        desk.react(when_opened(steps))
        assert desk.entries("id") == []
        with desk.database.transaction() as db:
            failure = db.value(str, "select failure from readers where name = 'test'") or ""
        assert failure.startswith("ValueError in tests/kernel/test_agenda.py, line ")
        assert "tea" not in failure

    def test_is_the_cause_of_what_follows(self, desk: Desk, store: PostgresEventStore) -> None:
        desk.react(when_opened(lambda recorded: [Do(recorded.id, Append(text="tea"))]))
        desk.work()
        opened, written = (desk.codec.decode(each) for each in store.read_all(BEGINNING, 10))
        assert written.metadata.causation_id == opened.event_id
        assert written.metadata.correlation_id == opened.metadata.correlation_id
        assert written.metadata.actor == "service:notebooks"

    def test_can_follow_what_it_caused_itself(self, desk: Desk) -> None:
        chain = Reaction("chain", from_the_beginning=True)

        @chain.on(NotebookOpened)
        def _(event: NotebookOpened, recorded: Recorded, db: Transaction) -> Iterable[Step]:
            return [Do(recorded.id, Append(text="1"))]

        @chain.on(LineWritten)
        def _(event: LineWritten, recorded: Recorded, db: Transaction) -> Iterable[Step]:
            return [Do(recorded.id, Append(text=f"{int(event.text) + 1}"))] if int(event.text) < 3 else []

        for _round in range(4):
            desk.react(chain)
            desk.work()
        assert desk.lines() == ("1", "2", "3")

    def test_wakes_the_agenda(self, desk: Desk) -> None:
        rung: list[None] = []
        reaction = when_opened(lambda recorded: [Do(recorded.id, Append(text="tea"))])
        reader = Reader(desk.database, desk.codec, [reaction], lambda: rung.append(None))
        reader.advance_all()
        assert rung
        del rung[:]
        reader.advance_all()
        assert not rung


class TestACommandOnTheAgenda:
    def test_that_a_rule_refuses_is_crossed_out_with_the_reason(self, desk: Desk, context: Context) -> None:
        desk.react(when_opened(lambda recorded: [Do(recorded.id, Append(text="tea"))]))
        desk.commands.handle(ONE, Close(), context)
        desk.work()
        assert desk.entries("outcome") == ["refused: This notebook is closed."]
        assert desk.work() == 0

    def test_for_something_that_is_not_there_is_crossed_out(self, desk: Desk) -> None:
        desk.react(when_opened(lambda _: [Do(TWO, Append(text="tea"))]))
        desk.work()
        assert desk.entries("outcome") == [f"refused: There is no notebook with the id {TWO}."]

    def test_that_creates_what_is_there_is_crossed_out(self, desk: Desk) -> None:
        desk.react(when_opened(lambda _: [Do(ONE, Open(title="again")), Do(TWO, Open(title="other"))]))
        desk.work()
        assert desk.entries("outcome") == [f"refused: notebook {ONE} exists already", "done"]

    def test_that_changes_nothing_is_done(self, desk: Desk, context: Context) -> None:
        desk.commands.handle(ONE, Write(text="tea"), context)
        desk.react(when_opened(lambda recorded: [Do(recorded.id, Write(text="tea"))]))
        desk.work()
        assert desk.entries("outcome") == ["done"]
        assert desk.lines() == ("tea",)

    def test_rings_the_doorbell(self, desk: Desk) -> None:
        desk.react(when_opened(lambda recorded: [Do(recorded.id, Append(text="tea"))]))
        desk.work()
        assert desk.rung

    def test_that_this_release_does_not_know_waits_and_says_so(self, desk: Desk) -> None:
        desk.react(when_opened(lambda recorded: [Do(recorded.id, Append(text="tea"))]))
        with desk.database.transaction() as db:
            db.execute("update agenda set action = 'Burn'")
        desk.work()
        assert desk.entries("last_error") == ["This release does not know Burn: another one noted it."]
        assert desk.entries("done_at is null") == ["true"]

    def test_that_fails_holds_up_those_after_it_for_its_stream_and_no_others(self, desk: Desk) -> None:
        opened = [Do(TWO, Open(title="other")), Do(TWO, Append(text="tea")), Do(TWO, Append(text="milk"))]
        desk.react(when_opened(lambda recorded: [*opened, Do(recorded.id, Append(text="bread"))]))
        with desk.failing("Open"):
            assert desk.work() == 4
            assert desk.lines() == ("bread",)
            assert desk.work() == 0
            assert desk.entries("coalesce(outcome, 'open')") == ["open", "open", "open", "done"]
            assert desk.entries("attempts") == ["1", "0", "0", "0"]
        desk.clock.turn(10)
        while desk.work():
            pass
        assert desk.entries("outcome") == ["done"] * 4
        assert desk.lines(TWO) == ("tea", "milk")

    def test_that_failed_holds_up_what_is_noted_afterwards_for_its_stream_and_no_others(self, desk: Desk) -> None:
        desk.react(when_opened(lambda _: [Do(TWO, Open(title="other"))], "opening"))
        with desk.failing("Open"):
            desk.work()
            desk.react(when_opened(lambda _: [Do(TWO, Append(text="tea")), Do(ONE, Append(text="milk"))], "writing"))
            assert desk.work() == 1
            assert desk.lines() == ("milk",)
        desk.clock.turn(10)
        assert [desk.work(), desk.work()] == [1, 1]
        assert desk.lines(TWO) == ("tea",)

    def test_that_fails_holds_up_no_timer(self, desk: Desk) -> None:
        soon = desk.clock.now() + timedelta(hours=1)
        desk.react(
            when_opened(
                lambda recorded: [
                    Do(recorded.id, Write(text="fails")),
                    Do(recorded.id, Append(text="timer"), at=soon),
                ]
            )
        )
        with desk.failing("Write"):
            desk.work()
            desk.clock.turn(7200)
            assert desk.work() == 2
            assert desk.lines() == ("timer",)

    def test_is_held_up_by_no_timer_that_fails(self, desk: Desk) -> None:
        desk.react(
            when_opened(
                lambda recorded: [
                    Do(recorded.id, Write(text="fails"), at=recorded.recorded_at - timedelta(seconds=1)),
                    Do(recorded.id, Append(text="tea")),
                ]
            )
        )
        with desk.failing("Write"):
            assert desk.work() == 2
            desk.react(when_opened(lambda recorded: [Do(recorded.id, Append(text="milk"))], "later"))
            assert desk.work() == 1
        assert desk.lines() == ("tea", "milk")

    def test_that_is_refused_leaves_its_reason_in_the_log_without_anybodys_words(
        self, desk: Desk, context: Context
    ) -> None:
        desk.react(when_opened(lambda recorded: [Do(recorded.id, Append(text="tea")), Do(TWO, Append(text="tea"))]))
        desk.commands.handle(ONE, Close(), context)
        before = refused_so_far("Append")
        with capture_logs() as logs:
            desk.work()
            desk.work()
        told = {"event": "an entry of the agenda was refused", "log_level": "warning", "service": "notebooks"}
        assert [{key: each[key] for key in (*told, "action", "stream", "reason")} for each in logs] == [
            {**told, "action": "Append", "stream": Notebook.stream(ONE), "reason": "notebook-closed"},
            {**told, "action": "Append", "stream": Notebook.stream(TWO), "reason": "NotFound"},
        ]
        assert refused_so_far("Append") == before + 2

    def test_that_is_refused_holds_up_nobody(self, desk: Desk) -> None:
        desk.react(when_opened(lambda _: [Do(TWO, Append(text="too early")), Do(TWO, Open(title="other"))]))
        desk.work()
        assert desk.entries("left(outcome, 7)") == ["refused", "done"]

    def test_takes_the_stream_before_it_has_a_transaction_id(self, desk: Desk) -> None:
        """Crossed out first, its transaction id would be older than that of a writer it then waits for."""
        desk.react(when_opened(lambda recorded: [Do(recorded.id, Append(text="tea"))]))
        waiting = "select backend_xid::text from pg_stat_activity where wait_event = 'advisory'"

        def ids() -> list[str | None]:
            with desk.database.transaction() as db:
                return list(db.all(str, waiting))

        with desk.database.transaction() as first:
            first.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", Notebook.stream(ONE))
            worker = threading.Thread(target=desk.work)
            worker.start()
            try:
                eventually(ids, "the agenda waits for the stream")
                assert ids() == [None]
            finally:
                first.commit()
                worker.join()
        assert desk.lines() == ("tea",)


class TestATimer:
    @staticmethod
    def in_hours(*hours: float) -> Reaction:
        return when_opened(
            lambda recorded: [
                Do(recorded.id, Append(text=f"after {each} h"), at=recorded.recorded_at + timedelta(hours=each))
                for each in hours
            ]
        )

    @pytest.fixture
    def opened_now(self, desk: Desk, database: Database) -> Desk:
        """The notebook of these tests was opened at this moment, so that the clock stands at zero hours."""
        with database.transaction() as db:
            db.execute("update events set recorded_at = now()")
        return desk

    def test_fires_when_the_clock_says_so_and_not_before(self, opened_now: Desk) -> None:
        opened_now.react(self.in_hours(14))
        opened_now.clock.turn(13.9 * 3600)
        assert opened_now.work() == 0
        opened_now.clock.turn(14.1 * 3600)
        assert opened_now.work() == 1
        assert opened_now.lines() == ("after 14 h",)

    def test_fires_once(self, opened_now: Desk) -> None:
        opened_now.react(self.in_hours(1))
        opened_now.clock.turn(5000)
        opened_now.work()
        opened_now.clock.turn(0)
        opened_now.work()
        opened_now.clock.turn(9000)
        opened_now.work()
        assert opened_now.lines() == ("after 1 h",)

    def test_that_was_missed_fires_late_rather_than_never_and_in_order(self, opened_now: Desk) -> None:
        opened_now.react(self.in_hours(3, 1, 2))
        opened_now.clock.turn(30 * 24 * 3600)
        opened_now.work()
        assert opened_now.lines() == ("after 1 h", "after 2 h", "after 3 h")

    def test_is_not_held_up_by_one_that_is_not_due(self, opened_now: Desk) -> None:
        opened_now.react(self.in_hours(2, 1))
        opened_now.clock.turn(1.5 * 3600)
        opened_now.work()
        assert opened_now.lines() == ("after 1 h",)

    def test_fires_by_itself_when_the_agenda_is_at_work(self, opened_now: Desk) -> None:
        opened_now.react(self.in_hours(1))
        with at_work(opened_now.agenda()):
            opened_now.clock.turn(4000)
            eventually(lambda: opened_now.lines() == ("after 1 h",), "the timer fires")


class TestAnEffect:
    @staticmethod
    def carried(desk: Desk) -> None:
        desk.react(when_opened(lambda recorded: [Perform(recorded.id, desk.post.effect)]))

    def turn(self, desk: Desk, hours: float) -> None:
        desk.clock.turn(hours * 3600)
        desk.work()

    def test_happens_and_is_recorded(self, desk: Desk) -> None:
        self.carried(desk)
        desk.work()
        assert desk.post.carried == [ONE]
        assert desk.lines() == ("carried after 0 lines",)
        assert desk.work() == 0

    def test_that_fails_is_tried_again_later(self, desk: Desk) -> None:
        desk.post.refusals = 1
        self.carried(desk)
        desk.work()
        assert desk.entries("last_error") == ["the post office is closed"]
        assert desk.work() == 0
        self.turn(desk, 1)
        assert desk.post.carried == [ONE]
        assert desk.lines() == ("carried after 0 lines",)

    def test_that_fails_holds_up_no_other_of_its_stream(self, desk: Desk) -> None:
        """Each looks at the stream as it is by then; one that never succeeds must not keep an erasure waiting."""
        desk.post.refusals = 1
        self.carried(desk)
        desk.work()
        desk.react(when_opened(lambda recorded: [Perform(recorded.id, desk.post.effect)], "later"))
        desk.work()
        assert desk.entries("attempts") == ["1", "0"]
        assert desk.post.carried == [ONE]

    def test_whose_sql_fails_tells_no_value(self, desk: Desk) -> None:
        """PostgreSQL quotes what it could not read: here it may be a name."""

        def act(id: UUID, notebook: Notebook, database: Database) -> Append:
            with database.transaction() as db:
                db.execute("select %s::integer", "Ann Lee")
            raise AssertionError("that is no number")

        visit = Effect("visit", Notebook, act, desk.post.effect.give_up)
        desk.react(when_opened(lambda recorded: [Perform(recorded.id, visit)]))
        Agenda("notebooks", desk.database, desk.codec, COMMANDS, [visit], desk.clock, lambda: None).work()
        [reason] = desk.entries("last_error")
        assert reason.startswith("InvalidTextRepresentation in tests/kernel/test_agenda.py, line ")
        assert "Ann" not in reason

    def test_that_keeps_failing_is_given_up_and_that_is_recorded(self, desk: Desk) -> None:
        desk.post.refusals = 99
        self.carried(desk)
        for hours in range(0, 10, 2):
            self.turn(desk, hours)
        assert desk.post.refusals == 96
        assert desk.lines() == ("given up: the post office is closed",)
        assert desk.entries("outcome") == ["done"]

    def test_sees_its_stream_as_it_is_now(self, desk: Desk, context: Context) -> None:
        self.carried(desk)
        desk.commands.handle(ONE, Append(text="tea"), context)
        desk.work()
        assert desk.lines() == ("tea", "carried after 1 lines")

    def test_whose_process_died_before_it_was_recorded_happens_again_and_is_recorded_once(self, desk: Desk) -> None:
        def die() -> None:
            raise SystemExit

        self.carried(desk)
        desk.post.after = die
        with pytest.raises(SystemExit):
            desk.work()
        assert desk.lines() == ()
        desk.post.after = lambda: None
        desk.work()
        assert desk.post.carried == [ONE, ONE]
        assert desk.lines() == ("carried after 0 lines",)
        assert desk.work() == 0

    def test_that_two_processes_perform_at_once_is_recorded_once(self, desk: Desk) -> None:
        """The lock makes one lead; this is what holds when a slow effect outlives its process's lock."""
        self.carried(desk)
        others = iter([desk.agenda()])

        def meanwhile() -> None:
            if other := next(others, None):
                other.work()

        desk.post.after = meanwhile
        desk.work()
        assert desk.lines() == ("carried after 0 lines",)
        assert desk.entries("outcome") == ["done"]

    def test_holds_no_transaction_while_the_world_is_slow(self, desk: Desk) -> None:
        """An open one would hold back every reader, and be ended by the server."""
        open_ones: list[int] = []

        def look() -> None:
            with desk.database.transaction() as db:
                others = "select count(*) from pg_stat_activity where datname = current_database()"
                count = db.value(int, f"{others} and state like 'idle in transaction%%' and pid <> pg_backend_pid()")
                open_ones.append(count or 0)

        desk.post.after = look
        self.carried(desk)
        desk.work()
        assert open_ones == [0]
