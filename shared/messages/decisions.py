"""State, command and refusal: how a rule of the domain is written.

A state is the fold of its stream; a command carries its data and its rule. Both are pure: the clock, the actor and
new ids come in the `Context`. See the decider pattern (J. Chassaing; event-driven-io/emmett, `typing/decider.ts`).
"""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, cast, dataclass_transform, get_args, get_origin
from uuid import UUID

from shared.messages.events import Event
from shared.messages.ids import uuid7


class Channel(StrEnum):
    """How a contribution reached us. Every contribution counts alike, whatever its channel."""

    WEB = "web"
    EMAIL = "email"
    PHONE = "phone"
    POST = "post"
    IN_PERSON = "in-person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a decision may know besides its stream.

    `actor` is opaque: `member:<uuid>`, `account:<uuid>`, `service:<name>` or `anonymous`. `on_behalf_of` is the member
    for whom a coordinator acts, `member:<uuid>`, and `session` the assisted session in which she does.
    """

    now: datetime
    actor: str
    correlation_id: UUID
    on_behalf_of: str | None = None
    session: UUID | None = None
    channel: Channel = Channel.WEB
    causation_id: UUID | None = None
    traceparent: str | None = None
    new_id: Callable[[], UUID] = uuid7


class Refused(Exception):
    """A rule says no. `code` is stable and for programs; `sentence` says to a person what was wrong and what to do."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


@dataclass_transform(frozen_default=True, kw_only_default=True)
class State:
    """What the events of one stream amount to. Every field has a default: the state before the first event.

    A `confined` one never leaves its service: its events are in the event table and in no topic, no listing and no
    export. They need a module of their own.
    """

    category: ClassVar[str]
    confined: ClassVar[bool] = False

    def __init_subclass__(cls, category: str, confined: bool = False) -> None:
        cls.category, cls.confined = category, confined
        dataclass(frozen=True, kw_only=True)(cls)

    def evolve(self, event: Event) -> Self:
        """The state after one more event. Never refuses: what was recorded has happened."""
        raise NotImplementedError

    @classmethod
    def stream(cls, id: UUID) -> str:
        """The name of one stream of this kind: `meeting-0190a1b2-...`."""
        return f"{cls.category}-{id}"


if TYPE_CHECKING:
    from dataclasses import replace as replace  # of this one mypy knows which fields there are
else:

    def replace(old, /, **changes):
        """What `dataclasses.replace` does, for a state in half of its time: a fold makes one for each event."""
        if not isinstance(old, State):
            return dataclasses.replace(old, **changes)
        new = object.__new__(type(old))
        fields = new.__dict__
        fields |= old.__dict__
        fields |= changes
        if len(fields) != len(old.__dict__):
            raise TypeError(f"{type(old).__name__} has no {', '.join(fields.keys() - old.__dict__.keys())}")
        return new


S = TypeVar("S", bound=State)


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Command(Generic[S]):
    """A wish with its rule. `class ReplyYes(Command[Meeting]): ...`

    `creates` is true for the command that begins a stream; every other one needs the stream to be there.
    `in_person_only` is true for what nobody may do on behalf of another, whoever asked her to.
    """

    creates: ClassVar[bool] = False
    in_person_only: ClassVar[bool] = False
    aggregate: ClassVar[type[State]]

    def __init_subclass__(cls) -> None:
        for base in getattr(cls, "__orig_bases__", ()):
            if get_origin(base) is Command:
                cls.aggregate = cast(type[State], get_args(base)[0])
        dataclass(frozen=True, kw_only=True)(cls)

    def decide(self, state: S, context: Context) -> Iterator[Event]:
        """The events that follow, in order; none when nothing changes. Raises Refused when a rule says no."""
        raise NotImplementedError


def must_be_in_person(command: Command[Any] | type[Command[Any]], context: Context) -> None:
    """Raises Refused for what nobody may do on behalf of another. For a command that is decided within another, too."""
    if command.in_person_only and context.on_behalf_of:
        raise Refused(
            "only-in-person",
            "Nobody can do this for somebody else. She does it herself, or you note under your name what she said.",
        )


@lru_cache(maxsize=4096)  # a stream is asked for with each of its events
def id_of(stream: str) -> UUID:
    """The id in a stream's name: a uuid is always its last 36 characters."""
    return UUID(stream[-36:])


def category_of(stream: str) -> str:
    """The kind of aggregate in a stream's name: what stands before its id."""
    return stream[:-37]
