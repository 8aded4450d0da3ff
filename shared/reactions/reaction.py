"""When this happened, then that: a reaction answers an event with commands, timers and effects.

It changes nothing itself. What it answers is written to the agenda in the transaction that moves its position, under
ids made from the cause and the step, so that a retry does nothing twice.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid5

import msgspec

from shared.database.pool import Database, Transaction
from shared.messages.decisions import Command, State
from shared.messages.recorded import Recorded
from shared.projections.subscriber import Subscriber


class TryAgain(Exception):
    """An effect did not succeed this time; it is tried again later. The text says what was wrong."""


S = TypeVar("S", bound=State)


@dataclass(frozen=True, slots=True)
class Effect(Generic[S]):
    """Something outside the house, such as sending a mail: done at least once, its outcome recorded exactly once.

    `act(id, state, database)` does it and returns the command that records the outcome. `state` is its stream's as
    it is now: a projection may lag behind the event that asked for it. It may read from the database, in
    short transactions of its own that are over before the world is asked: an open one would be ended by the server
    while the world is slow. It raises TryAgain when the world was not ready. `give_up(id, reason)` is the command to
    record when the last of `attempts` failed; the pauses between them double up to an hour.
    """

    name: str
    aggregate: type[S]
    act: Callable[[UUID, S, Database], Command[S]]
    give_up: Callable[[UUID, str], Command[S]]
    attempts: int = 10


@dataclass(frozen=True, slots=True)
class Do:
    """Handle a command, at once or not before `at`. A timer is a command that is due later."""

    id: UUID
    command: Command[Any]
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Perform:
    """Perform an effect for the stream with this id, at once or not before `at`."""

    id: UUID
    effect: Effect[Any]
    at: datetime | None = None


Step = Do | Perform


class Reaction(Subscriber[Iterable[Step]]):
    """`@reaction.on(EventType)` handlers return steps; they may read through `db`, and write nothing.

    One that is new to a database is told of what happens from then on, unless it says `from_the_beginning`: nobody must
    get a letter because of something that happened years ago. Another name makes a new reaction (ADR 0027).
    """

    notes = True

    def __init__(self, name: str, *, from_the_beginning: bool = False) -> None:
        super().__init__(name)
        self.from_the_beginning = from_the_beginning

    def tell(self, recorded: Recorded, db: Transaction) -> None:
        handler = self._handlers.get(type(recorded.event))
        if handler is None:
            return
        for nth, step in enumerate(handler(recorded.event, recorded, db)):
            note(db, f"{self.name}/{nth}", recorded, step)


def note(db: Transaction, name: str, cause: Recorded, step: Step) -> None:
    """Writes one step into the agenda; a step of that name that is there already stays as it is.

    It stays behind what is to be done at once for the same stream and was noted before. By its time alone it would come
    first when the clock went back between the two causes, or when it names a time that is past already; what comes
    before the opening of its stream is refused, and so forgotten.
    """
    match step:
        case Do(command=command):
            stream, action = command.aggregate.stream(step.id), type(command).__name__
            details = msgspec.json.encode(command).decode()
        case Perform(effect=effect):
            stream, action, details = str(step.id), effect.name, "{}"
    db.write(
        "with new (at_once, due_at, stream) as (values (%s::boolean, %s::timestamptz, %s::text))"
        " insert into agenda"
        " (at_once, due_at, stream, id, action, details, causation_id, correlation_id, traceparent)"
        " select at_once, greatest(due_at, (select max(a.due_at) from agenda a"
        " where a.stream = new.stream and a.at_once and a.attempts = 0 and a.done_at is null)),"
        " stream, %s::uuid, %s, %s::json, %s::uuid, %s::uuid, %s from new on conflict (id) do nothing",
        step.at is None,
        step.at or cause.recorded_at,
        stream,
        uuid5(cause.event_id, f"{name}/{stream}/{action}"),
        action,
        details,
        cause.event_id,
        cause.metadata.correlation_id,
        cause.metadata.traceparent,
    )
