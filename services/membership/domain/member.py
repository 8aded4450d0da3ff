"""A member: somebody who applied to join, was approved or not, and takes part."""

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from typing import Self
from uuid import UUID

from shared.messages.decisions import Command, Context, Refused, State
from shared.messages.events import Event, Personal, event


class StakeholderGroup(StrEnum):
    """The part of social care that somebody speaks from. One, for counting."""

    PERSON_DRAWING_ON_CARE = "person-drawing-on-care"
    UNPAID_CARER = "unpaid-carer"
    PRACTITIONER = "practitioner"
    PROVIDER = "provider"
    COMMISSIONER = "commissioner"
    RESEARCHER = "researcher"
    OTHER = "other"


class Standing(StrEnum):
    UNKNOWN = "unknown"
    APPLIED = "applied"
    ACTIVE = "active"
    REFUSED = "refused"


@event("application-received")
class ApplicationReceived:
    name: Personal[str]
    email: Personal[str | None] = None
    phone: Personal[str | None] = None
    postal_address: Personal[str | None] = None
    about: Personal[str | None] = None
    stakeholder_group: StakeholderGroup
    communities: tuple[UUID, ...]
    account: UUID | None = None


@event("member-approved")
class MemberApproved:
    """Carries what other services need of a member, so that none of them has to hear of mere applicants."""

    name: Personal[str]
    email: Personal[str | None] = None
    phone: Personal[str | None] = None
    postal_address: Personal[str | None] = None
    stakeholder_group: StakeholderGroup
    communities: tuple[UUID, ...]
    account: UUID | None = None


@event("application-refused")
class ApplicationRefused:
    reason: Personal[str]


@event("account-linked")
class AccountLinked:
    """A sign-in belongs to this member. `account` is a pseudonym of the provider's subject, never an address."""

    account: UUID


class Member(State, category="member"):
    standing: Standing = Standing.UNKNOWN
    received: ApplicationReceived | None = None
    account: UUID | None = None

    def evolve(self, event: Event) -> Self:
        match event:
            case ApplicationReceived():
                return replace(self, standing=Standing.APPLIED, received=event, account=event.account)
            case MemberApproved():
                return replace(self, standing=Standing.ACTIVE)
            case ApplicationRefused():
                return replace(self, standing=Standing.REFUSED)
            case AccountLinked():
                return replace(self, account=event.account)
        return self


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
        )


class Approve(Command[Member]):
    """Welcome an applicant."""

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
        )


class Refuse(Command[Member]):
    """Turn an application down, with a reason that the applicant is told."""

    reason: str

    def decide(self, member: Member, context: Context) -> Iterator[Event]:
        _waiting(member)
        yield ApplicationRefused(reason=self.reason)


class LinkAccount(Command[Member]):
    """Say which sign-in belongs to a member."""

    account: UUID

    def decide(self, member: Member, context: Context) -> Iterator[Event]:
        if member.standing is Standing.REFUSED:
            raise Refused("not-a-member", "This application was refused, so no sign-in can be linked to it.")
        if member.account != self.account:
            yield AccountLinked(account=self.account)


def _waiting(member: Member) -> ApplicationReceived:
    if member.standing is not Standing.APPLIED or member.received is None:
        raise Refused("already-decided", f"This application was decided before: it is {member.standing}.")
    return member.received
