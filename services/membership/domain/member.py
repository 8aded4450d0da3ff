"""A member: somebody who asked to join, what was answered, and whether she takes part now.

    applied -> (needs-conversation) -> approved -> active <-> paused
       |               |                  |          |          |
       +---------------+-> declined       +----------+----------+-> left
       +---------------+-> withdrawn

    Any of them -> erased: from then on nobody can read who it was.

The wishes that move her along are in `joining.py` (until the answer) and `taking_part.py` (after it).
"""

from dataclasses import replace
from enum import StrEnum
from typing import Self
from uuid import UUID

from shared.messages.decisions import State
from shared.messages.events import Event, Instant, Personal, event


class StakeholderGroup(StrEnum):
    """The part of social care that somebody speaks from. One is for counting; several may be true."""

    PERSON_DRAWING_ON_CARE = "person-drawing-on-care"
    UNPAID_CARER = "unpaid-carer"
    PRACTITIONER = "practitioner"
    PROVIDER = "provider"
    COMMISSIONER = "commissioner"
    RESEARCHER = "researcher"
    OTHER = "other"


class Standing(StrEnum):
    """Where somebody stands. `approved` is a member who has not yet agreed to the ground rules; else like `active`."""

    UNKNOWN = "unknown"
    APPLIED = "applied"
    NEEDS_CONVERSATION = "needs-conversation"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    APPROVED = "approved"
    ACTIVE = "active"
    PAUSED = "paused"
    LEFT = "left"
    ERASED = "erased"


class OnboardingStep(StrEnum):
    """What a new member ticks off herself. The rest of the checklist is seen from what she did."""

    QUICK_GUIDE = "quick-guide"
    CONTACT_DETAILS = "contact-details"


WAITING = frozenset({Standing.APPLIED, Standing.NEEDS_CONVERSATION})
"""An answer is still owed."""
TAKING_PART = frozenset({Standing.APPROVED, Standing.ACTIVE})
"""Invited, counted and listed."""
ENDED = frozenset({Standing.DECLINED, Standing.WITHDRAWN, Standing.LEFT, Standing.ERASED})
"""Nothing more can happen to this application or membership; whoever wants to come (back) applies anew."""


@event("application-received")
class ApplicationReceived:
    """`stakeholder_group` is the one for counting; `also` are others that are true as well."""

    name: Personal[str]
    email: Personal[str | None] = None
    phone: Personal[str | None] = None
    postal_address: Personal[str | None] = None
    about: Personal[str | None] = None
    stakeholder_group: StakeholderGroup
    communities: tuple[UUID, ...]
    account: UUID | None = None
    also: tuple[StakeholderGroup, ...] = ()


@event("conversation-needed")
class ConversationNeeded:
    """Somebody will talk with the applicant before an answer is given. `note` is for those who decide."""

    note: Personal[str | None] = None


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
    """`reason` is told to the applicant. Name and address are there so that a letter can tell her (since 0.2)."""

    reason: Personal[str]
    name: Personal[str | None] = None
    email: Personal[str | None] = None
    phone: Personal[str | None] = None
    postal_address: Personal[str | None] = None


@event("application-withdrawn")
class ApplicationWithdrawn:
    """The applicant thought better of it, before an answer was given. She need not say why."""


@event("member-activated")
class MemberActivated:
    """She agreed to the ground rules in this wording (`ground_rules.toml`), and so takes up her membership."""

    ground_rules: str


@event("member-paused")
class MemberPaused:
    """She takes a break: nobody invites her, she is in no list, and nothing of hers is lost."""


@event("member-returned")
class MemberReturned:
    """Back from a break."""


@event("member-left")
class MemberLeft:
    """She is no member any more. Why is hers to know."""


@event("member-erased")
class MemberErased:
    """Her key is destroyed: what is sealed reads as erased. Every service drops what it derived from her data."""


@event("onboarding-step-done")
class OnboardingStepDone:
    step: OnboardingStep


@event("account-linked")
class AccountLinked:
    """A sign-in belongs to this member. `account` is a pseudonym of the provider's subject, never an address."""

    account: UUID


@event("account-invited")
class AccountInvited:
    """Whoever knows the code by `until` takes this record over, except `by`, who made it. `code` is a keyed digest."""

    code: UUID
    until: Instant
    by: str


@event("help-refused")
class HelpRefused:
    """She wants nobody to act for her."""


@event("help-accepted")
class HelpAccepted:
    """A coordinator may act for her again, when she asks for it."""


class Member(State, category="member"):
    """`agreed` is the wording of the ground rules that she agreed to, None until she did."""

    standing: Standing = Standing.UNKNOWN
    received: ApplicationReceived | None = None
    account: UUID | None = None
    agreed: str | None = None
    steps: frozenset[OnboardingStep] = frozenset()
    refuses_help: bool = False
    invited: AccountInvited | None = None

    def evolve(self, event: Event) -> Self:
        match event:
            case ApplicationReceived():
                return replace(self, standing=Standing.APPLIED, received=event, account=event.account)
            case ConversationNeeded():
                return replace(self, standing=Standing.NEEDS_CONVERSATION)
            case MemberApproved():
                return replace(self, standing=Standing.APPROVED)
            case ApplicationRefused():
                return replace(self, standing=Standing.DECLINED)
            case ApplicationWithdrawn():
                return replace(self, standing=Standing.WITHDRAWN)
            case MemberActivated():
                return replace(self, standing=Standing.ACTIVE, agreed=event.ground_rules)
            case MemberPaused():
                return replace(self, standing=Standing.PAUSED)
            case MemberReturned():
                return replace(self, standing=Standing.ACTIVE if self.agreed else Standing.APPROVED)
            case MemberLeft():
                return replace(self, standing=Standing.LEFT)
            case MemberErased():
                return replace(self, standing=Standing.ERASED, received=None, account=None)
            case OnboardingStepDone():
                return replace(self, steps=self.steps | {event.step})
            case AccountLinked():
                return replace(self, account=event.account, invited=None)
            case AccountInvited():
                return replace(self, invited=event)
            case HelpRefused():
                return replace(self, refuses_help=True)
            case HelpAccepted():
                return replace(self, refuses_help=False)
        return self
