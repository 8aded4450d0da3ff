"""A project group: proposed, gathered, run and closed; through the rules and through the API."""

from uuid import UUID

import pytest

from services.membership.domain.project_group import (
    CloseProjectGroup,
    JoinProjectGroup,
    LeaveProjectGroup,
    ProjectGroup,
    ProjectGroupClosed,
    ProjectGroupJoined,
    ProjectGroupLeft,
    ProjectGroupProposed,
    ProjectGroupStarted,
    ProposeProjectGroup,
    StartProjectGroup,
)
from shared.messages.decisions import Command
from shared.messages.events import MemberId
from shared.testing.decider import given
from tests.unit.membership.house import House, code_of

ANN, BEN = (MemberId(UUID(int=number)) for number in (1, 2))
PROPOSED = ProjectGroupProposed(community=UUID(int=9), topic="Night shifts", about="Who helps?", proposer=ANN, wanted=2)
WHOLE = (PROPOSED, ProjectGroupJoined(member=BEN))
CLOSED = ProjectGroupClosed(outcome="A leaflet.", link="https://example.org")


def test_whoever_proposes_a_group_is_in_it() -> None:
    wish = ProposeProjectGroup(community=UUID(int=9), topic="Night shifts", about="Who helps?", proposer=ANN, wanted=2)
    given(ProjectGroup).when(wish).then(PROPOSED)
    given(ProjectGroup, PROPOSED).when(JoinProjectGroup(member=ANN)).then()


def test_it_begins_once_enough_have_gathered() -> None:
    given(ProjectGroup, PROPOSED).when(StartProjectGroup()).refuses("too-few")
    given(ProjectGroup, *WHOLE).when(StartProjectGroup()).then(ProjectGroupStarted())
    given(ProjectGroup, *WHOLE, ProjectGroupLeft(member=BEN)).when(StartProjectGroup()).refuses("too-few")
    given(ProjectGroup, *WHOLE, ProjectGroupStarted()).when(StartProjectGroup()).refuses("started-already")


def test_people_come_and_go_until_it_is_closed() -> None:
    given(ProjectGroup, PROPOSED).when(JoinProjectGroup(member=BEN)).then(ProjectGroupJoined(member=BEN))
    given(ProjectGroup, PROPOSED, ProjectGroupStarted()).when(JoinProjectGroup(member=BEN)).then(
        ProjectGroupJoined(member=BEN)
    )
    given(ProjectGroup, *WHOLE).when(LeaveProjectGroup(member=BEN)).then(ProjectGroupLeft(member=BEN))
    given(ProjectGroup, PROPOSED).when(LeaveProjectGroup(member=BEN)).refuses("not-in-it")


def test_it_is_closed_with_what_came_of_it_even_when_it_never_began() -> None:
    close = CloseProjectGroup(outcome="A leaflet.", link="https://example.org")
    given(ProjectGroup, *WHOLE, ProjectGroupStarted()).when(close).then(CLOSED)
    given(ProjectGroup, PROPOSED).when(close).then(CLOSED)


@pytest.mark.parametrize(
    "wish",
    [
        JoinProjectGroup(member=BEN),
        LeaveProjectGroup(member=ANN),
        StartProjectGroup(),
        CloseProjectGroup(outcome="Again."),
    ],
)
def test_what_is_closed_stays_as_it_was(wish: Command[ProjectGroup]) -> None:
    given(ProjectGroup, PROPOSED, CLOSED).when(wish).refuses("group-closed")


NEW = {"topic": "Night shifts", "about": "Who helps?", "wanted": 2}


def test_from_the_proposal_to_the_outcome(house: House) -> None:
    community = house.community()
    ann, ben = (house.member(name, communities=[str(community)]) for name in ("ann", "ben"))
    id = house.as_("ann").post(f"communities/{community}/project-groups", NEW).get_json()["id"]
    path = f"project-groups/{id}"
    (row,) = house.as_("ben").get(f"communities/{community}/project-groups").get_json()["items"]
    assert (row["topic"], row["status"], row["people"]) == ("Night shifts", "gathering", 1)
    assert house.as_("ben").get(path).get_json()["members"] == [], "who is in it is for those in it"
    assert code_of(house.as_("ann").act(f"{path}/start", of=path, expect=409)) == "too-few"
    house.as_("ben").post(f"{path}/members", {})
    house.as_("ben").act(f"{path}/start", of=path, expect=403)
    house.as_("ann").act(f"{path}/start", of=path)
    shown = house.as_("ben").get(path).get_json()
    assert [each["member_id"] for each in shown["members"]] == [str(ann), str(ben)]
    assert (shown["status"], shown["my_part"]) == ("running", "member")
    house.as_("ann").act(f"{path}/outcome", {}, of=path, expect=422)
    house.as_("ann").act(f"{path}/outcome", {"outcome": "A leaflet.", "link": "javascript:x"}, of=path, expect=422)
    house.as_("ann").act(f"{path}/outcome", {"outcome": "A leaflet."}, of=path)
    assert house.as_("ben").get(path).get_json()["outcome"] == "A leaflet."
    assert code_of(house.as_("ben").delete(f"{path}/members/{ben}", expect=409)) == "group-closed"


def test_outsiders_of_the_community_see_no_groups(house: House) -> None:
    community, hidden = house.community(), house.community(privacy="confidential")
    house.member("ann", communities=[str(community)])
    house.member("eve")
    id = house.as_("ann").post(f"communities/{community}/project-groups", NEW).get_json()["id"]
    eve = house.as_("eve")
    eve.get(f"communities/{community}/project-groups", expect=403)
    eve.post(f"communities/{community}/project-groups", NEW, expect=403)
    eve.get(f"project-groups/{id}", expect=404)
    eve.post(f"project-groups/{id}/members", {}, expect=404)
    eve.get(f"communities/{hidden}/project-groups", expect=404)
    house.as_(None).get(f"project-groups/{id}", expect=401)
    house.coordinator.get(f"project-groups/{id}")
    house.coordinator.get(f"communities/{hidden}/project-groups")


def test_when_the_lead_leaves_the_next_one_leads(house: House) -> None:
    community = house.community()
    ann, _ = (house.member(name, communities=[str(community)]) for name in ("ann", "ben"))
    id = house.as_("ann").post(f"communities/{community}/project-groups", NEW).get_json()["id"]
    house.as_("ben").post(f"project-groups/{id}/members", {})
    house.as_("ann").act(f"members/{ann}/departure", of=f"members/{ann}")
    shown = house.as_("ben").get(f"project-groups/{id}").get_json()
    assert (shown["my_part"], shown["people"]) == ("lead", 1)


@pytest.mark.parametrize("wrong", [{"wanted": 1}, {"wanted": 31}, {"topic": ""}, {"about": "x" * 2_001}, {"x": 1}])
def test_a_proposal_is_checked(house: House, wrong: dict[str, object]) -> None:
    community = house.community()
    house.member("ann", communities=[str(community)])
    house.as_("ann").post(f"communities/{community}/project-groups", {**NEW, **wrong}, expect=422)
