"""What meetings reads of membership's events: who takes part, and which communities there are to meet."""

from uuid import UUID

from shared.messages.events import MemberId, Personal, event


@event("member-approved")
class MemberApproved:
    name: Personal[str]
    stakeholder_group: str
    account: UUID | None = None


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
