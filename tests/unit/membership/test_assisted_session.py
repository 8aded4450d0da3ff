"""Acting for a member: when a session may begin, how long it lasts, who refuses help, and who takes a record over."""

from datetime import timedelta
from uuid import UUID

import pytest

from services.membership.domain.assisted_session import (
    AssistedSession,
    AssistedSessionEnded,
    AssistedSessionOpened,
    Because,
    EndSession,
    IdentityCheck,
    OpenSession,
)
from services.membership.domain.being_helped import (
    INVITATION_LASTS,
    AcceptHelp,
    InviteAccount,
    MustAcceptHelp,
    RefuseHelp,
    TakeOver,
)
from services.membership.domain.member import (
    AccountInvited,
    AccountLinked,
    ApplicationReceived,
    HelpAccepted,
    HelpRefused,
    Member,
    MemberActivated,
    MemberApproved,
    MemberErased,
    MemberLeft,
    MemberPaused,
    StakeholderGroup,
)
from shared.messages.decisions import Channel
from shared.messages.events import Event, MemberId
from shared.testing.decider import NOW, given

EDITH = MemberId(UUID(int=1))
CARYS, EDITHS_ACCOUNT = UUID(int=20), UUID(int=21)
CODE = UUID(int=30)
APPLIED = ApplicationReceived(name="Edith", stakeholder_group=StakeholderGroup.UNPAID_CARER, communities=())
APPROVED = MemberApproved(name="Edith", stakeholder_group=StakeholderGroup.UNPAID_CARER, communities=())
OPENED = AssistedSessionOpened(
    member=EDITH,
    account=CARYS,
    reason="She rang about the meeting in June",
    channel=Channel.PHONE,
    checked=IdentityCheck.CALLED_BACK,
    closes_at=NOW + timedelta(minutes=30),
)
ENDED = AssistedSessionEnded(member=EDITH, because=Because.DONE)
INVITED = AccountInvited(code=CODE, until=NOW + INVITATION_LASTS, by="account:carys")


def opening(channel: Channel = Channel.PHONE) -> OpenSession:
    return OpenSession(
        member=EDITH, account=CARYS, reason=OPENED.reason, channel=channel, checked=IdentityCheck.CALLED_BACK
    )


def test_a_session_lasts_half_an_hour() -> None:
    given(AssistedSession).when(opening()).then(OPENED)


def test_nobody_is_helped_over_the_web() -> None:
    given(AssistedSession).when(opening(Channel.WEB)).refuses("not-by-web")


def test_a_session_ends_once() -> None:
    given(AssistedSession, OPENED).when(EndSession()).then(ENDED)
    given(AssistedSession, OPENED, ENDED).when(EndSession(because=Because.RAN_OUT)).then()


@pytest.mark.parametrize("since", [(), (MemberActivated(ground_rules="2026-01"),)])
def test_somebody_may_act_for_a_member_who_takes_part(since: tuple[Event, ...]) -> None:
    given(Member, APPLIED, APPROVED, *since).when(MustAcceptHelp(account=CARYS)).then()


@pytest.mark.parametrize(
    "since", [(), (APPROVED, MemberPaused()), (APPROVED, MemberLeft()), (APPROVED, MemberErased())]
)
def test_nobody_acts_for_somebody_who_takes_no_part(since: tuple[Event, ...]) -> None:
    given(Member, APPLIED, *since).when(MustAcceptHelp(account=CARYS)).refuses("not-taking-part")


def test_nobody_acts_for_herself() -> None:
    linked = AccountLinked(account=CARYS)
    given(Member, APPLIED, APPROVED, linked).when(MustAcceptHelp(account=CARYS)).refuses("yourself")


def test_nobody_acts_for_a_member_who_refuses_help_until_she_accepts_it_again() -> None:
    given(Member, APPLIED, APPROVED).when(RefuseHelp()).then(HelpRefused())
    given(Member, APPLIED, APPROVED, HelpRefused()).when(RefuseHelp()).then()
    given(Member, APPLIED, APPROVED, HelpRefused()).when(MustAcceptHelp(account=CARYS)).refuses("help-refused")
    given(Member, APPLIED, APPROVED, HelpRefused()).when(AcceptHelp()).then(HelpAccepted())
    given(Member, APPLIED, APPROVED, HelpRefused(), HelpAccepted()).when(MustAcceptHelp(account=CARYS)).then()


def test_a_member_takes_her_record_over_with_a_code_once() -> None:
    given(Member, APPLIED, APPROVED).when(InviteAccount(code=CODE), actor="account:carys").then(INVITED)
    taking = TakeOver(code=CODE, account=EDITHS_ACCOUNT)
    linked = AccountLinked(account=EDITHS_ACCOUNT)
    given(Member, APPLIED, APPROVED, INVITED).when(taking, actor="account:edith").then(linked)
    given(Member, APPLIED, APPROVED, INVITED, linked).when(taking, actor="account:x").refuses("code-not-known")
    given(Member, APPLIED, APPROVED, linked).when(InviteAccount(code=CODE)).refuses("has-an-account")


@pytest.mark.parametrize(
    ("since", "code", "later", "actor", "why"),
    [
        ((INVITED,), UUID(int=31), timedelta(0), "account:edith", "code-not-known"),
        ((INVITED,), CODE, INVITATION_LASTS, "account:edith", "code-not-known"),
        ((INVITED, MemberLeft()), CODE, timedelta(0), "account:edith", "code-not-known"),
        ((), CODE, timedelta(0), "account:edith", "code-not-known"),
        ((INVITED,), CODE, timedelta(0), "account:carys", "your-own-code"),
    ],
)
def test_a_code_is_refused(since: tuple[Event, ...], code: UUID, later: timedelta, actor: str, why: str) -> None:
    taking = TakeOver(code=code, account=EDITHS_ACCOUNT)
    given(Member, APPLIED, APPROVED, *since).when(taking, now=NOW + later, actor=actor).refuses(why)
