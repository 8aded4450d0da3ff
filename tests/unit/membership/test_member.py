"""Applying to join and being answered; then taking part, a break, leaving; and whose sign-in is whose."""

from uuid import UUID

import pytest

from services.membership.domain.ground_rules import CURRENT
from services.membership.domain.joining import Apply, Approve, Refuse, TalkFirst, Withdraw
from services.membership.domain.member import (
    AccountLinked,
    ApplicationReceived,
    ApplicationRefused,
    ApplicationWithdrawn,
    ConversationNeeded,
    Member,
    MemberActivated,
    MemberApproved,
    MemberLeft,
    MemberPaused,
    MemberReturned,
    StakeholderGroup,
)
from services.membership.domain.taking_part import Activate, Leave, LinkAccount, Pause, Return
from shared.messages.decisions import Command
from shared.messages.events import Event
from shared.testing.decider import given

WORKFORCE, COMPLEX_NEEDS = UUID(int=10), UUID(int=11)
ACCOUNT, OTHER_ACCOUNT = UUID(int=20), UUID(int=21)


def received(account: UUID | None = None) -> ApplicationReceived:
    return ApplicationReceived(
        name="Edith",
        phone="01632 960141",
        stakeholder_group=StakeholderGroup.PERSON_DRAWING_ON_CARE,
        communities=(WORKFORCE, COMPLEX_NEEDS),
        account=account,
    )


def approved(account: UUID | None = None) -> MemberApproved:
    return MemberApproved(
        name="Edith",
        phone="01632 960141",
        stakeholder_group=StakeholderGroup.PERSON_DRAWING_ON_CARE,
        communities=(WORKFORCE, COMPLEX_NEEDS),
        account=account,
    )


@pytest.mark.parametrize(
    ("email", "phone", "address"),
    [("edith@example.org", None, None), (None, "01632 960141", None), (None, None, "4 Synthetic Terrace")],
)
def test_one_way_to_be_reached_is_enough_and_it_need_not_be_email(
    email: str | None, phone: str | None, address: str | None
) -> None:
    wish = Apply(
        name="Edith",
        email=email,
        phone=phone,
        postal_address=address,
        stakeholder_group=StakeholderGroup.UNPAID_CARER,
        communities=(),
    )

    given(Member).when(wish).then(
        ApplicationReceived(
            name="Edith",
            email=email,
            phone=phone,
            postal_address=address,
            stakeholder_group=StakeholderGroup.UNPAID_CARER,
            communities=(),
        )
    )


def test_an_application_without_any_way_to_reach_her_is_refused() -> None:
    wish = Apply(name="Edith", stakeholder_group=StakeholderGroup.OTHER, communities=())

    given(Member).when(wish).refuses("no-way-to-reach")


def test_an_approval_carries_what_other_services_need_of_her() -> None:
    given(Member, received(ACCOUNT)).when(Approve()).then(approved(ACCOUNT))


def test_an_approval_carries_the_sign_in_that_was_linked_meanwhile() -> None:
    given(Member, received(), AccountLinked(account=ACCOUNT)).when(Approve()).then(approved(ACCOUNT))


REFUSED = ApplicationRefused(reason="This is for Kent.", name="Edith", phone="01632 960141")
ANSWERS: list[Command[Member]] = [Approve(), Refuse(reason="No."), TalkFirst(), Withdraw()]


def test_a_refusal_carries_its_reason_and_whom_to_tell() -> None:
    given(Member, received()).when(Refuse(reason="This is for Kent.")).then(REFUSED)


@pytest.mark.parametrize("decided", [approved(), REFUSED])
@pytest.mark.parametrize("again", ANSWERS)
def test_an_application_is_decided_once(decided: Event, again: Command[Member]) -> None:
    given(Member, received(), decided).when(again).refuses("already-decided")


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_withdrawn_application_takes_no_answer(answer: Command[Member]) -> None:
    given(Member, received(), ApplicationWithdrawn()).when(answer).refuses("withdrawn")


