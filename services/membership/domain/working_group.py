"""Serving in a working group: for how long, in which role, and with which training."""

from collections.abc import Iterator
from datetime import date

from services.membership.domain.community import (
    Community,
    GroupRole,
    Kind,
    RoleEnded,
    RoleGiven,
    TermSet,
    TrainingDone,
)
from shared.messages.decisions import Command, Context, Refused
from shared.messages.events import Event, MemberId


class SetTerm(Command[Community]):
    """Agree from when to when somebody serves. A term that ends puts nobody out: people decide what comes then."""

    member: MemberId
    starts_on: date
    ends_on: date | None = None

    def decide(self, group: Community, context: Context) -> Iterator[Event]:
        _must_serve(group, self.member)
        if self.ends_on is not None and self.ends_on < self.starts_on:
            raise Refused("ends-before-it-starts", "A term ends after it starts. Change one of the two days.")
        if group.terms.get(self.member) != (self.starts_on, self.ends_on):
            yield TermSet(member=self.member, starts_on=self.starts_on, ends_on=self.ends_on)


class SetRoles(Command[Community]):
    """Say which roles somebody has from now on; none is an answer too. A group has one lay lead."""

    member: MemberId
    roles: frozenset[GroupRole]

    def decide(self, group: Community, context: Context) -> Iterator[Event]:
        _must_serve(group, self.member)
        leads = {member for member, role in group.roles if role is GroupRole.LAY_LEAD}
        if GroupRole.LAY_LEAD in self.roles and leads - {self.member}:
            raise Refused("lay-lead-taken", "This group has a lay lead already. End that role first.")
        before = {role for member, role in group.roles if member == self.member}
        for role in sorted(before - self.roles):
            yield RoleEnded(member=self.member, role=role)
        for role in sorted(self.roles - before):
            yield RoleGiven(member=self.member, role=role)


class NoteTraining(Command[Community]):
    """Write down a course that somebody took for the group's work."""

    member: MemberId
    training: str
    done_on: date

    def decide(self, group: Community, context: Context) -> Iterator[Event]:
        _must_serve(group, self.member)
        if self.done_on > context.now.date():
            raise Refused("not-done-yet", "This day is still to come. Write the training down once it is done.")
        yield TrainingDone(member=self.member, training=self.training, done_on=self.done_on)


def _must_serve(group: Community, member: MemberId) -> None:
    if group.kind is not Kind.WORKING_GROUP:
        raise Refused("no-working-group", "Terms, roles and training are for working groups.")
    group.must_hold(member)
