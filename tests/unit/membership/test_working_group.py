"""Terms, roles and training in a working group."""

from datetime import date, timedelta
from uuid import UUID

from services.membership.domain.community import (
    Community,
    CommunityFounded,
    CommunityJoined,
    CommunityLeft,
    GroupRole,
    Kind,
    Privacy,
    RoleEnded,
    RoleGiven,
    TermSet,
    TrainingDone,
)
from services.membership.domain.working_group import NoteTraining, SetRoles, SetTerm
from shared.messages.events import Event, MemberId
from shared.testing.decider import NOW, given

ANN, BEN = (MemberId(UUID(int=number)) for number in (1, 2))
GROUP = CommunityFounded(
    name="LEWG", kind=Kind.WORKING_GROUP, about="Twelve people.", places=12, privacy=Privacy.RESTRICTED
)
INSIDE: tuple[Event, ...] = (GROUP, CommunityJoined(member=ANN), CommunityJoined(member=BEN))
LEADS = RoleGiven(member=ANN, role=GroupRole.LAY_LEAD)
TODAY = NOW.date()


def roles(member: MemberId, *wanted: GroupRole) -> SetRoles:
    return SetRoles(member=member, roles=frozenset(wanted))


def test_a_term_has_a_first_day_and_perhaps_a_last_one() -> None:
    term = SetTerm(member=ANN, starts_on=TODAY, ends_on=TODAY + timedelta(days=730))
    given(Community, *INSIDE).when(term).then(TermSet(member=ANN, starts_on=TODAY, ends_on=TODAY + timedelta(days=730)))
    given(Community, *INSIDE).when(SetTerm(member=ANN, starts_on=TODAY)).then(TermSet(member=ANN, starts_on=TODAY))
    given(Community, *INSIDE, TermSet(member=ANN, starts_on=TODAY)).when(SetTerm(member=ANN, starts_on=TODAY)).then()


def test_a_term_of_one_day_is_a_term_and_one_that_ends_before_it_starts_is_none() -> None:
    given(Community, *INSIDE).when(SetTerm(member=ANN, starts_on=TODAY, ends_on=TODAY)).then(
        TermSet(member=ANN, starts_on=TODAY, ends_on=TODAY)
    )
    early = SetTerm(member=ANN, starts_on=TODAY, ends_on=TODAY - timedelta(days=1))
    given(Community, *INSIDE).when(early).refuses("ends-before-it-starts")


def test_roles_are_given_and_ended_as_they_change() -> None:
    given(Community, *INSIDE).when(roles(ANN, GroupRole.LAY_LEAD, GroupRole.CHAIR)).then(
        RoleGiven(member=ANN, role=GroupRole.CHAIR), LEADS
    )
    given(Community, *INSIDE, LEADS).when(roles(ANN, GroupRole.MENTOR)).then(
        RoleEnded(member=ANN, role=GroupRole.LAY_LEAD), RoleGiven(member=ANN, role=GroupRole.MENTOR)
    )
    given(Community, *INSIDE, LEADS).when(roles(ANN, GroupRole.LAY_LEAD)).then()
    given(Community, *INSIDE, LEADS).when(roles(ANN)).then(RoleEnded(member=ANN, role=GroupRole.LAY_LEAD))


def test_a_group_has_one_lay_lead_and_any_number_of_chairs() -> None:
    given(Community, *INSIDE, LEADS).when(roles(BEN, GroupRole.LAY_LEAD)).refuses("lay-lead-taken")
    given(Community, *INSIDE, LEADS, CommunityLeft(member=ANN)).when(roles(BEN, GroupRole.LAY_LEAD)).then(
        RoleGiven(member=BEN, role=GroupRole.LAY_LEAD)
    )
    given(Community, *INSIDE, RoleGiven(member=ANN, role=GroupRole.CHAIR)).when(roles(BEN, GroupRole.CHAIR)).then(
        RoleGiven(member=BEN, role=GroupRole.CHAIR)
    )


def test_training_is_written_down_once_it_is_done() -> None:
    given(Community, *INSIDE).when(NoteTraining(member=ANN, training="One-day course", done_on=TODAY)).then(
        TrainingDone(member=ANN, training="One-day course", done_on=TODAY)
    )
    to_come = NoteTraining(member=ANN, training="One-day course", done_on=TODAY + timedelta(days=1))
    given(Community, *INSIDE).when(to_come).refuses("not-done-yet")


def test_who_is_not_in_the_group_serves_in_it_in_no_way() -> None:
    outside = given(Community, GROUP, CommunityJoined(member=ANN), CommunityLeft(member=ANN))
    outside.when(SetTerm(member=ANN, starts_on=TODAY)).refuses("not-in-it")
    outside.when(roles(ANN, GroupRole.CHAIR)).refuses("not-in-it")
    outside.when(NoteTraining(member=ANN, training="A course", done_on=date(2020, 1, 1))).refuses("not-in-it")


def test_a_community_of_practice_has_no_terms() -> None:
    community = CommunityFounded(name="Workforce", kind=Kind.COMMUNITY, about="Monthly.", privacy=Privacy.OPEN)
    inside = given(Community, community, CommunityJoined(member=ANN))
    inside.when(SetTerm(member=ANN, starts_on=TODAY)).refuses("no-working-group")
    inside.when(roles(ANN, GroupRole.CHAIR)).refuses("no-working-group")
