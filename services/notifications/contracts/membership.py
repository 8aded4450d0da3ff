"""What notifications reads of membership: whom to write to, and where."""

from uuid import UUID

from shared.messages.events import MemberId, Personal, event


@event("member-approved")
class MemberApproved:
    name: Personal[str]
    email: Personal[str | None] = None
    phone: Personal[str | None] = None
    postal_address: Personal[str | None] = None
    stakeholder_group: str
    account: UUID | None = None


@event("application-refused")
class ApplicationRefused:
    reason: Personal[str]
    name: Personal[str | None] = None
    email: Personal[str | None] = None
    phone: Personal[str | None] = None
    postal_address: Personal[str | None] = None


@event("member-paused")
class MemberPaused:
    pass


@event("member-returned")
class MemberReturned:
    pass


@event("member-left")
class MemberLeft:
    pass


@event("account-linked")
class AccountLinked:
    account: UUID


@event("community-founded")
class CommunityFounded:
    name: str
    kind: str


@event("community-joined")
class CommunityJoined:
    member: MemberId
