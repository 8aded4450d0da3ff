"""From a command to its events: load the stream, decide, append. The one way in which anything is ever recorded."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

import msgspec

from shared.eventstore.store import EventStore, NewEvent, Request, VersionConflict, Write
from shared.messages.codec import Codec
from shared.messages.decisions import Command, Context, State, must_be_in_person
from shared.messages.events import Event
from shared.messages.ids import uuid7
from shared.messages.recorded import Metadata, Position

S = TypeVar("S", bound=State)

_ATTEMPTS = 8


class NotFound(Exception):
    """There is no such stream."""

    def __init__(self, category: str, id: UUID) -> None:
        super().__init__(f"There is no {category} with the id {id}.")


class AlreadyExists(Exception):
    """The stream that a command would begin is there already."""


class Handled(msgspec.Struct, Generic[S], frozen=True):
    """What a command came to: the state after it, the stream's version, where to read it (None: nothing changed)."""

    state: S
    version: int
    position: Position | None


@dataclass(slots=True)
class _Stream(Generic[S]):
    """A stream while commands are decided: as it was loaded, and what is to be added to it."""

    name: str
    state: S
    loaded: int
    added: list[Event] = field(default_factory=list)

    @property
    def version(self) -> int:
        return self.loaded + len(self.added)

    def decide(self, id: UUID, command: Command[S], context: Context) -> None:
        if self.version == 0 and not command.creates:
            raise NotFound(self.state.category, id)
        if self.version > 0 and command.creates:
            raise AlreadyExists(f"{self.state.category} {id} exists already")
        must_be_in_person(command, context)
        events = list(command.decide(self.state, context))
        self.state = fold(self.state, events)
        self.added += events


class Commands:
    """Handles the commands of one service. Cheap to make; safe to share between threads."""

    def __init__(self, store: EventStore, codec: Codec, appended: Callable[[], None] = lambda: None) -> None:
        """`appended` is called after each successful append: it rings the doorbell."""
        self._store, self._codec, self._appended = store, codec, appended

    def load(self, aggregate: type[S], id: UUID) -> tuple[S, int]:
        """The state of a stream and its version; version 0 when there is none."""
        contents = self._store.contents(aggregate.stream(id))
        return fold(aggregate(), map(self._codec.event, contents)), len(contents)

    def handle(
        self,
        id: UUID,
        command: Command[S],
        context: Context,
        *,
        expected_version: int | None = None,
        request: Callable[[Handled[S]], Request] | None = None,
        attempts: int = _ATTEMPTS,
    ) -> Handled[S]:
        """Appends what the command decides.

        With `expected_version` (the caller's If-Match) a conflict is raised; without it the command is decided again
        on the newer state. `request` makes the idempotency row from the outcome; it is stored in the same append.
        Raises NotFound, AlreadyExists, Refused, VersionConflict, RequestInFlight, AlreadyAnswered.
        """

        def as_request(handled: Sequence[Handled[Any]]) -> Request:
            return cast(Callable[[Handled[S]], Request], request)(handled[0])

        [handled] = self._handle([(id, command)], context, expected_version, as_request if request else None, attempts)
        return cast(Handled[S], handled)

    def handle_together(
        self,
        wishes: Sequence[tuple[UUID, Command[Any]]],
        context: Context,
        *,
        request: Callable[[Sequence[Handled[Any]]], Request] | None = None,
        attempts: int = _ATTEMPTS,
    ) -> list[Handled[Any]]:
        """Appends what several commands decide, all of it or nothing: for a rule that spans streams.

        Each decides on its own stream, in the order given; a second one for the same stream sees what the first
        decided. One that decides nothing still holds its stream to the version that it saw. So a rule over two
        streams is two commands, and a conflict on either lets both decide again. Gives for each command the state
        and version of its stream after all of them. Raises as `handle` does.
        """
        return self._handle(wishes, context, None, request, attempts)

    def _handle(
        self,
        wishes: Sequence[tuple[UUID, Command[Any]]],
        context: Context,
        expected_version: int | None,
        request: Callable[[Sequence[Handled[Any]]], Request] | None,
        attempts: int,
    ) -> list[Handled[Any]]:
        for remaining in reversed(range(attempts)):
            # What creates is nearly always right that nothing is there. When it is not, the append says so, and the
            # stream is loaded after all; so not on the only attempt.
            trusting = expected_version is None and 0 < remaining == attempts - 1
            streams: dict[str, _Stream[Any]] = {}
            concerned = []
            for id, command in wishes:
                aggregate = command.aggregate
                name = aggregate.stream(id)
                if name not in streams:
                    fresh = trusting and command.creates
                    streams[name] = _Stream(name, *((aggregate(), 0) if fresh else self.load(aggregate, id)))
                if expected_version is not None and expected_version != streams[name].loaded:
                    raise VersionConflict(name, expected_version, streams[name].loaded)
                streams[name].decide(id, command, context)
                concerned.append(streams[name])
            after = [Handled(stream.state, stream.version, None) for stream in concerned]
            if request is None and not any(stream.added for stream in concerned):
                return after
            try:
                position = self._store.append(
                    [self._write(stream.name, stream.loaded, stream.added) for stream in streams.values()],
                    Metadata.of(context),
                    context.now,
                    request(after) if request else None,
                )
            except VersionConflict:
                if expected_version is not None or not remaining:
                    raise
                continue
            self._appended()
            return [Handled(each.state, each.version, position) for each in after]
        raise AssertionError("a conflict on the last attempt is raised above")

    def _write(self, stream: str, version: int, events: Iterable[Event]) -> Write:
        made = []
        for event in events:
            event_id = uuid7()
            made.append(NewEvent(event_id, *self._codec.encode(event, event_id, stream)))
        return Write(stream, version, tuple(made))


def fold(state: S, events: Iterable[Event]) -> S:
    """The state after the events."""
    for event in events:
        state = state.evolve(event)
    return state
