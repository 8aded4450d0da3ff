"""From a command to its events: decided on the newest state, recorded whole or not at all."""

import threading
from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import pytest

from shared.commands.handler import AlreadyExists, Commands, Handled, NotFound
from shared.eventstore.memory import MemoryEventStore
from shared.eventstore.postgres import PostgresEventStore
from shared.eventstore.store import AlreadyAnswered, Request, VersionConflict
from shared.messages.codec import Codec
from shared.messages.decisions import Channel, Command, Context, Refused
from shared.messages.events import Event
from shared.messages.recorded import BEGINNING
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
