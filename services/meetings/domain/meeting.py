"""A meeting of a community: when and where it is, who speaks, who comes and who waits for a place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from shared.messages.decisions import Command, Context, Refused, State, replace
from shared.messages.events import Event, Instant, MemberId, Sealed, event


class Way(StrEnum):
    """How somebody takes part. No way is worth less than another: all take one of the same places."""

    IN_PERSON = "in-person"
    ONLINE = "online"
    BY_PHONE = "by-phone"


class Answer(StrEnum):
    """What a member can answer to an invitation: a way of taking part, or no."""

    IN_PERSON = "in-person"
    ONLINE = "online"
    BY_PHONE = "by-phone"
    NO = "no"


WAITING = "waiting-list"
"""How a reply reads while the meeting is full. A member cannot ask for it: it comes of a wish for a place."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Somebody who speaks, a member or not. `id` is hers alone, so that her name can be erased everywhere."""

    id: UUID
    name: Annotated[str, Sealed(of="id")]
    topic: str


@event("meeting-planned")
class MeetingPlanned:
    """`places` counts everybody, in whatever way she comes; None when there is no limit, or none is known.

    `source` is where a public meeting can be checked; only a record of one may lie in the past.
    """

    community: UUID
    title: str
    about: str
    starts_at: Instant
    ends_at: Instant
    places: int | None = None
    venue: str | None = None
    online_link: str | None = None
    phone_number: str | None = None
    speakers: tuple[Speaker, ...] = ()
    source: str | None = None


@event("place-taken")
class PlaceTaken:
    member: MemberId
    way: Way


@event("waiting-list-joined")
class WaitingListJoined:
    member: MemberId
    way: Way


@event("way-changed")
class WayChanged:
    """She comes in another way and keeps her place, or her turn on the waiting list."""

    member: MemberId
    way: Way


@event("place-given-up")
class PlaceGivenUp:
    member: MemberId


@event("waiting-list-left")
class WaitingListLeft:
    member: MemberId


@event("reply-declined")
class ReplyDeclined:
    """She cannot come, and held neither a place nor a turn on the waiting list."""

    member: MemberId


class Meeting(State, category="meeting"):
    """`waiting` is in the order of joining."""

    starts_at: datetime | None = None
    places: int | None = None
    coming: Mapping[MemberId, Way] = field(default_factory=dict)
    waiting: Mapping[MemberId, Way] = field(default_factory=dict)
    declined: frozenset[MemberId] = frozenset()

    def evolve(self, event: Event) -> Self:
        match event:
            case MeetingPlanned():
                return replace(self, starts_at=event.starts_at, places=event.places)
            case PlaceTaken(member=member, way=way):
                return replace(
                    self,
                    coming={**self.coming, member: way},
                    waiting=_without(self.waiting, member),
                    declined=self.declined - {member},
                )
            case WaitingListJoined(member=member, way=way):
                return replace(self, waiting={**self.waiting, member: way}, declined=self.declined - {member})
            case WayChanged(member=member, way=way) if member in self.coming:
                return replace(self, coming={**self.coming, member: way})
            case WayChanged(member=member, way=way):
                return replace(self, waiting={**self.waiting, member: way})
            case PlaceGivenUp() | WaitingListLeft() | ReplyDeclined():
                return replace(
                    self,
                    coming=_without(self.coming, event.member),
                    waiting=_without(self.waiting, event.member),
                    declined=self.declined | {event.member},
                )
        return self

    @property
    def full(self) -> bool:
        return self.places is not None and len(self.coming) >= self.places

    def open(self, now: datetime) -> bool:
        """Whether it still takes replies: until it begins. A record of a past meeting never does."""
        return self.starts_at is not None and now < self.starts_at

    def reply_of(self, member: MemberId) -> str | None:
        """What somebody's reply has come to: an answer, `waiting-list`, or None when she has not replied."""
        if member in self.waiting:
            return WAITING
        if member in self.declined:
            return Answer.NO
        return self.coming.get(member)


class PlanMeeting(Command[Meeting]):
    """Fix a meeting, and so open it for replies; or put a past public one on record, with its source."""

    creates = True

    community: UUID
    title: str
    about: str
    starts_at: datetime
    ends_at: datetime
    places: int | None = None
    venue: str | None = None
    online_link: str | None = None
    phone_number: str | None = None
    speakers: tuple[Speaker, ...] = ()
    source: str | None = None

    def decide(self, meeting: Meeting, context: Context) -> Iterator[Event]:
        if self.ends_at <= self.starts_at:
            raise Refused("ends-before-it-starts", "A meeting ends after it starts. Change one of the two times.")
        if self.starts_at <= context.now and self.source is None:
            raise Refused(
                "meeting-in-the-past",
                "A meeting cannot be planned in the past. To put a past public meeting on record,"
                " give the link where it can be checked as its source.",
            )
        yield MeetingPlanned(
            community=self.community,
            title=self.title,
            about=self.about,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            places=self.places,
            venue=self.venue,
            online_link=self.online_link,
            phone_number=self.phone_number,
            speakers=self.speakers,
            source=self.source,
        )


class Reply(Command[Meeting]):
    """Say how one takes part, or that one cannot come. A newer reply replaces an older one."""

    member: MemberId
    answer: Answer

    def decide(self, meeting: Meeting, context: Context) -> Iterator[Event]:
        if not meeting.open(context.now):
            raise Refused("meeting-not-open", "This meeting has begun or is over, so it takes no more replies.")
        if self.answer is Answer.NO:
            yield from self._no(meeting)
        else:
            yield from self._yes(meeting, Way(self.answer))

    def _yes(self, meeting: Meeting, way: Way) -> Iterator[Event]:
        wanted = meeting.coming.get(self.member) or meeting.waiting.get(self.member)
        if wanted is None:
            yield (WaitingListJoined if meeting.full else PlaceTaken)(member=self.member, way=way)
        elif wanted is not way:
            yield WayChanged(member=self.member, way=way)

    def _no(self, meeting: Meeting) -> Iterator[Event]:
        """A freed place goes to the first on the waiting list in the same decision, so that nobody can slip in."""
        if self.member in meeting.coming:
            yield PlaceGivenUp(member=self.member)
            for first, way in list(meeting.waiting.items())[:1]:
                yield PlaceTaken(member=first, way=way)
        elif self.member in meeting.waiting:
            yield WaitingListLeft(member=self.member)
        elif self.member not in meeting.declined:
            yield ReplyDeclined(member=self.member)


def _without(ways: Mapping[MemberId, Way], member: MemberId) -> Mapping[MemberId, Way]:
    rest = dict(ways)
    rest.pop(member, None)
    return rest
