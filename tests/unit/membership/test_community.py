"""Communities, the working group's places, and the story that each tells."""

from dataclasses import replace
from uuid import UUID

import pytest

from services.membership.domain.community import (
    AppointFacilitator,
    AskToJoin,
    Community,
    CommunityDescribed,
    CommunityFounded,
    CommunityJoined,
    CommunityLeft,
    DeclineJoining,
    DescribeCommunity,
    FacilitatorAppointed,
    FacilitatorStoodDown,
    Figure,
    FoundCommunity,
    JoinCommunity,
    JoiningAsked,
    JoiningDeclined,
    Kind,
    LeaveCommunity,
    MilestoneKind,
    MilestoneNoted,
    NoteMilestone,
    Privacy,
    PrivacyChanged,
    SetPrivacy,
    StandDownFacilitator,
)
from shared.messages.codec import Codec
from shared.messages.events import MemberId
from shared.messages.recorded import BEGINNING, Stored
from shared.testing.decider import NOW, given

ANN, BEN, CAZ = (MemberId(UUID(int=number)) for number in (1, 2, 3))


def founded(places: int | None = None) -> CommunityFounded:
    return CommunityFounded(
        name="Workforce", kind=Kind.COMMUNITY, about="Monthly.", places=places, privacy=Privacy.OPEN
    )


def test_a_community_is_founded_with_its_aims_and_where_to_check_them() -> None:
    wish = FoundCommunity(
        name="Workforce", kind=Kind.COMMUNITY, about="Monthly.", aims=("To share.",), source="https://example.org"
    )

    given(Community).when(wish).then(
        CommunityFounded(
            name="Workforce",
            kind=Kind.COMMUNITY,
            about="Monthly.",
            aims=("To share.",),
            source="https://example.org",
            privacy=Privacy.OPEN,
        )
    )


def test_a_member_joins() -> None:
    given(Community, founded()).when(JoinCommunity(member=ANN)).then(CommunityJoined(member=ANN))


def test_joining_twice_changes_nothing() -> None:
    given(Community, founded(), CommunityJoined(member=ANN)).when(JoinCommunity(member=ANN)).then()


def test_a_group_with_places_takes_no_more_than_it_has() -> None:
    joined = (CommunityJoined(member=ANN), CommunityJoined(member=BEN))

    given(Community, founded(places=2), *joined).when(JoinCommunity(member=CAZ)).refuses("group-full")


def test_who_is_in_a_full_group_already_is_not_refused() -> None:
    given(Community, founded(places=1), CommunityJoined(member=ANN)).when(JoinCommunity(member=ANN)).then()


def test_a_community_without_places_is_open() -> None:
    joined = [CommunityJoined(member=MemberId(UUID(int=number))) for number in range(100, 300)]

    given(Community, founded(), *joined).when(JoinCommunity(member=ANN)).then(CommunityJoined(member=ANN))


def test_a_milestone_keeps_its_source_and_says_no_more_of_its_date_than_is_known() -> None:
    wish = NoteMilestone(
        title="Questions to priorities",
        kind=MilestoneKind.FIGURE,
        summary="A funnel.",
        source="https://example.org",
        figures=(Figure("Sent in", 2149), Figure("Priorities", 10)),
    )

    given(Community, founded()).when(wish).then(
        MilestoneNoted(
            title="Questions to priorities",
            period=None,
            kind=MilestoneKind.FIGURE,
            summary="A funnel.",
            source="https://example.org",
            figures=(Figure("Sent in", 2149), Figure("Priorities", 10)),
        )
    )


def of_privacy(privacy: Privacy, places: int | None = None) -> CommunityFounded:
    return CommunityFounded(name="Quiet", kind=Kind.COMMUNITY, about="Monthly.", places=places, privacy=privacy)


@pytest.mark.parametrize(
    ("kind", "privacy"),
    [
        (Kind.COMMUNITY, Privacy.OPEN),
        (Kind.PARTNERSHIP, Privacy.OPEN),
        (Kind.WORKING_GROUP, Privacy.RESTRICTED),
    ],
)
def test_what_was_founded_before_there_was_privacy_is_read_as_it_was_meant(kind: Kind, privacy: Privacy) -> None:
    """Version 1, as it stands in event tables and topics."""
    codec = Codec([CommunityFounded], seal=lambda *_: "", unseal=lambda *_: None)
    old = Stored(
        position=BEGINNING,
        event_id=UUID(int=1),
        stream=f"community-{UUID(int=2)}",
        version=1,
        type="community-founded",
        schema_version=1,
        data=f'{{"name":"Old","kind":"{kind}","about":"A","aims":[],"parent":null,"places":12,"source":null}}',
        metadata=f'{{"actor":"anonymous","channel":"web","correlation_id":"{UUID(int=0)}"}}',
        recorded_at=NOW,
    )
    assert codec.decode(old).event == CommunityFounded(name="Old", kind=kind, about="A", places=12, privacy=privacy)


