"""Who is written to when something happens elsewhere, by which way, and how often."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from services.notifications.contracts.meetings import (
    MeetingPlanned,
    PlaceGivenUp,
    PlaceTaken,
    WaitingListJoined,
    WayChanged,
)
from services.notifications.contracts.membership import (
    ApplicationRefused,
    CommunityFounded,
    CommunityJoined,
    CommunityLeft,
    MemberApproved,
    MemberLeft,
    MemberPaused,
    MemberReturned,
)
from services.notifications.contracts.ppi import (
    ClaimAccrued,
    ResponseGiven,
    ReviewOffered,
    ReviewsReleased,
    SupportRequested,
)
from services.notifications.domain.delivery import Channel, Kind
from services.notifications.projections.refusals import refusal
from shared.identity.people import person
from shared.messages.events import MemberId
from shared.testing.decider import NOW
from tests.unit.notifications.story import Story

ANN, BEN, CAT = (MemberId(UUID(int=number)) for number in (1, 2, 3))
WORKFORCE, MEETING, REQUEST, CLAIM = (UUID(int=number) for number in (10, 20, 30, 40))
NOTHING: set[tuple[UUID, Kind, Channel]] = set()

PLANNED = MeetingPlanned(
    community=WORKFORCE,
    title="Keeping people in care work",
    about="A talk.",
    starts_at=NOW + timedelta(days=7),
    ends_at=NOW + timedelta(days=7, hours=2),
)
FOUNDED = CommunityFounded(name="Workforce", kind="community")


def approved(email: str | None = None, phone: str | None = None, post: str | None = None) -> MemberApproved:
    return MemberApproved(name="Ann", email=email, phone=phone, postal_address=post, stakeholder_group="other")


BY_MAIL = approved("ann@example.org", "01632 960001", "1 Example Lane")


@pytest.mark.parametrize(
    ("member", "channel"),
    [
        (BY_MAIL, Channel.EMAIL),
        (approved(phone="01632 960001", post="1 Example Lane"), Channel.PHONE),
        (approved(post="1 Example Lane"), Channel.POST),
    ],
)
def test_a_new_member_is_welcomed_by_the_first_way_that_reaches_her(
    story: Story, member: MemberApproved, channel: Channel
) -> None:
    assert story.hears(member, id=ANN) == {(ANN, Kind.WELCOME, channel)}


def test_every_member_of_the_community_is_invited_and_nobody_else(story: Story) -> None:
    for member in (ANN, BEN, CAT):
        story.hears(BY_MAIL if member is ANN else approved(phone="01632 960002"), id=member)
    story.hears(FOUNDED, id=WORKFORCE)
    story.hears(CommunityJoined(member=ANN), id=WORKFORCE)
    story.hears(CommunityJoined(member=BEN), id=WORKFORCE)
    assert story.hears(PLANNED, id=MEETING) == {
        (ANN, Kind.MEETING_INVITATION, Channel.EMAIL),
        (BEN, Kind.MEETING_INVITATION, Channel.PHONE),
    }


def test_whatever_comes_last_leads_to_one_invitation(story: Story) -> None:
    story.hears(FOUNDED, id=WORKFORCE)
    story.hears(CommunityJoined(member=ANN), id=WORKFORCE)
    assert story.hears(PLANNED, id=MEETING) == NOTHING
    assert (ANN, Kind.MEETING_INVITATION, Channel.EMAIL) in story.hears(BY_MAIL, id=ANN)
    story.hears(CommunityJoined(member=ANN), id=WORKFORCE)
    assert story.letters_about(MEETING) == 1


def test_who_joins_later_is_invited_to_what_is_still_to_come(story: Story) -> None:
    story.hears(FOUNDED, id=WORKFORCE)
    story.hears(PLANNED, id=MEETING)
    story.hears(BY_MAIL, id=ANN)
    joined = CommunityJoined(member=ANN)
    assert story.hears(joined, id=WORKFORCE, at=PLANNED.starts_at) == NOTHING
    assert story.hears(joined, id=WORKFORCE) == {(ANN, Kind.MEETING_INVITATION, Channel.EMAIL)}


def test_nobody_is_invited_to_a_meeting_of_the_past(story: Story) -> None:
    story.hears(FOUNDED, id=WORKFORCE)
    story.hears(BY_MAIL, id=ANN)
    story.hears(CommunityJoined(member=ANN), id=WORKFORCE)
    past = replace(PLANNED, starts_at=NOW - timedelta(days=900), ends_at=NOW - timedelta(days=900, hours=-1))
    assert story.hears(past, id=MEETING) == NOTHING


@pytest.mark.parametrize("gone", [MemberPaused(), MemberLeft()])
def test_who_takes_a_break_or_has_left_is_invited_to_nothing(story: Story, gone: MemberPaused | MemberLeft) -> None:
    story.hears(FOUNDED, id=WORKFORCE)
    story.hears(BY_MAIL, id=ANN)
    story.hears(CommunityJoined(member=ANN), id=WORKFORCE)
    story.hears(gone, id=ANN)
    assert story.hears(PLANNED, id=MEETING) == NOTHING
    assert story.hears(CommunityJoined(member=ANN), id=WORKFORCE) == NOTHING


def test_who_left_the_community_is_not_invited_to_its_meetings(story: Story) -> None:
    story.hears(FOUNDED, id=WORKFORCE)
    story.hears(BY_MAIL, id=ANN)
    story.hears(CommunityJoined(member=ANN), id=WORKFORCE)
    story.hears(CommunityLeft(member=ANN), id=WORKFORCE)
    assert story.hears(PLANNED, id=MEETING) == NOTHING


def test_who_comes_back_is_invited_to_what_was_planned_meanwhile(story: Story) -> None:
    story.hears(FOUNDED, id=WORKFORCE)
    story.hears(BY_MAIL, id=ANN)
    story.hears(CommunityJoined(member=ANN), id=WORKFORCE)
    story.hears(MemberPaused(), id=ANN)
    story.hears(PLANNED, id=MEETING)
    assert story.hears(MemberReturned(), id=ANN) == {(ANN, Kind.MEETING_INVITATION, Channel.EMAIL)}


def test_who_left_is_thanked_by_the_way_that_reaches_her(story: Story) -> None:
    story.hears(approved(phone="01632 960001"), id=ANN)
    assert story.hears(MemberLeft(), id=ANN) == {(ANN, Kind.GOODBYE, Channel.PHONE)}


def test_a_declined_applicant_gets_a_letter_with_the_reason_and_is_no_member(story: Story) -> None:
    refused = ApplicationRefused(reason="This is for Kent.", name="Ann", email=None, phone="01632 960001")
    assert story.hears(refused, id=ANN) == {(ANN, Kind.APPLICATION_DECLINED, Channel.PHONE)}
    with story.database.transaction() as db:
        assert refusal(db, ANN) == "This is for Kent."
        known = person(db, ANN)
    assert known is not None
    assert known.standing == "declined"


def test_a_refusal_of_before_there_were_letters_tells_nobody(story: Story) -> None:
    assert story.hears(ApplicationRefused(reason="This is for Kent."), id=ANN) == NOTHING


def test_a_reply_is_confirmed_each_time_and_a_place_that_came_free_is_told(story: Story) -> None:
    story.hears(BY_MAIL, id=ANN)
    story.hears(PLANNED, id=MEETING)
    confirmed, freed = {(ANN, Kind.REPLY_CONFIRMED, Channel.EMAIL)}, {(ANN, Kind.PLACE_FREED, Channel.EMAIL)}
    assert story.hears(PlaceTaken(member=ANN, way="online"), id=MEETING) == confirmed
    assert story.hears(WayChanged(member=ANN, way="by-phone"), id=MEETING) == confirmed
    assert story.hears(PlaceGivenUp(member=ANN), id=MEETING) == NOTHING
    assert story.hears(WaitingListJoined(member=ANN, way="online"), id=MEETING) == confirmed
    assert story.hears(PlaceTaken(member=ANN, way="online"), id=MEETING) == freed
    assert story.hears(PlaceGivenUp(member=ANN), id=MEETING) == NOTHING
    assert story.hears(PlaceTaken(member=ANN, way="online"), id=MEETING) == confirmed
    assert story.letters_about(MEETING) == 5


def test_who_replied_on_the_phone_is_called_only_when_a_place_came_free(story: Story) -> None:
    story.hears(approved(phone="01632 960001"), id=ANN)
    story.hears(PLANNED, id=MEETING)
    assert story.hears(WaitingListJoined(member=ANN, way="by-phone"), id=MEETING) == NOTHING
    assert story.hears(PlaceTaken(member=ANN, way="by-phone"), id=MEETING) == {(ANN, Kind.PLACE_FREED, Channel.PHONE)}


def test_a_support_request_is_told_of_at_each_step_to_those_it_concerns(story: Story) -> None:
    for member in (ANN, BEN, CAT):
        story.hears(BY_MAIL, id=member)
    requested = SupportRequested(
        requester=ANN, title="Staying in care", kind="application-review", needed_by=date(2026, 4, 1)
    )
    assert story.hears(requested, id=REQUEST) == NOTHING
    for member in (BEN, CAT):
        offered = ReviewOffered(member=member, answer_by=date(2026, 3, 9), fee_pence=2750)
        assert story.hears(offered, id=REQUEST) == {(member, Kind.REVIEW_OFFER, Channel.EMAIL)}
    assert story.hears(ReviewsReleased(requester=ANN, reviewers=(BEN,)), id=REQUEST) == {
        (ANN, Kind.REVIEWS_RELEASED, Channel.EMAIL)
    }
    earned = ClaimAccrued(payee=BEN, request=REQUEST, amount_pence=2750, activity_on=date(2026, 3, 5))
    assert story.hears(earned, id=CLAIM) == {(BEN, Kind.CLAIM_ACCRUED, Channel.EMAIL)}
    assert story.hears(ResponseGiven(requester=ANN, what_we_changed="Fewer questions"), id=REQUEST) == {
        (BEN, Kind.WHAT_WE_CHANGED, Channel.EMAIL)
    }