def test_an_application_may_need_a_conversation_first() -> None:
    wish = TalkFirst(note="Which village?")

    given(Member, received()).when(wish).then(ConversationNeeded(note="Which village?"))
    given(Member, received(), ConversationNeeded()).when(wish).then()
    given(Member, received(), ConversationNeeded()).when(Approve()).then(approved())
    given(Member, received(), ConversationNeeded()).when(Refuse(reason="This is for Kent.")).then(REFUSED)
    given(Member, received(), ConversationNeeded()).when(Withdraw()).then(ApplicationWithdrawn())


def test_several_groups_may_be_true_and_one_is_for_counting() -> None:
    carer, researcher = StakeholderGroup.UNPAID_CARER, StakeholderGroup.RESEARCHER
    wish = Apply(name="Edith", phone="1", stakeholder_group=carer, also=(researcher, carer, researcher), communities=())

    given(Member).when(wish).then(
        ApplicationReceived(name="Edith", phone="1", stakeholder_group=carer, also=(researcher,), communities=())
    )


AGREED = MemberActivated(ground_rules=CURRENT.version)
AGREE = Activate(ground_rules=CURRENT.version)


def test_a_member_takes_up_her_membership_by_agreeing_to_the_ground_rules_she_read() -> None:
    given(Member, received(), approved()).when(AGREE).then(AGREED)
    given(Member, received(), approved(), AGREED).when(AGREE).then()
    given(Member, received(), approved(), MemberActivated(ground_rules="2020-01")).when(AGREE).then(AGREED)
    given(Member, received(), approved()).when(Activate(ground_rules="2020-01")).refuses("other-ground-rules")


def test_a_member_takes_a_break_and_comes_back() -> None:
    given(Member, received(), approved()).when(Pause()).then(MemberPaused())
    given(Member, received(), approved(), AGREED).when(Pause()).then(MemberPaused())
    given(Member, received(), approved(), MemberPaused()).when(Return()).then(MemberReturned())


def test_who_takes_a_break_takes_no_second_one_and_agrees_to_nothing_meanwhile() -> None:
    paused = given(Member, received(), approved(), MemberPaused())

    paused.when(Pause()).refuses("already-paused")
    paused.when(AGREE).refuses("paused")
    given(Member, received(), approved()).when(Return()).refuses("not-paused")


def test_who_comes_back_stands_where_she_stood() -> None:
    before = (received(), approved(), AGREED, MemberPaused(), MemberReturned())

    given(Member, *before).when(AGREE).then()


@pytest.mark.parametrize("before", [(), (AGREED,), (MemberPaused(),)])
def test_a_member_leaves_whenever_she_likes(before: tuple[Event, ...]) -> None:
    given(Member, received(), approved(), *before).when(Leave()).then(MemberLeft())


@pytest.mark.parametrize("wish", [Leave(), Pause(), Return(), AGREE])
def test_who_has_left_has_left(wish: Command[Member]) -> None:
    given(Member, received(), approved(), MemberLeft()).when(wish).refuses("already-left")


@pytest.mark.parametrize("wish", [Leave(), Pause(), Return(), AGREE])
@pytest.mark.parametrize("answer", [(), (ConversationNeeded(),), (REFUSED,), (ApplicationWithdrawn(),)])
def test_an_applicant_is_no_member(wish: Command[Member], answer: tuple[Event, ...]) -> None:
    given(Member, received(), *answer).when(wish).refuses("not-a-member")


def test_a_sign_in_is_linked_to_a_member() -> None:
    given(Member, received(), approved()).when(LinkAccount(account=ACCOUNT)).then(AccountLinked(account=ACCOUNT))


def test_linking_the_same_sign_in_again_changes_nothing() -> None:
    given(Member, received(ACCOUNT)).when(LinkAccount(account=ACCOUNT)).then()


def test_another_sign_in_takes_the_place_of_the_first() -> None:
    given(Member, received(ACCOUNT)).when(LinkAccount(account=OTHER_ACCOUNT)).then(AccountLinked(account=OTHER_ACCOUNT))


@pytest.mark.parametrize("end", [(REFUSED,), (ApplicationWithdrawn(),), (approved(), MemberLeft())])
def test_no_sign_in_is_linked_to_what_has_ended(end: tuple[Event, ...]) -> None:
    given(Member, received(), *end).when(LinkAccount(account=ACCOUNT)).refuses("not-a-member")
