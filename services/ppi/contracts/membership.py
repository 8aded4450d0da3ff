"""What ppi reads of membership: who is a member, under which sign-in, and in which group."""

from dataclasses import dataclass
from uuid import UUID

from shared.messages.events import Fields, Instant, MemberId, Personal, event


@event("member-approved")
class MemberApproved:
    name: Personal[str]
    stakeholder_group: str
    account: UUID | None = None


@event("name-corrected")
class NameCorrected:
    name: Personal[str]


@event("member-paused")
class MemberPaused:
    pass


@event("member-returned")
class MemberReturned:
    pass


@event("member-left")
class MemberLeft:
    pass


@event("member-erased")
class MemberErased:
    pass


@dataclass(frozen=True, slots=True)
class Known:
    text: Personal[str]


@event("erasure-asked")
class ErasureAsked:
    """What is looked for in others' words, before it cannot be read any more: names, and ways to reach her."""

    name: Personal[str | None] = None
    former_names: tuple[Known, ...] = ()
    ways: tuple[Known, ...] = ()


@event("account-linked")
class AccountLinked:
    account: UUID


def _as_it_was(fields: Fields) -> Fields:
    """Version 2 says who may see it, which is not read here."""
    return fields


@event("community-founded", version=2, upcasters=(_as_it_was,))
class CommunityFounded:
    name: str
    kind: str


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
