"""Communities, the working group's places, and the story that each tells."""

from uuid import UUID

from services.membership.domain.community import (
    Community,
    CommunityFounded,
    CommunityJoined,
    Figure,
    FoundCommunity,
    JoinCommunity,
    Kind,
    MilestoneKind,
    MilestoneNoted,
    NoteMilestone,
)
from shared.messages.events import MemberId
from shared.testing.decider import given

ANN, BEN, CAZ = (MemberId(UUID(int=number)) for number in (1, 2, 3))


def founded(places: int | None = None) -> CommunityFounded:
    return CommunityFounded(name="Workforce", kind=Kind.COMMUNITY, about="Monthly.", places=places)


def test_a_community_is_founded_with_its_aims_and_where_to_check_them() -> None:
    wish = FoundCommunity(
        name="Workforce", kind=Kind.COMMUNITY, about="Monthly.", aims=("To share.",), source="https://example.org"
    )

    given(Community).when(wish).then(
        CommunityFounded(
            name="Workforce", kind=Kind.COMMUNITY, about="Monthly.", aims=("To share.",), source="https://example.org"
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
