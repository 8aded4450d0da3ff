"""The language in which a rule is tested: given what happened, when somebody wishes something, then this.

    given(Meeting, planned(places=1), PlaceTaken(member=ANN, way=Way.ONLINE))
        .when(Reply(member=BEN, answer=Answer.ONLINE))
        .then(WaitingListJoined(member=BEN, way=Way.ONLINE))

Pure: no database, no clock, no random ids. See event-driven-io/emmett, `testing/deciderSpecification.ts`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Final, Generic, TypeVar
from uuid import UUID

from shared.commands.handler import fold
from shared.messages.decisions import Channel, Command, Context, Refused, State
from shared.messages.events import Event

S = TypeVar("S", bound=State)

NOW: Final = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
"""When a command is decided, unless the test says otherwise."""


def given(aggregate: type[S], *events: Event) -> "Given[S]":
    """The stream of one aggregate so far; no events: it does not exist yet."""
    return Given(aggregate, events)


@dataclass(frozen=True, slots=True)
class Given(Generic[S]):
    aggregate: type[S]
    events: tuple[Event, ...]

    def when(
        self,
        command: Command[S],
        *,
        now: datetime = NOW,
        actor: str = "anonymous",
        channel: Channel = Channel.WEB,
        new_ids: Sequence[UUID] | None = None,
    ) -> "Decided":
        """Decides the command. `context.new_id()` gives `new_ids` in order; by default 1, 2, 3 as UUIDs.

        Raises AssertionError when the command could never reach this stream: one that creates needs it to be
        empty, every other one needs it to be there.
        """
        assert command.creates is not bool(self.events), (
            f"{type(command).__name__} {'begins' if command.creates else 'needs'} a stream;"
            f" {len(self.events)} events were given"
        )
        ids: Iterator[UUID] = iter(new_ids) if new_ids is not None else (UUID(int=number) for number in count(1))
        context = Context(now=now, actor=actor, channel=channel, correlation_id=UUID(int=0), new_id=lambda: next(ids))
        try:
            return Decided(tuple(command.decide(fold(self.aggregate(), self.events), context)), None)
        except Refused as refusal:
            return Decided((), refusal)


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of it. A refusal leaves no events, whatever was yielded before it."""

    events: tuple[Event, ...]
    refusal: Refused | None

    def then(self, *expected: Event) -> None:
        """Exactly these events follow, in this order; `then()` says that nothing changes."""
        assert self.refusal is None, f"it was refused: {self.refusal!r}"
        assert self.events == expected

    def refuses(self, code: str) -> None:
        """A rule said no, with this code."""
        assert self.refusal is not None, f"it was not refused; these followed: {self.events}"
        assert self.refusal.code == code, f"it was refused for {self.refusal.code}: {self.refusal.sentence}"
