"""What meetings reads of membership's events: who takes part, and which communities there are to meet."""

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


def _with_privacy(fields: Fields) -> Fields:
    """Version 1 knew no privacy: everybody saw everything, and working groups were joined by invitation."""
    return {**fields, "privacy": "restricted" if fields["kind"] == "working-group" else "open"}


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


@event("facilitator-appointed")
class FacilitatorAppointed:
    member: MemberId


@event("facilitator-stood-down")
class FacilitatorStoodDown:
    member: MemberId


@dataclass(frozen=True, slots=True)
class ToArrange:
    """`arrangement` and `detail` say what is to be arranged; `ways` where it matters (none: in every way)."""

    code: str
    arrangement: str
    detail: str | None = None
    ways: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shared:
    """`words` are her own, and there only when she shares them too."""

    needs: tuple[ToArrange, ...] = ()
    words: str | None = None


@event("access-needs-shared")
class AccessNeedsShared:
    """`shared` is a `Shared` of even length (`read_evenly`), in place of what was shared for the purpose before."""

    purpose: str
    shared: Personal[str | None]


@event("access-needs-sharing-stopped")
class AccessNeedsSharingStopped:
    purpose: str


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
