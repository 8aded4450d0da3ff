"""What notifications reads of meetings: what an invitation says, and who has a place."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from shared.messages.events import Instant, MemberId, Personal, Sealed, event


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    id: UUID
    name: Annotated[str, Sealed(of="id")]
    topic: str | None = None


@event("meeting-planned")
class MeetingPlanned:
    community: UUID
    title: str
    about: str
    starts_at: Instant
    ends_at: Instant
    venue: str | None = None
    online_link: str | None = None
    phone_number: str | None = None
    speakers: tuple[Speaker, ...] = ()


@event("place-taken")
class PlaceTaken:
    """`way` is in-person, online or by-phone."""

    member: MemberId
    way: str


@event("waiting-list-joined")
class WaitingListJoined:
    member: MemberId
    way: str


@event("way-changed")
class WayChanged:
    member: MemberId
    way: str


@event("place-given-up")
class PlaceGivenUp:
    member: MemberId


@event("waiting-list-left")
class WaitingListLeft:
    member: MemberId


@dataclass(frozen=True, slots=True)
class Flag:
    id: UUID


@dataclass(frozen=True, slots=True)
class Flagged:
    flags: tuple[Flag, ...]


@event("arrangements-flagged")
class ArrangementsFlagged:
    """All that is to be arranged for the member whose stream this is. `flagged` is a `Flagged` (`read_evenly`)."""

    meeting: UUID
    flagged: Personal[str | None]


@event("arrangements-dropped")
class ArrangementsDropped:
    meeting: UUID


@dataclass(frozen=True, slots=True)
class Said:
    """`note` says how it is arranged, or why it cannot be."""

    arrangement: str
    note: str | None = None


@event("arrangement-made")
class ArrangementMade:
    """`said` is a `Said` (`read_evenly`), here and below."""

    meeting: UUID
    arrangement: UUID
    said: Personal[str | None]


@event("arrangement-met")
class ArrangementMet:
    meeting: UUID


@event("arrangement-not-met")
class ArrangementNotMet:
    meeting: UUID
    arrangement: UUID
    said: Personal[str | None]


@event("reply-declined")
class ReplyDeclined:
    member: MemberId
