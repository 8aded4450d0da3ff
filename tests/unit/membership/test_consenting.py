"""Consenting to a purpose and taking it back: what each wish leads to, and which words count."""

from dataclasses import replace
from uuid import UUID

import pytest

from services.membership.domain import ground_rules, purposes
from services.membership.domain.consenting import Consent, GiveConsent, WithdrawConsent, consent_to
from services.membership.domain.member import (
    ApplicationReceived,
    ConsentGiven,
    ConsentWithdrawn,
    Member,
    MemberActivated,
    MemberApproved,
    MemberErased,
    MemberLeft,
    MemberPaused,
    StakeholderGroup,
)
from services.membership.domain.purposes import DIRECTORY, MEMBERSHIP, PURPOSES, Wording
from services.membership.domain.taking_part import Leave, Return
from shared.messages.decisions import Command
from shared.messages.events import Event
from shared.testing.decider import given

NOW_IN_FORCE = PURPOSES[DIRECTORY].current.version
RULES = ground_rules.CURRENT.version
RECEIVED = ApplicationReceived(
    name="Edith", phone="1", stakeholder_group=StakeholderGroup.OTHER, communities=(UUID(int=1),)
)
APPROVED = MemberApproved(name="Edith", phone="1", stakeholder_group=StakeholderGroup.OTHER, communities=())
MEMBER: tuple[Event, ...] = (RECEIVED, APPROVED)
ACTIVE: tuple[Event, ...] = (*MEMBER, MemberActivated(ground_rules=RULES))
GIVEN = ConsentGiven(purpose=DIRECTORY, wording=NOW_IN_FORCE)
WITHDRAWN = ConsentWithdrawn(purpose=DIRECTORY)
GIVE = GiveConsent(purpose=DIRECTORY, wording=NOW_IN_FORCE)
WITHDRAW = WithdrawConsent(purpose=DIRECTORY)


@pytest.fixture
def new_words(monkeypatch: pytest.MonkeyPatch) -> str:
    """A later wording of the consent to be in the directory is in force."""
    purpose = PURPOSES[DIRECTORY]
    later = replace(purpose, wordings=(*purpose.wordings, Wording("2027-03", ("Other words.",))))
    monkeypatch.setitem(purposes.PURPOSES, DIRECTORY, later)
    return "2027-03"


def test_a_member_consents_in_the_words_that_she_was_shown_and_twice_is_as_once() -> None:
    given(Member, *MEMBER).when(GIVE).then(GIVEN)
    given(Member, *ACTIVE, GIVEN).when(GIVE).then()
    given(Member, *ACTIVE, MemberPaused()).when(GIVE).then(GIVEN)


def test_taking_back_is_as_easy_and_she_may_consent_again() -> None:
    given(Member, *ACTIVE, GIVEN).when(WITHDRAW).then(WITHDRAWN)
    given(Member, *ACTIVE, GIVEN, WITHDRAWN).when(GIVE).then(GIVEN)
    given(Member, *ACTIVE, GIVEN, MemberPaused()).when(WITHDRAW).then(WITHDRAWN)


def test_what_was_never_given_cannot_be_taken_back_and_nothing_twice() -> None:
    given(Member, *ACTIVE).when(WITHDRAW).refuses("no-such-consent")
    given(Member, *ACTIVE, GIVEN, WITHDRAWN).when(WITHDRAW).refuses("no-such-consent")


def test_consent_to_what_nobody_asks_or_to_words_that_never_were_is_refused() -> None:
    given(Member, *ACTIVE).when(GiveConsent(purpose="spam", wording=NOW_IN_FORCE)).refuses("unknown-purpose")
    given(Member, *ACTIVE).when(WithdrawConsent(purpose="spam")).refuses("unknown-purpose")
    for purpose in PURPOSES:
        given(Member, *ACTIVE).when(GiveConsent(purpose=purpose, wording="1999-01")).refuses("unknown-wording")


def test_consent_to_words_that_were_replaced_is_refused_and_the_old_consent_holds(new_words: str) -> None:
    given(Member, *ACTIVE, GIVEN).when(GIVE).refuses("old-wording")
    anew = GiveConsent(purpose=DIRECTORY, wording=new_words)
    given(Member, *ACTIVE, GIVEN).when(anew).then(ConsentGiven(purpose=DIRECTORY, wording=new_words))
    given(Member, *ACTIVE, GIVEN).when(WITHDRAW).then(WITHDRAWN)


def test_where_a_consent_stands(new_words: str) -> None:
    purpose = PURPOSES[DIRECTORY]
    assert consent_to(purpose, None) is Consent.NOT_ASKED
    assert consent_to(purpose, new_words) is Consent.GRANTED
    assert consent_to(purpose, NOW_IN_FORCE) is Consent.SUPERSEDED
    assert consent_to(purpose, None, withdrawn=True) is Consent.WITHDRAWN


def test_agreeing_to_the_ground_rules_is_consenting_to_be_a_member() -> None:
    wish = GiveConsent(purpose=MEMBERSHIP, wording=RULES)
    assert [each.version for each in PURPOSES[MEMBERSHIP].wordings] == [each.version for each in ground_rules.WORDINGS]
    given(Member, *MEMBER).when(wish).then(MemberActivated(ground_rules=RULES))
    given(Member, *ACTIVE).when(wish).then()
    given(Member, *MEMBER, MemberPaused()).when(wish).refuses("paused")


def test_taking_back_the_consent_to_be_a_member_is_leaving() -> None:
    wish = WithdrawConsent(purpose=MEMBERSHIP)
    gone = (ConsentWithdrawn(purpose=MEMBERSHIP), MemberLeft())
    given(Member, *ACTIVE).when(wish).then(*gone)
    given(Member, *ACTIVE, MemberPaused()).when(wish).then(*gone)
    given(Member, *ACTIVE, *gone).when(wish).refuses("already-left")
    given(Member, *MEMBER).when(wish).refuses("no-such-consent")


@pytest.mark.parametrize("wish", [GIVE, WITHDRAW, Return(), Leave()])
@pytest.mark.parametrize(
    ("ended", "code"), [((*ACTIVE, MemberLeft()), "already-left"), ((*ACTIVE, GIVEN, MemberErased()), "erased")]
)
def test_nobody_consents_for_who_left_or_is_erased(wish: Command[Member], ended: tuple[Event, ...], code: str) -> None:
    given(Member, *ended).when(wish).refuses(code)


def test_an_applicant_is_asked_for_nothing_yet() -> None:
    given(Member, RECEIVED).when(GIVE).refuses("not-a-member")


def test_every_purpose_says_what_is_agreed_and_what_follows_when_it_is_taken_back() -> None:
    for purpose in PURPOSES.values():
        assert purpose.title
        assert purpose.withdrawing
        assert purpose.current.text
        versions = [each.version for each in purpose.wordings]
        assert versions == sorted(set(versions)), f"{purpose.name}: oldest first, each once"
