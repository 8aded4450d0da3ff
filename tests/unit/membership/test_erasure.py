"""Erasing somebody: in which order, once each, and what must be so first."""

from uuid import UUID

import pytest

from services.membership.domain.erasure import (
    SERVICES,
    AskErasure,
    Erase,
    Erasure,
    ErasureAsked,
    ErasureClosed,
    KeyDestroyed,
    Known,
    NoteConfirmed,
    NoteKeyDestroyed,
    NoteSearched,
    SearchesDone,
    ServiceConfirmed,
    ServiceSearched,
    StopWaiting,
)
from services.membership.domain.member import (
    ApplicationReceived,
    ApplicationRefused,
    ApplicationWithdrawn,
    ConversationNeeded,
    Member,
    MemberActivated,
    MemberApproved,
    MemberErased,
    MemberLeft,
    MemberPaused,
    StakeholderGroup,
)
from services.membership.domain.taking_part import Leave, LinkAccount
from shared.messages.events import Event
from shared.testing.decider import given

ASKED = ErasureAsked(
    name="Ann Lee", former_names=(Known("Ann Quill"),), ways=(Known("ann@example.org"), Known("01632 960001"))
)
APPLIED = ApplicationReceived(name="Ann Lee", stakeholder_group=StakeholderGroup.OTHER, communities=())
APPROVED = MemberApproved(name="Ann Lee", stakeholder_group=StakeholderGroup.OTHER, communities=())
ALL_BUT_PPI = [ServiceSearched(service=each) for each in sorted(SERVICES - {"ppi"})]


def test_an_erasure_begins_with_what_is_to_be_looked_for() -> None:
    wish = AskErasure(name="Ann Lee", former_names=("Ann Quill",), ways=("ann@example.org", "01632 960001"))
    given(Erasure).when(wish).then(ASKED)


def test_a_search_is_noted_once() -> None:
    given(Erasure, ASKED).when(NoteSearched(service="ppi")).then(ServiceSearched(service="ppi"))
    given(Erasure, ASKED, ServiceSearched(service="ppi")).when(NoteSearched(service="ppi")).then()


def test_the_last_search_ends_the_waiting() -> None:
    given(Erasure, ASKED, *ALL_BUT_PPI).when(NoteSearched(service="ppi")).then(
        ServiceSearched(service="ppi"), SearchesDone()
    )


def test_after_a_day_nobody_is_waited_for_and_it_is_told_who_is_missing() -> None:
    given(Erasure, ASKED, *ALL_BUT_PPI).when(StopWaiting()).then(SearchesDone(missing=("ppi",)))
    given(Erasure, ASKED, SearchesDone()).when(StopWaiting()).then()


def test_a_search_that_comes_too_late_changes_nothing() -> None:
    given(Erasure, ASKED, SearchesDone(missing=("ppi",))).when(NoteSearched(service="ppi")).then()


def test_a_key_is_destroyed_once() -> None:
    given(Erasure, ASKED, SearchesDone()).when(NoteKeyDestroyed()).then(KeyDestroyed())
    given(Erasure, ASKED, SearchesDone(), KeyDestroyed()).when(NoteKeyDestroyed()).then()


def test_the_last_confirmation_closes_the_report() -> None:
    before = [ServiceConfirmed(service=each) for each in sorted(SERVICES - {"ppi"})]
    given(Erasure, ASKED, *before[:2]).when(NoteConfirmed(service="ppi")).then(ServiceConfirmed(service="ppi"))
    given(Erasure, ASKED, *before).when(NoteConfirmed(service="ppi")).then(
        ServiceConfirmed(service="ppi"), ErasureClosed()
    )
    given(Erasure, ASKED, *before).when(NoteConfirmed(service="meetings")).then()


@pytest.mark.parametrize(
    "life",
    [
        [],
        [ConversationNeeded()],
        [ApplicationWithdrawn()],
        [ApplicationRefused(reason="Not in Kent.")],
        [APPROVED],
        [APPROVED, MemberActivated(ground_rules="1")],
        [APPROVED, MemberPaused()],
        [APPROVED, MemberLeft()],
    ],
)
def test_somebody_is_erased_from_whatever_standing(life: list[Event]) -> None:
    given(Member, APPLIED, *life).when(Erase()).then(MemberErased())


def test_nothing_more_happens_to_somebody_who_was_erased() -> None:
    erased = given(Member, APPLIED, APPROVED, MemberErased())
    erased.when(Erase()).refuses("already-erased")
    erased.when(Leave()).refuses("erased")
    erased.when(LinkAccount(account=UUID(int=1))).refuses("not-a-member")
