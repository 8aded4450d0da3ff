"""What meetings reads of membership's events: who takes part, and which communities there are to meet."""

from uuid import UUID

from shared.messages.events import Fields, Instant, MemberId, Personal, event


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


def _with_privacy(fields: Fields) -> Fields:
    """Version 1 knew no privacy: nothing was closed."""
    return {**fields, "privacy": "open"}


@event("community-founded", version=2, upcasters=(_with_privacy,))
class CommunityFounded:
    name: str
    kind: str
    privacy: str


@event("privacy-changed")
class PrivacyChanged:
    privacy: str


@event("community-joined")
class CommunityJoined:
    member: MemberId


@event("community-left")
class CommunityLeft:
    member: MemberId


@event("assisted-session-opened")
class AssistedSessionOpened:
    """Until `closes_at` the owner of `account` may act for the member."""

    member: MemberId
    account: UUID
    channel: str
    closes_at: Instant


@event("assisted-session-ended")
class AssistedSessionEnded:
    member: MemberId
