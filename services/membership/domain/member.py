"""A member: somebody who asked to join, what was answered, and whether she takes part now.

    applied -> (needs-conversation) -> approved -> active <-> paused
       |               |                  |          |          |
       +---------------+-> declined       +----------+----------+-> left
       +---------------+-> withdrawn

    Any of them -> erased: from then on nobody can read who it was.

Whose processing is restricted takes a break that does not end until the restriction is lifted.

The wishes that move her along are in `joining.py` (until the answer) and `taking_part.py` (after it); what she
consents to is in `consenting.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import field
from enum import StrEnum
from typing import Self
from uuid import UUID

from services.membership.domain.purposes import MEMBERSHIP
from shared.messages.decisions import Command, Context, Refused, State, replace
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
    """Carries what other services need of a member, so that none of them has to hear of mere applicants.

    `from_list`: she stood on a list that was brought in, and never asked by herself (since 0.2).
    """

    name: Personal[str]
    email: Personal[str | None] = None
    phone: Personal[str | None] = None
    postal_address: Personal[str | None] = None
    stakeholder_group: StakeholderGroup
    communities: tuple[UUID, ...]
    account: UUID | None = None
    from_list: bool = False


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


@event("name-corrected")
class NameCorrected:
    """Her name was put right, or is another one now. Whoever shows it follows."""

    name: Personal[str]


@event("member-activated")
class MemberActivated:
    """She agreed to the ground rules in this wording (`ground_rules.toml`), and so takes up her membership.

    That is her consent to the purpose `membership`: there is no `consent-given` beside it.
    """

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


@event("processing-restricted")
class ProcessingRestricted:
    """She asked that her data are only kept (UK GDPR, article 18). A pause goes with it."""


@event("restriction-lifted")
class RestrictionLifted:
    """Her data may be used again. Her break goes on until she comes back."""


@event("consent-given")
class ConsentGiven:
    """To a purpose, in a wording that is kept word for word (`purposes.toml`). How she said so is in the metadata."""

    purpose: str
    wording: str


@event("consent-withdrawn")
class ConsentWithdrawn:
    """From now on nothing is shown or done that only this consent allowed."""

    purpose: str


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
    """`consents` are those that hold: the wording that she agreed to, by purpose.

    `former_names`: so that a list of before a correction does not make her a second time. Shown to nobody.
    """

    standing: Standing = Standing.UNKNOWN
    received: ApplicationReceived | None = None
    account: UUID | None = None
    consents: Mapping[str, str] = field(default_factory=dict)
    steps: frozenset[OnboardingStep] = frozenset()
    restricted: bool = False
    former_names: frozenset[str] = frozenset()
    refuses_help: bool = False
    invited: AccountInvited | None = None

    @property
    def agreed(self) -> str | None:
        """The wording of the ground rules that she agreed to, None until she did."""
        return self.consents.get(MEMBERSHIP)

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
            case NameCorrected():
                before = {self.received.name} if self.received else set()
                received = self.received and replace(self.received, name=event.name)
                return replace(self, received=received, former_names=self.former_names | before)
            case MemberActivated():
                consents = {**self.consents, MEMBERSHIP: event.ground_rules}
                return replace(self, standing=Standing.ACTIVE, consents=consents)
            case ConsentGiven():
                return replace(self, consents={**self.consents, event.purpose: event.wording})
            case ConsentWithdrawn():
                consents = {purpose: each for purpose, each in self.consents.items() if purpose != event.purpose}
                return replace(self, consents=consents)
            case MemberPaused():
                return replace(self, standing=Standing.PAUSED)
            case MemberReturned():
                return replace(self, standing=Standing.ACTIVE if self.agreed else Standing.APPROVED)
            case MemberLeft():
                return replace(self, standing=Standing.LEFT, consents={})
            case MemberErased():
                return type(self)(standing=Standing.ERASED)
            case ProcessingRestricted():
                return replace(self, restricted=True)
            case RestrictionLifted():
                return replace(self, restricted=False)
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


class RestrictProcessing(Command[Member]):
    """Only keep her data from now on: in no listing, no invitation and no count.

    Given when a request for it is granted. It pauses her, which every service follows already."""

    def decide(self, member: Member, context: Context) -> Iterator[Event]:
        if member.restricted or member.standing in ENDED or member.standing in WAITING:
            return
        yield ProcessingRestricted()
        if member.standing in TAKING_PART:
            yield MemberPaused()


class LiftRestriction(Command[Member]):
    """Use her data again. She is on a break until she comes back."""

    def decide(self, member: Member, context: Context) -> Iterator[Event]:
        if not member.restricted:
            raise Refused("not-restricted", "The use of this person's data is not restricted.")
        yield RestrictionLifted()
