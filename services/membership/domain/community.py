"""A community of practice, a working group, or the partnership that holds them: its people and its story.

Terms, roles and training in a working group are in `working_group.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Self
from uuid import UUID

from shared.messages.decisions import Command, Context, Refused, State, replace
from shared.messages.events import Event, Fields, MemberId, event


class Kind(StrEnum):
    PARTNERSHIP = "partnership"
    COMMUNITY = "community"
    WORKING_GROUP = "working-group"


class Privacy(StrEnum):
    """Who sees it, and how one gets in."""

    OPEN = "open"
    """Everybody sees it; every member may join."""
    RESTRICTED = "restricted"
    """Everybody sees it; who wants to join asks."""
    PRIVATE = "private"
    """Everybody sees that it is there; what it does is for its members. Who wants to join asks."""
    CONFIDENTIAL = "confidential"
    """Nobody but its members and the coordinators knows of it; it is joined by invitation alone."""


class GroupRole(StrEnum):
    """A task that somebody has in a working group."""

    LAY_LEAD = "lay-lead"
    CHAIR = "chair"
    CO_CHAIR = "co-chair"
    MENTOR = "mentor"


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


def _with_privacy(fields: Fields) -> Fields:
    """Version 1 knew no privacy: everybody saw everything, and working groups were joined by invitation."""
    return {**fields, "privacy": "restricted" if fields["kind"] == "working-group" else "open"}


@event("community-founded", version=2, upcasters=(_with_privacy,))
class CommunityFounded:
    name: str
    kind: Kind
    about: str
    aims: tuple[str, ...] = ()
    parent: UUID | None = None
    places: int | None = None
    source: str | None = None
    privacy: Privacy


@event("community-described")
class CommunityDescribed:
    """What it is about and what it wants, from now on."""

    about: str
    aims: tuple[str, ...]


@event("privacy-changed")
class PrivacyChanged:
    privacy: Privacy


@event("joining-asked")
class JoiningAsked:
    """A member would like to join; a facilitator or coordinator answers."""

    member: MemberId


@event("joining-declined")
class JoiningDeclined:
    member: MemberId


@event("community-joined")
class CommunityJoined:
    member: MemberId


@event("community-left")
class CommunityLeft:
    """She belongs no more, or takes back that she asked to. Her role, her term and her facilitating end with it."""

    member: MemberId


@event("facilitator-appointed")
class FacilitatorAppointed:
    member: MemberId


@event("facilitator-stood-down")
class FacilitatorStoodDown:
    member: MemberId


@event("term-set")
class TermSet:
    """From when to when she has agreed to serve in the working group, both days included. None: no end agreed."""

    member: MemberId
    starts_on: date
    ends_on: date | None = None


@event("role-given")
class RoleGiven:
    member: MemberId
    role: GroupRole


@event("role-ended")
class RoleEnded:
    member: MemberId
    role: GroupRole


@event("training-done")
class TrainingDone:
    """A course that she took for the group's work, such as the council's one-day course."""

    member: MemberId
    training: str
    done_on: date


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
    kind: Kind = Kind.COMMUNITY
    privacy: Privacy = Privacy.OPEN
    about: str = ""
    aims: tuple[str, ...] = ()
    places: int | None = None
    members: frozenset[MemberId] = frozenset()
    asking: frozenset[MemberId] = frozenset()
    facilitators: frozenset[MemberId] = frozenset()
    roles: frozenset[tuple[MemberId, GroupRole]] = frozenset()
    terms: Mapping[MemberId, tuple[date, date | None]] = field(default_factory=dict)

    def evolve(self, event: Event) -> Self:
        match event:
            case CommunityFounded():
                return replace(
                    self,
                    kind=event.kind,
                    privacy=event.privacy,
                    about=event.about,
                    aims=event.aims,
                    places=event.places,
                )
            case CommunityDescribed():
                return replace(self, about=event.about, aims=event.aims)
            case PrivacyChanged():
                return replace(self, privacy=event.privacy)
            case JoiningAsked(member=member):
                return replace(self, asking=self.asking | {member})
            case JoiningDeclined(member=member):
                return replace(self, asking=self.asking - {member})
            case CommunityJoined(member=member):
                return replace(self, members=self.members | {member}, asking=self.asking - {member})
            case CommunityLeft(member=member):
                return replace(
                    self,
                    members=self.members - {member},
                    asking=self.asking - {member},
                    facilitators=self.facilitators - {member},
                    roles=frozenset(each for each in self.roles if each[0] != member),
                    terms={each: term for each, term in self.terms.items() if each != member},
                )
            case FacilitatorAppointed(member=member):
                return replace(self, facilitators=self.facilitators | {member})
            case FacilitatorStoodDown(member=member):
                return replace(self, facilitators=self.facilitators - {member})
            case TermSet(member=member):
                return replace(self, terms={**self.terms, member: (event.starts_on, event.ends_on)})
            case RoleGiven(member=member, role=role):
                return replace(self, roles=self.roles | {(member, role)})
            case RoleEnded(member=member, role=role):
                return replace(self, roles=self.roles - {(member, role)})
        return self

    def must_have_room(self) -> None:
        if self.places is not None and len(self.members) >= self.places:
            raise Refused("group-full", f"This group has {self.places} places and all are taken.")

    def must_hold(self, member: MemberId) -> None:
        if member not in self.members:
            raise Refused("not-in-it", "This person does not belong to this community or group.")


class FoundCommunity(Command[Community]):
    """Begin a community or working group. `places` limits its members; None leaves it open.

    Unless something else is said, members join a community by themselves and ask to join a working group.
    """

    creates = True

    name: str
    kind: Kind
    about: str
    aims: tuple[str, ...] = ()
    parent: UUID | None = None
    places: int | None = None
    source: str | None = None
    privacy: Privacy | None = None

    def decide(self, community: Community, context: Context) -> Iterator[Event]:
        usual = Privacy.RESTRICTED if self.kind is Kind.WORKING_GROUP else Privacy.OPEN
        yield CommunityFounded(
            name=self.name,
            kind=self.kind,
            about=self.about,
            aims=self.aims,
            parent=self.parent,
            places=self.places,
            source=self.source,
            privacy=self.privacy or usual,
        )


class DescribeCommunity(Command[Community]):
    """Say anew what it is about and what it wants."""

    about: str
    aims: tuple[str, ...]

    def decide(self, community: Community, context: Context) -> Iterator[Event]:
        if (self.about, self.aims) != (community.about, community.aims):
            yield CommunityDescribed(about=self.about, aims=self.aims)


class SetPrivacy(Command[Community]):
    """Say who sees it and how one gets in. Who is in it stays in it; who asked to join goes on waiting."""

    privacy: Privacy

    def decide(self, community: Community, context: Context) -> Iterator[Event]:
        if self.privacy is not community.privacy:
            yield PrivacyChanged(privacy=self.privacy)


class AskToJoin(Command[Community]):
    """Join where every member may; elsewhere ask to. Asking twice changes nothing."""

    member: MemberId

    def decide(self, community: Community, context: Context) -> Iterator[Event]:
        if self.member in community.members or self.member in community.asking:
            return
        if community.privacy is Privacy.CONFIDENTIAL:
            raise Refused("by-invitation", "This group is joined by invitation alone.")
        community.must_have_room()
        yield (CommunityJoined if community.privacy is Privacy.OPEN else JoiningAsked)(member=self.member)


class JoinCommunity(Command[Community]):
    """Let an approved member in, whether she asked or was invited. Joining twice changes nothing."""

    member: MemberId

    def decide(self, community: Community, context: Context) -> Iterator[Event]:
        if self.member in community.members:
            return
        community.must_have_room()
        yield CommunityJoined(member=self.member)


class DeclineJoining(Command[Community]):
    """Answer no to a member who asked to join."""

    member: MemberId

    def decide(self, community: Community, context: Context) -> Iterator[Event]:
        if self.member not in community.asking:
            raise Refused("not-asked", "This member does not wait for an answer: nobody asked, or it was answered.")
        yield JoiningDeclined(member=self.member)


class LeaveCommunity(Command[Community]):
    """Belong no more, or take back that one asked to. Leaving twice is refused, so that a slip is noticed."""

    member: MemberId

    def decide(self, community: Community, context: Context) -> Iterator[Event]:
        if self.member not in community.asking:
            community.must_hold(self.member)
        yield CommunityLeft(member=self.member)


class AppointFacilitator(Command[Community]):
    """Let one of its members lead it: let people in, say what it is about. There may be several."""

    member: MemberId

    def decide(self, community: Community, context: Context) -> Iterator[Event]:
        community.must_hold(self.member)
        if self.member not in community.facilitators:
            yield FacilitatorAppointed(member=self.member)


class StandDownFacilitator(Command[Community]):
    """No longer lead it. She stays a member."""

    member: MemberId

    def decide(self, community: Community, context: Context) -> Iterator[Event]:
        if self.member not in community.facilitators:
            raise Refused("not-a-facilitator", "This person does not facilitate this community.")
        yield FacilitatorStoodDown(member=self.member)


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
