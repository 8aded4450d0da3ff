"""A community of practice, a working group, or the partnership that holds them: its people and its story."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self
from uuid import UUID

from shared.messages.decisions import Command, Context, Refused, State
from shared.messages.events import Event, MemberId, event


class Kind(StrEnum):
    PARTNERSHIP = "partnership"
    COMMUNITY = "community"
    WORKING_GROUP = "working-group"


class MilestoneKind(StrEnum):
    """What sort of thing a milestone is."""

    EVENT = "event"
    PAPER = "paper"
    BLOG = "blog"
    PROJECT = "project"
    FACT = "fact"
    FIGURE = "figure"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with what it counts: (`submitted`, 2149)."""

    label: str
    value: float


@event("community-founded")
class CommunityFounded:
    name: str
    kind: Kind
    about: str
    aims: tuple[str, ...] = ()
    parent: UUID | None = None
    places: int | None = None
    source: str | None = None


@event("community-joined")
class CommunityJoined:
    member: MemberId


@event("milestone-noted")
class MilestoneNoted:
    """Something that happened, came out or was found.

    `period` is as exact as is known: 2021, 2021-07 or 2021-07-05; None when the source gives no date.
    """

    title: str
    period: str | None = None
    kind: MilestoneKind
    summary: str
    source: str
    figures: tuple[Figure, ...] = ()


class Community(State, category="community"):
    places: int | None = None
    members: frozenset[MemberId] = frozenset()

    def evolve(self, event: Event) -> Self:
        match event:
            case CommunityFounded():
                return replace(self, places=event.places)
            case CommunityJoined():
                return replace(self, members=self.members | {event.member})
        return self


class FoundCommunity(Command[Community]):
    """Begin a community or working group. `places` limits its members; None leaves it open."""

    creates = True

    name: str
    kind: Kind
    about: str
    aims: tuple[str, ...] = ()
    parent: UUID | None = None
    places: int | None = None
    source: str | None = None

    def decide(self, community: Community, context: Context) -> Iterator[Event]:
        yield CommunityFounded(
            name=self.name,
            kind=self.kind,
            about=self.about,
            aims=self.aims,
            parent=self.parent,
            places=self.places,
            source=self.source,
        )


class JoinCommunity(Command[Community]):
    """Add an approved member. Joining twice changes nothing."""

    member: MemberId

    def decide(self, community: Community, context: Context) -> Iterator[Event]:
        if self.member in community.members:
            return
        if community.places is not None and len(community.members) >= community.places:
            raise Refused("group-full", f"This group has {community.places} places and all are taken.")
        yield CommunityJoined(member=self.member)


class NoteMilestone(Command[Community]):
    """Add to the community's story, with a link to where it can be checked."""

    title: str
    period: str | None = None
    kind: MilestoneKind
    summary: str
    source: str
    figures: tuple[Figure, ...] = ()

    def decide(self, community: Community, context: Context) -> Iterator[Event]:
        yield MilestoneNoted(
            title=self.title,
            period=self.period,
            kind=self.kind,
            summary=self.summary,
            source=self.source,
            figures=self.figures,
        )
