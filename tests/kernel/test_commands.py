"""From a command to its events: decided on the newest state, recorded whole or not at all."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.commands.handler import AlreadyExists, Commands, Handled, NotFound
from shared.eventstore.memory import MemoryEventStore
from shared.eventstore.postgres import PostgresEventStore
from shared.eventstore.store import AlreadyAnswered, Request, VersionConflict
from shared.messages.codec import Codec
from shared.messages.decisions import Channel, Command, Context, Refused
from shared.messages.events import Event
from shared.messages.recorded import BEGINNING, Position, Stored
from tests.kernel.conftest import NOW
from tests.kernel.notebook import Append, Close, LineWritten, Notebook, Open, Write

ID = UUID(int=1)


class WriteLate(Command[Notebook]):
    """Writes a line; `meanwhile` runs between loading and appending, as another process might."""

    text: str
    meanwhile: Callable[[], object]

    def decide(self, notebook: Notebook, context: Context) -> Iterator[Event]:  # noqa: ARG002
        self.meanwhile()
        if notebook.closed:
            raise Refused("notebook-closed", "This notebook is closed.")
        yield LineWritten(text=f"{len(notebook.lines) + 1}. {self.text}")


def answered(key: str) -> Callable[[Handled[Notebook]], Request]:
    return lambda handled: Request("account:0190", key, "f", f'{{"version": {handled.version}}}')


def test_a_command_that_creates_begins_a_stream(commands: Commands, context: Context) -> None:
    handled = commands.handle(ID, Open(title="Tuesday"), context)
    assert handled.version == 1
    assert handled.position is not None
    assert commands.load(Notebook, ID) == (Notebook(), 1)


def test_a_command_that_creates_is_refused_where_there_is_something(commands: Commands, context: Context) -> None:
    commands.handle(ID, Open(title="Tuesday"), context)
    with pytest.raises(AlreadyExists, match="notebook"):
        commands.handle(ID, Open(title="Wednesday"), context)


def test_every_other_command_needs_something_to_be_there(commands: Commands, context: Context) -> None:
    with pytest.raises(NotFound, match=f"There is no notebook with the id {ID}"):
        commands.handle(ID, Write(text="tea"), context)


def test_a_refusal_records_nothing(commands: Commands, context: Context, store: PostgresEventStore) -> None:
    commands.handle(ID, Open(title="Tuesday"), context)
    commands.handle(ID, Close(), context)
    with pytest.raises(Refused, match="This notebook is closed"):
        commands.handle(ID, Write(text="tea"), context, request=answered("once"))
    assert len(store.read_all(BEGINNING, 10)) == 2
    assert store.answer_to("account:0190", "once") is None


def test_who_when_and_how_go_with_every_event(commands: Commands, codec: Codec, store: PostgresEventStore) -> None:
    cause, correlation = uuid4(), uuid4()
    context = Context(
        now=NOW,
        actor="member:1",
        on_behalf_of="member:2",
        session=cause,
        channel=Channel.PHONE,
        correlation_id=correlation,
        causation_id=cause,
        traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01",
    )
    commands.handle(ID, Open(title="Tuesday"), context)
    [stored] = store.read_all(BEGINNING, 10)
    metadata = codec.decode(stored).metadata
    assert (metadata.actor, metadata.on_behalf_of, metadata.channel) == ("member:1", "member:2", "phone")
    assert (metadata.correlation_id, metadata.causation_id) == (correlation, cause)
    assert metadata.session == cause
    assert metadata.traceparent == context.traceparent
    assert stored.recorded_at == context.now


def test_without_if_match_a_conflict_is_decided_again_on_the_newer_state(commands: Commands, context: Context) -> None:
    commands.handle(ID, Open(title="Tuesday"), context)
    rivals = iter([Append(text="milk"), Append(text="eggs")])

    def meanwhile() -> None:
        if rival := next(rivals, None):
            commands.handle(ID, rival, context)

    handled = commands.handle(ID, WriteLate(text="tea", meanwhile=meanwhile), context)
    assert handled.state.lines == ("milk", "eggs", "3. tea")
    assert handled.version == 4
    assert commands.load(Notebook, ID) == (handled.state, 4)


def test_what_is_decided_again_may_be_refused(commands: Commands, context: Context) -> None:
    commands.handle(ID, Open(title="Tuesday"), context)
    late = WriteLate(text="tea", meanwhile=lambda: commands.handle(ID, Close(), context))
    with pytest.raises(Refused):
        commands.handle(ID, late, context)
    assert commands.load(Notebook, ID)[0].lines == ()


def test_with_if_match_a_conflict_is_the_callers_to_solve(commands: Commands, context: Context) -> None:
    commands.handle(ID, Open(title="Tuesday"), context)
    late = WriteLate(text="tea", meanwhile=lambda: commands.handle(ID, Append(text="milk"), context))
    with pytest.raises(VersionConflict):
        commands.handle(ID, late, context, expected_version=1)
    assert commands.load(Notebook, ID)[0].lines == ("milk",)


@pytest.mark.parametrize("expected", [0, 1, 3])
def test_a_stale_if_match_is_told_before_anything_is_decided(
    commands: Commands, context: Context, expected: int
) -> None:
    commands.handle(ID, Open(title="Tuesday"), context)
    commands.handle(ID, Close(), context)
    with pytest.raises(VersionConflict) as conflict:
        commands.handle(ID, Write(text="tea"), context, expected_version=expected)
    assert conflict.value.actual == 2


def test_a_command_that_always_comes_late_gives_up(commands: Commands, context: Context) -> None:
    commands.handle(ID, Open(title="Tuesday"), context)
    late = WriteLate(text="tea", meanwhile=lambda: commands.handle(ID, Append(text="milk"), context))
    with pytest.raises(VersionConflict):
        commands.handle(ID, late, context, attempts=3)
    assert commands.load(Notebook, ID)[0].lines == ("milk",) * 3


def test_a_command_that_changes_nothing_records_nothing(
    store: PostgresEventStore, codec: Codec, context: Context
) -> None:
    rung: list[None] = []
    commands = Commands(store, codec, lambda: rung.append(None))
    commands.handle(ID, Open(title="Tuesday"), context)
    commands.handle(ID, Write(text="tea"), context)
    handled = commands.handle(ID, Write(text="tea"), context)
    assert (handled.version, handled.position) == (2, None)
    assert len(rung) == 2


def test_the_answer_is_stored_with_the_events_and_given_again(
    commands: Commands, context: Context, store: PostgresEventStore
) -> None:
    commands.handle(ID, Open(title="Tuesday"), context)
    handled = commands.handle(ID, Append(text="tea"), context, request=answered("once"))
    with pytest.raises(AlreadyAnswered) as before:
        commands.handle(ID, Append(text="tea"), context, request=answered("once"))
    assert before.value.answer.response == '{"version": 2}'
    assert before.value.answer.position == handled.position
    assert commands.load(Notebook, ID)[1] == 2


def test_the_answer_of_a_command_that_changed_nothing_is_kept_too(commands: Commands, context: Context) -> None:
    commands.handle(ID, Open(title="Tuesday"), context)
    commands.handle(ID, Write(text="tea"), context)
    assert commands.handle(ID, Write(text="tea"), context, request=answered("once")).version == 2
    commands.handle(ID, Append(text="milk"), context)
    with pytest.raises(AlreadyAnswered) as before:
        commands.handle(ID, Write(text="tea"), context, request=answered("once"))
    assert before.value.answer.response == '{"version": 2}'


def test_an_answer_made_before_a_conflict_is_made_again(commands: Commands, context: Context) -> None:
    commands.handle(ID, Open(title="Tuesday"), context)
    rivals = iter([Append(text="milk")])

    def meanwhile() -> None:
        if rival := next(rivals, None):
            commands.handle(ID, rival, context)

    commands.handle(ID, WriteLate(text="tea", meanwhile=meanwhile), context, request=answered("once"))
    with pytest.raises(AlreadyAnswered) as before:
        commands.handle(ID, Append(text="tea"), context, request=answered("once"))
    assert before.value.answer.response == '{"version": 3}'


def test_many_writers_of_one_notebook_lose_no_line(commands: Commands, context: Context) -> None:
    commands.handle(ID, Open(title="Tuesday"), context)

    def write(writer: int) -> None:
        for nth in range(10):
            while True:
                try:
                    commands.handle(ID, Append(text=f"{writer}.{nth}"), context)
                    break
                except VersionConflict:
                    continue  # eight rivals may win eight times in a row

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    notebook, version = commands.load(Notebook, ID)
    assert version == 41
    assert sorted(notebook.lines) == sorted(f"{writer}.{nth}" for writer in range(4) for nth in range(10))
    assert [line for line in notebook.lines if line.startswith("0.")] == [f"0.{nth}" for nth in range(10)]


def test_commands_do_not_care_which_store_they_stand_on(codec: Codec, context: Context) -> None:
    commands = Commands(MemoryEventStore(), codec)
    commands.handle(ID, Open(title="Tuesday"), context)
    assert commands.handle(ID, Write(text="tea"), context, expected_version=1).state.lines == ("tea",)


OTHER = UUID(int=2)


class TestCommandsTogether:
    """One transaction over several streams: all or nothing, decided again when any of them moved."""

    @pytest.fixture(autouse=True)
    def two_notebooks(self, commands: Commands, context: Context) -> None:
        commands.handle(ID, Open(title="Tuesday"), context)
        commands.handle(OTHER, Open(title="Wednesday"), context)

    @staticmethod
    def lines(commands: Commands) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return commands.load(Notebook, ID)[0].lines, commands.load(Notebook, OTHER)[0].lines

    def test_are_recorded_in_one_transaction(
        self, commands: Commands, context: Context, store: PostgresEventStore
    ) -> None:
        handled = commands.handle_together([(ID, Append(text="tea")), (OTHER, Append(text="milk"))], context)
        assert self.lines(commands) == (("tea",), ("milk",))
        assert [(each.version, each.state.lines) for each in handled] == [(2, ("tea",)), (2, ("milk",))]
        one, other = store.read_all(BEGINNING, 10)[-2:]
        assert one.position.xid == other.position.xid
        assert {each.position for each in handled} == {other.position}

    @pytest.mark.parametrize("refused_first", [True, False])
    def test_record_nothing_when_one_is_refused(
        self, commands: Commands, context: Context, refused_first: bool
    ) -> None:
        commands.handle(OTHER, Close(), context)
        wishes = [(ID, Append(text="tea")), (OTHER, Append(text="milk"))]
        with pytest.raises(Refused):
            commands.handle_together(wishes[::-1] if refused_first else wishes, context)
        assert self.lines(commands) == ((), ())

    def test_record_nothing_when_one_stream_is_not_there(self, commands: Commands, context: Context) -> None:
        with pytest.raises(NotFound):
            commands.handle_together([(ID, Append(text="tea")), (UUID(int=3), Append(text="milk"))], context)
        assert self.lines(commands) == ((), ())

    @pytest.mark.parametrize("moved", [ID, OTHER])
    def test_are_all_decided_again_when_one_stream_moved(
        self, commands: Commands, context: Context, moved: UUID
    ) -> None:
        rivals = iter([Append(text="eggs")])

        def meanwhile() -> None:
            if rival := next(rivals, None):
                commands.handle(moved, rival, context)

        wishes = [
            (ID, WriteLate(text="tea", meanwhile=meanwhile)),
            (OTHER, WriteLate(text="milk", meanwhile=meanwhile)),
        ]
        commands.handle_together(wishes, context)
        both = (("eggs", "2. tea"), ("1. milk",)) if moved == ID else (("1. tea",), ("eggs", "2. milk"))
        assert self.lines(commands) == both

    def test_hold_a_stream_that_they_only_looked_at(self, commands: Commands, context: Context) -> None:
        """`Write` of a line that is there decides nothing. The notebook closes meanwhile, so all is refused."""
        commands.handle(ID, Write(text="tea"), context)
        late = WriteLate(text="milk", meanwhile=lambda: commands.handle(ID, Close(), context))
        with pytest.raises(Refused):
            commands.handle_together([(ID, Write(text="tea")), (OTHER, late)], context)
        assert self.lines(commands) == (("tea",), ())

    def test_for_one_stream_see_each_other(self, commands: Commands, context: Context) -> None:
        handled = commands.handle_together([(ID, Append(text="tea")), (ID, Write(text="tea")), (ID, Close())], context)
        assert commands.load(Notebook, ID) == (Notebook(closed=True, lines=("tea",)), 3)
        assert [each.version for each in handled] == [3, 3, 3]

    def test_may_create_one_stream_and_change_another(self, commands: Commands, context: Context) -> None:
        new = UUID(int=3)
        commands.handle_together([(new, Open(title="Thursday")), (ID, Append(text="see Thursday"))], context)
        assert commands.load(Notebook, new)[1] == 1
        with pytest.raises(AlreadyExists):
            commands.handle_together([(ID, Append(text="again")), (new, Open(title="Thursday"))], context)
        assert commands.load(Notebook, ID)[0].lines == ("see Thursday",)

    def test_are_answered_once(self, commands: Commands, context: Context) -> None:
        def asked(handled: Sequence[Handled[Notebook]]) -> Request:
            return Request("account:0190", "once", "f", f"[{handled[0].version}, {handled[1].version}]")

        wishes = [(ID, Append(text="tea")), (OTHER, Append(text="milk"))]
        commands.handle_together(wishes, context, request=asked)
        with pytest.raises(AlreadyAnswered) as before:
            commands.handle_together(wishes, context, request=asked)
        assert before.value.answer.response == "[2, 2]"
        assert self.lines(commands) == (("tea",), ("milk",))

    def test_of_two_who_take_them_in_turn_both_come_through(self, commands: Commands, context: Context) -> None:
        def write(wishes: list[tuple[UUID, Append]]) -> None:
            for _ in range(10):
                while True:
                    try:
                        commands.handle_together(wishes, context)
                        break
                    except VersionConflict:
                        continue

        wishes = [(ID, Append(text="tea")), (OTHER, Append(text="milk"))]
        threads = [threading.Thread(target=write, args=(each,)) for each in (wishes, wishes[::-1])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert self.lines(commands) == (("tea",) * 20, ("milk",) * 20)


class CountingStore(MemoryEventStore):
    """Counts how often a stream is read by its readers (not by its own appends)."""

    def __init__(self) -> None:
        super().__init__()
        self.appending, self.asked = False, 0

    def read(self, stream: str, after_version: int = 0) -> list[Stored]:
        self.asked += not self.appending
        return super().read(stream, after_version)

    def append(self, *details: Any, **more: Any) -> Position | None:
        self.appending = True
        try:
            return super().append(*details, **more)
        finally:
            self.appending = False


def test_what_is_created_is_not_looked_for_before(codec: Codec, context: Context) -> None:
    store = CountingStore()
    commands = Commands(store, codec)
    commands.handle(ID, Open(title="Tuesday"), context)
    assert store.asked == 0
    for attempts in (8, 1):
        with pytest.raises(AlreadyExists):
            commands.handle(ID, Open(title="Wednesday"), context, attempts=attempts)
    assert len(store.read_all(BEGINNING, 10)) == 1
