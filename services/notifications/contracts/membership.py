"""What notifications reads of membership: whom to write to, and where."""

from uuid import UUID

from shared.messages.events import Fields, Instant, MemberId, Personal, event


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


@event("member-erased")
class MemberErased:
    pass


# What a coordinator may have done for a member: the letter after an assisted session says so.


@event("onboarding-step-done")
class OnboardingStepDone:
    pass


@event("help-refused")
class HelpRefused:
    pass


@event("joining-asked")
class JoiningAsked:
    member: MemberId


@event("joining-declined")
class JoiningDeclined:
    member: MemberId


@event("facilitator-stood-down")
class FacilitatorStoodDown:
    member: MemberId


@event("community-described")
class CommunityDescribed:
    pass


@event("term-set")
class TermSet:
    member: MemberId


@event("training-done")
class TrainingDone:
    member: MemberId


@event("project-group-proposed")
class ProjectGroupProposed:
    community: UUID


@event("project-group-joined")
class ProjectGroupJoined:
    member: MemberId


@event("project-group-left")
class ProjectGroupLeft:
    member: MemberId


@event("project-group-started")
class ProjectGroupStarted:
    pass


@event("project-group-closed")
class ProjectGroupClosed:
    pass
