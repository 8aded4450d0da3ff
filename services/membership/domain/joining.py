"""Asking to join, and the answer: the wishes about an application, until it is decided."""

from collections.abc import Iterator
from uuid import UUID

from services.membership.domain.member import (
    WAITING,
    ApplicationReceived,
    ApplicationRefused,
    ApplicationWithdrawn,
    ConversationNeeded,
    Member,
    MemberApproved,
    StakeholderGroup,
    Standing,
)
from shared.messages.decisions import Command, Context, Refused
from shared.messages.events import Event


class Apply(Command[Member]):
    """Ask to join. One way to be reached is enough, and it need not be email."""

    creates = True

    name: str
    email: str | None = None
    phone: str | None = None
    postal_address: str | None = None
    about: str | None = None
    stakeholder_group: StakeholderGroup
    communities: tuple[UUID, ...]
    account: UUID | None = None
    also: tuple[StakeholderGroup, ...] = ()

    def decide(self, member: Member, context: Context) -> Iterator[Event]:
        if not (self.email or self.phone or self.postal_address):
            raise Refused("no-way-to-reach", "Give at least one way to reach you: email, phone or postal address.")
        yield ApplicationReceived(
            name=self.name,
            email=self.email,
            phone=self.phone,
            postal_address=self.postal_address,
            about=self.about,
            stakeholder_group=self.stakeholder_group,
            communities=self.communities,
            account=self.account,
            also=tuple(each for each in dict.fromkeys(self.also) if each is not self.stakeholder_group),
        )


class TalkFirst(Command[Member]):
    """Put an application aside until somebody has talked with the applicant. Saying so twice changes nothing."""

    note: str | None = None

    def decide(self, member: Member, context: Context) -> Iterator[Event]:
        _waiting(member)
        if member.standing is not Standing.NEEDS_CONVERSATION:
            yield ConversationNeeded(note=self.note)


class Approve(Command[Member]):
    """Welcome an applicant. `from_list`: somebody whom a coordinator's own list already counted as a member."""

    from_list: bool = False

    def decide(self, member: Member, context: Context) -> Iterator[Event]:
        received = _waiting(member)
        yield MemberApproved(
            name=received.name,
            email=received.email,
            phone=received.phone,
            postal_address=received.postal_address,
            stakeholder_group=received.stakeholder_group,
            communities=received.communities,
            account=member.account,
            from_list=self.from_list,
        )


class Refuse(Command[Member]):
    """Decline an application, with a reason that the applicant is told."""

    reason: str

    def decide(self, member: Member, context: Context) -> Iterator[Event]:
        received = _waiting(member)
        yield ApplicationRefused(
            reason=self.reason,
            name=received.name,
            email=received.email,
            phone=received.phone,
            postal_address=received.postal_address,
        )


class Withdraw(Command[Member]):
    """Take one's application back before it is answered."""

    def decide(self, member: Member, context: Context) -> Iterator[Event]:
        _waiting(member)
        yield ApplicationWithdrawn()


def _waiting(member: Member) -> ApplicationReceived:
    if member.standing is Standing.WITHDRAWN:
        raise Refused("withdrawn", "The applicant has withdrawn this application, so there is nothing to answer.")
    if member.standing not in WAITING or member.received is None:
        raise Refused("already-decided", f"This application was decided before: it is {member.standing}.")
    return member.received
