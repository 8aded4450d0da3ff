"""Applying to join, being approved or refused, and whose sign-in is whose."""

from uuid import UUID

import pytest

from services.membership.domain.member import (
    AccountLinked,
    ApplicationReceived,
    ApplicationRefused,
    Apply,
    Approve,
    LinkAccount,
    Member,
    MemberApproved,
    Refuse,
    StakeholderGroup,
)
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


def test_a_refusal_keeps_its_reason() -> None:
    given(Member, received()).when(Refuse(reason="This is for Kent.")).then(
        ApplicationRefused(reason="This is for Kent.")
    )


@pytest.mark.parametrize("decided", [approved(), ApplicationRefused(reason="This is for Kent.")])
@pytest.mark.parametrize("again", [Approve(), Refuse(reason="No.")])
def test_an_application_is_decided_once(decided: object, again: Approve | Refuse) -> None:
    given(Member, received(), decided).when(again).refuses("already-decided")


def test_a_sign_in_is_linked_to_a_member() -> None:
    given(Member, received(), approved()).when(LinkAccount(account=ACCOUNT)).then(AccountLinked(account=ACCOUNT))


def test_linking_the_same_sign_in_again_changes_nothing() -> None:
    given(Member, received(ACCOUNT)).when(LinkAccount(account=ACCOUNT)).then()


def test_another_sign_in_takes_the_place_of_the_first() -> None:
    given(Member, received(ACCOUNT)).when(LinkAccount(account=OTHER_ACCOUNT)).then(AccountLinked(account=OTHER_ACCOUNT))


def test_no_sign_in_is_linked_to_a_refused_application() -> None:
    given(Member, received(), ApplicationRefused(reason="No.")).when(LinkAccount(account=ACCOUNT)).refuses(
        "not-a-member"
    )
