"""What notifications reads of membership: whom to write to, and where."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from shared.messages.events import Fields, Instant, MemberId, Personal, Sealed, event


@event("member-approved")
class MemberApproved:
    name: Personal[str]
    email: Personal[str | None] = None
    phone: Personal[str | None] = None
    postal_address: Personal[str | None] = None
    stakeholder_group: str
    account: UUID | None = None
    from_list: bool = False


@event("application-refused")
class ApplicationRefused:
    reason: Personal[str]
    name: Personal[str | None] = None
    email: Personal[str | None] = None
    phone: Personal[str | None] = None
    postal_address: Personal[str | None] = None


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


@event("rights-request-received")
class RightsRequestReceived:
    member: MemberId
    right: str
    due_on: date


@event("clock-paused")
class ClockPaused:
    member: MemberId
    question: Annotated[str, Sealed(of="member")]


@event("time-extended")
class TimeExtended:
    member: MemberId
    due_on: date
    reason: Annotated[str, Sealed(of="member")]


@event("request-reported")
class RequestReported:
    member: MemberId
    outcome: str
    answer: Annotated[str, Sealed(of="member")]


@event("complaint-acknowledged")
class ComplaintAcknowledged:
    person: MemberId
    known: bool
    name: Annotated[str | None, Sealed(of="person")] = None
    email: Annotated[str | None, Sealed(of="person")] = None
    phone: Annotated[str | None, Sealed(of="person")] = None
    postal_address: Annotated[str | None, Sealed(of="person")] = None


@event("complaint-answered")
class ComplaintAnswered:
    person: MemberId
    answer: Annotated[str, Sealed(of="person")]


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


@event("joining-asked")
class JoiningAsked:
    member: MemberId


@event("facilitator-appointed")
class FacilitatorAppointed:
    member: MemberId


@event("facilitator-stood-down")
class FacilitatorStoodDown:
    member: MemberId


@event("contact-added")
class ContactAdded:
    contact: UUID
    kind: str
    value: Personal[str]


@event("contact-changed")
class ContactChanged:
    contact: UUID
    kind: str
    value: Personal[str]


@event("contact-removed")
class ContactRemoved:
    contact: UUID


@event("contact-flagged")
class ContactFlagged:
    contact: UUID


@event("email-confirmed")
class EmailConfirmed:
    contact: UUID


@event("email-check-asked")
class EmailCheckAsked:
    contact: UUID
    check: UUID


@event("channel-preferred")
class ChannelPreferred:
    contact: UUID
    channel: str


@event("formats-chosen")
class FormatsChosen:
    """Several formats have commas between them."""

    formats: Personal[str | None] = None
    language: Personal[str | None] = None


@event("access-needs-review-due")
class AccessNeedsReviewDue:
    pass


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


# What a coordinator may have done for a member: the letter after an assisted session says so.


@event("consent-given")
class ConsentGiven:
    purpose: str


@event("consent-withdrawn")
class ConsentWithdrawn:
    purpose: str


@event("directory-entry-described")
class DirectoryEntryDescribed:
    pass


@event("access-needs-said")
class AccessNeedsSaid:
    pass


@event("access-needs-reviewed")
class AccessNeedsReviewed:
    pass


@event("access-needs-shared")
class AccessNeedsShared:
    pass


@event("access-needs-sharing-stopped")
class AccessNeedsSharingStopped:
    pass


@event("contact-labelled")
class ContactLabelled:
    pass


@event("email-check-failed")
class EmailCheckFailed:
    pass


@event("complaint-received")
class ComplaintReceived:
    person: MemberId


@event("onboarding-step-done")
class OnboardingStepDone:
    pass


@event("help-refused")
class HelpRefused:
    pass


@event("joining-declined")
class JoiningDeclined:
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