@pytest.mark.parametrize("kind", Kind)
def test_a_new_working_group_is_asked_to_be_joined_unless_said_otherwise(kind: Kind) -> None:
    usual = Privacy.RESTRICTED if kind is Kind.WORKING_GROUP else Privacy.OPEN
    found = CommunityFounded(name="New", kind=kind, about="A", privacy=usual)
    given(Community).when(FoundCommunity(name="New", kind=kind, about="A")).then(found)
    given(Community).when(FoundCommunity(name="New", kind=kind, about="A", privacy=Privacy.PRIVATE)).then(
        replace(found, privacy=Privacy.PRIVATE)
    )


def test_an_open_community_is_joined_and_others_are_asked() -> None:
    given(Community, of_privacy(Privacy.OPEN)).when(AskToJoin(member=ANN)).then(CommunityJoined(member=ANN))
    for privacy in (Privacy.RESTRICTED, Privacy.PRIVATE):
        given(Community, of_privacy(privacy)).when(AskToJoin(member=ANN)).then(JoiningAsked(member=ANN))
    given(Community, of_privacy(Privacy.CONFIDENTIAL)).when(AskToJoin(member=ANN)).refuses("by-invitation")


def test_asking_twice_or_while_in_it_changes_nothing() -> None:
    given(Community, of_privacy(Privacy.RESTRICTED), JoiningAsked(member=ANN)).when(AskToJoin(member=ANN)).then()
    given(Community, of_privacy(Privacy.RESTRICTED), CommunityJoined(member=ANN)).when(AskToJoin(member=ANN)).then()


def test_nobody_waits_for_a_place_that_there_is_not() -> None:
    full = given(Community, of_privacy(Privacy.RESTRICTED, places=1), CommunityJoined(member=BEN))
    full.when(AskToJoin(member=ANN)).refuses("group-full")


def test_a_request_is_answered_once() -> None:
    asked = (of_privacy(Privacy.RESTRICTED), JoiningAsked(member=ANN))
    given(Community, *asked).when(JoinCommunity(member=ANN)).then(CommunityJoined(member=ANN))
    given(Community, *asked).when(DeclineJoining(member=ANN)).then(JoiningDeclined(member=ANN))
    for answer in (JoiningDeclined(member=ANN), CommunityJoined(member=ANN), CommunityLeft(member=ANN)):
        given(Community, *asked, answer).when(DeclineJoining(member=ANN)).refuses("not-asked")
    given(Community, *asked, JoiningDeclined(member=ANN)).when(AskToJoin(member=ANN)).then(JoiningAsked(member=ANN))


def test_a_member_leaves_once() -> None:
    given(Community, founded(), CommunityJoined(member=ANN)).when(LeaveCommunity(member=ANN)).then(
        CommunityLeft(member=ANN)
    )
    left = (founded(), CommunityJoined(member=ANN), CommunityLeft(member=ANN))
    given(Community, *left).when(LeaveCommunity(member=ANN)).refuses("not-in-it")
    given(Community, *left).when(JoinCommunity(member=ANN)).then(CommunityJoined(member=ANN))


def test_who_waits_takes_her_request_back_by_leaving() -> None:
    given(Community, of_privacy(Privacy.PRIVATE), JoiningAsked(member=ANN)).when(LeaveCommunity(member=ANN)).then(
        CommunityLeft(member=ANN)
    )


def test_a_place_that_was_left_is_there_for_the_next() -> None:
    before = (founded(places=1), CommunityJoined(member=ANN), CommunityLeft(member=ANN))
    given(Community, *before).when(JoinCommunity(member=BEN)).then(CommunityJoined(member=BEN))


def test_only_its_members_facilitate_and_leaving_ends_it() -> None:
    inside = (founded(), CommunityJoined(member=ANN))
    appointed = FacilitatorAppointed(member=ANN)
    given(Community, founded()).when(AppointFacilitator(member=ANN)).refuses("not-in-it")
    given(Community, *inside).when(AppointFacilitator(member=ANN)).then(appointed)
    given(Community, *inside, appointed).when(AppointFacilitator(member=ANN)).then()
    given(Community, *inside, appointed).when(StandDownFacilitator(member=ANN)).then(FacilitatorStoodDown(member=ANN))
    gone = given(Community, *inside, appointed, CommunityLeft(member=ANN))
    gone.when(StandDownFacilitator(member=ANN)).refuses("not-a-facilitator")


def test_its_aims_and_its_privacy_change_when_they_do() -> None:
    described = CommunityDescribed(about="Weekly.", aims=("To share.",))
    wish = DescribeCommunity(about="Weekly.", aims=("To share.",))
    given(Community, founded()).when(wish).then(described)
    given(Community, founded(), described).when(wish).then()
    given(Community, founded()).when(SetPrivacy(privacy=Privacy.PRIVATE)).then(PrivacyChanged(privacy=Privacy.PRIVATE))
    given(Community, founded()).when(SetPrivacy(privacy=Privacy.OPEN)).then()
