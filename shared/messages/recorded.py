"""An event that has been recorded, as text (`Stored`) and as an object (`Recorded`).

These are msgspec's structs, not dataclasses: every reader makes one of each per event, and a frozen dataclass takes ten
times as long to make.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from shared.messages.decisions import Context, id_of
from shared.messages.events import Event


class Position(NamedTuple):
    """Where an event stands in its service's event table.

    Ordered by transaction first: below the snapshot horizon nothing can appear before it any more, whereas `number`
    alone is handed out before commit and would let a reader skip what commits late.
    """

    xid: int
    number: int

    def __str__(self) -> str:
        return f"{self.xid}.{self.number}"

    @classmethod
    def parse(cls, text: str) -> "Position":
        """Raises ValueError when the text is not `<xid>.<number>`."""
        xid, number = text.split(".")
        return cls(int(xid), int(number))


BEGINNING = Position(0, 0)


class Metadata(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Who and why: the same for all events of one command."""

    actor: str
    channel: str
    correlation_id: UUID
    on_behalf_of: str | None = None
    session: UUID | None = None
    causation_id: UUID | None = None
    traceparent: str | None = None

    @classmethod
    def of(cls, context: Context) -> "Metadata":
        return cls(
            actor=context.actor,
            channel=str(context.channel),
            correlation_id=context.correlation_id,
            on_behalf_of=context.on_behalf_of,
            session=context.session,
            causation_id=context.causation_id,
            traceparent=context.traceparent,
        )


_READ_METADATA = msgspec.json.Decoder(Metadata)


class Stored(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A row of the event table or a record of a topic: the event still as JSON, personal fields sealed."""

    position: Position
    event_id: UUID
    stream: str
    version: int
    type: str
    schema_version: int
    data: str
    metadata: str
    recorded_at: datetime


class Content(msgspec.Struct, frozen=True, gc=False):
    """What an event says, as it is stored, without who and when: all that a state is folded from."""

    stream: str
    event_id: str
    type: str
    schema_version: int
    data: str


class Recorded(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a handler is told beside the event itself. `position` is that of the service that recorded it."""

    event: Event
    event_id: UUID
    stream: str
    version: int
    position: Position
    who: Metadata | str | msgspec.Raw
    """The metadata, or its JSON: most handlers never ask."""
    recorded_at: datetime

    @property
    def metadata(self) -> Metadata:
        """Raises msgspec.ValidationError when it is none."""
        return self.who if isinstance(self.who, Metadata) else _READ_METADATA.decode(self.who)

    @property
    def id(self) -> UUID:
        """The id in the stream's name: the meeting, the member, the request."""
        return id_of(self.stream)


class Unread(Recorded, frozen=True, kw_only=True, gc=False, array_like=True):
    """An event as read_page.sql gives it: `event` is still JSON, until `Codec.read` puts the event in its place.

    It is made once and becomes what a handler is told: a row, then a `Stored`, then a `Recorded` took longer than the
    rest of a rebuild.
    """

    event: msgspec.Raw
    who: msgspec.Raw
    type: str
    schema_version: int


class Page(NamedTuple):
    """Some events of a service's table: those of the types that were asked for."""

    events: list[Unread]
    end: Position
    """How far was looked: the place of the last event, of whatever type."""
    full: bool
    """Whether there may be more behind it."""


_READ_EVENTS = msgspec.json.Decoder(list[Unread])


def page_of(lines: Sequence[str], after: Position, limit: int) -> Page:
    """What the lines of read_page.sql say, of which there may be `limit`."""
    events = _READ_EVENTS.decode(f"[{','.join([line for line in lines if line[0] == '['])}]")
    if not lines:
        end = after
    elif lines[-1][0] == "[":
        end = events[-1].position
    else:
        end = Position.parse(lines[-1])
    return Page(events, end, len(lines) == limit)
