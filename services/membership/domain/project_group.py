"""A small group on a sub-topic of a community: proposed by a member, gathered, run, and closed with what came of it."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Self
from uuid import UUID

from shared.messages.decisions import Command, Context, Refused, State, replace
from shared.messages.events import Event, MemberId, event


class GroupStatus(StrEnum):
    UNKNOWN = "unknown"
    GATHERING = "gathering"
    RUNNING = "running"
    CLOSED = "closed"


@event("project-group-proposed")
class ProjectGroupProposed:
    """`wanted` is how many it needs to begin, the proposer counted. The texts are the group's: they name nobody."""

    community: UUID
    topic: str
    about: str
    proposer: MemberId
    wanted: int


@event("project-group-joined")
class ProjectGroupJoined:
    member: MemberId


@event("project-group-left")
class ProjectGroupLeft:
    member: MemberId


@event("project-group-started")
class ProjectGroupStarted:
    """Enough people have gathered, and they begin."""


@event("project-group-closed")
class ProjectGroupClosed:
    """What came of it, also when nothing did. `link` is where it can be read."""

    outcome: str
    link: str | None = None


class ProjectGroup(State, category="project-group"):
    """`members` in the order of joining: the first of them leads it, at the beginning the proposer."""

    status: GroupStatus = GroupStatus.UNKNOWN
    wanted: int = 0
    members: tuple[MemberId, ...] = ()

    def evolve(self, event: Event) -> Self:
        match event:
            case ProjectGroupProposed():
                return replace(
                    self, status=GroupStatus.GATHERING, wanted=event.wanted, members=(*self.members, event.proposer)
                )
            case ProjectGroupJoined():
                return replace(self, members=(*self.members, event.member))
            case ProjectGroupLeft():
                return replace(self, members=tuple(each for each in self.members if each != event.member))
            case ProjectGroupStarted():
                return replace(self, status=GroupStatus.RUNNING)
            case ProjectGroupClosed():
                return replace(self, status=GroupStatus.CLOSED)
        return self

    def must_be_open(self) -> None:
        if self.status is GroupStatus.CLOSED:
            raise Refused("group-closed", "This group is closed. Propose a new one to go on.")


class ProposeProjectGroup(Command[ProjectGroup]):
    """Propose a group. Whoever proposes it is in it."""

    creates = True

    community: UUID
    topic: str
    about: str
    proposer: MemberId
    wanted: int

    def decide(self, group: ProjectGroup, context: Context) -> Iterator[Event]:
        yield ProjectGroupProposed(
            community=self.community,
            topic=self.topic,
            about=self.about,
            proposer=self.proposer,
            wanted=self.wanted,
        )


class JoinProjectGroup(Command[ProjectGroup]):
    """Take part, while it gathers or later. Joining twice changes nothing."""

    member: MemberId

    def decide(self, group: ProjectGroup, context: Context) -> Iterator[Event]:
        group.must_be_open()
        if self.member not in group.members:
            yield ProjectGroupJoined(member=self.member)


class LeaveProjectGroup(Command[ProjectGroup]):
    """Take part no more. Who has been in it longest leads it then."""

    member: MemberId

    def decide(self, group: ProjectGroup, context: Context) -> Iterator[Event]:
        group.must_be_open()
        if self.member not in group.members:
            raise Refused("not-in-it", "This person does not belong to this group.")
        yield ProjectGroupLeft(member=self.member)


class StartProjectGroup(Command[ProjectGroup]):
    """Begin, once enough people have gathered."""

    def decide(self, group: ProjectGroup, context: Context) -> Iterator[Event]:
        group.must_be_open()
        if group.status is GroupStatus.RUNNING:
            raise Refused("started-already", "This group has begun already.")
        if len(group.members) < group.wanted:
            raise Refused(
                "too-few", f"This group needs {group.wanted} people to begin; {len(group.members)} have joined so far."
            )
        yield ProjectGroupStarted()


class CloseProjectGroup(Command[ProjectGroup]):
    """End it with what came of it. A group that never found enough people is closed too, and says so."""

    outcome: str
    link: str | None = None

    def decide(self, group: ProjectGroup, context: Context) -> Iterator[Event]:
        group.must_be_open()
        yield ProjectGroupClosed(outcome=self.outcome, link=self.link)
