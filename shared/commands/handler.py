"""From a command to its events: load the stream, decide, append. The one way in which anything is ever recorded."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar, cast
from uuid import UUID

from shared.eventstore.store import EventStore, NewEvent, Request, VersionConflict, Write
from shared.messages.codec import Codec
from shared.messages.decisions import Command, Context, State
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


@dataclass(frozen=True, slots=True)
class Handled(Generic[S]):
    """What a command came to: the state after it, the stream's version, where to read it (None: nothing changed)."""

    state: S
    version: int
    position: Position | None


class Commands:
    """Handles the commands of one service. Cheap to make; safe to share between threads."""

    def __init__(self, store: EventStore, codec: Codec, appended: Callable[[], None] = lambda: None) -> None:
        """`appended` is called after each successful append: it rings the doorbell."""
        self._store, self._codec, self._appended = store, codec, appended

    def load(self, aggregate: type[S], id: UUID) -> tuple[S, int]:
        """The state of a stream and its version; version 0 when there is none."""
        stored = self._store.read(aggregate.stream(id))
        return fold(aggregate(), (self._codec.decode(each).event for each in stored)), len(stored)

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
        aggregate = cast(type[S], command.aggregate)
        for remaining in reversed(range(attempts)):
            # What creates is nearly always right that nothing is there. When it is not, the append says so, and the
            # stream is loaded after all; so not on the only attempt.
            fresh = command.creates and expected_version is None and 0 < remaining == attempts - 1
            state, version = (aggregate(), 0) if fresh else self.load(aggregate, id)
            if version == 0 and not command.creates:
                raise NotFound(aggregate.category, id)
            if version > 0 and command.creates:
                raise AlreadyExists(f"{aggregate.category} {id} exists already")
            if expected_version is not None and expected_version != version:
                raise VersionConflict(aggregate.stream(id), expected_version, version)
            events = list(command.decide(state, context))
            after = Handled(fold(state, events), version + len(events), None)
            if not events and request is None:
                return after
            try:
                position = self._store.append(
                    [self._write(aggregate.stream(id), version, events)],
                    Metadata.of(context),
                    context.now,
                    request(after) if request else None,
                )
            except VersionConflict:
                if expected_version is not None or not remaining:
                    raise
                continue
            self._appended()
            return Handled(after.state, after.version, position)
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
