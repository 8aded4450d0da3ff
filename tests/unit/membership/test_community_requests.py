"""Communities through the API: who sees which, how one gets in and out, and who may lead."""

from typing import Any
from uuid import UUID

import pytest

from tests.unit.membership.house import APPLICATION, Caller, House, code_of

NOWHERE = UUID("00000000-0000-7000-8000-000000000000")
MILESTONE = {"title": "A paper", "kind": "paper", "summary": "What we found.", "source": "https://example.org/paper"}


def listed(caller: Caller) -> dict[UUID, dict[str, Any]]:
    return {UUID(row["id"]): row for row in caller.get("communities").get_json()["items"]}


def of_each_privacy(house: House) -> dict[str, UUID]:
    ids = {
        privacy: house.community(privacy=privacy, aims=["To share."])
        for privacy in ("open", "restricted", "private", "confidential")
    }
    for id in ids.values():
        house.coordinator.post(f"communities/{id}/milestones", MILESTONE)
    return ids


def part(caller: Caller, community: UUID) -> str | None:
    shown: dict[str, str | None] = caller.get(f"communities/{community}").get_json()
    return shown["my_part"]


def test_what_an_outsider_sees_depends_on_the_privacy(house: House) -> None:
    ids = of_each_privacy(house)
    house.member("ann")
    for outsider in (house.as_(None), house.as_("ann"), house.as_("eve", "facilitator")):
        rows = listed(outsider)
        assert set(rows) == {ids["open"], ids["restricted"], ids["private"]}
        assert {rows[ids[each]]["aims"][0] for each in ("open", "restricted")} == {"To share."}
        assert rows[ids["private"]]["aims"] == []
        for each in ("open", "restricted"):
            assert outsider.get(f"communities/{ids[each]}").get_json()["milestones"]
        inside = outsider.get(f"communities/{ids['private']}").get_json()
        assert (inside["about"], inside["aims"], inside["milestones"]) == ("Monthly.", [], [])
        hidden = outsider.get(f"communities/{ids['confidential']}", expect=404)
        assert hidden.get_json()["detail"] == outsider.get(f"communities/{NOWHERE}", expect=404).get_json()[
            "detail"
        ].replace(str(NOWHERE), str(ids["confidential"]))


def test_those_who_belong_and_coordinators_see_everything(house: House) -> None:
    ids = of_each_privacy(house)
    ann = house.member("ann")
    for each in ("private", "confidential"):
        house.coordinator.post(f"communities/{ids[each]}/members", {"member_id": str(ann)})
    for insider in (house.as_("ann"), house.coordinator):
        assert set(listed(insider)) == set(ids.values())
        for id in ids.values():
            shown = insider.get(f"communities/{id}").get_json()
            assert shown["aims"]
            assert shown["milestones"]
    house.as_("ann").delete(f"communities/{ids['confidential']}/members/{ann}")
    assert ids["confidential"] not in listed(house.as_("ann"))


def test_a_page_of_communities_is_full_although_some_are_hidden(house: House) -> None:
    house.community(privacy="confidential")
    shown = [house.community() for _ in range(3)]
    first = house.as_(None).get("communities?limit=2")
    assert [UUID(row["id"]) for row in first.get_json()["items"]] == shown[:2]
    assert 'rel="next"' in first.headers["Link"]


@pytest.mark.parametrize("way", ["requests", "members"])
def test_nobody_learns_of_a_confidential_community_by_trying_its_door(house: House, way: str) -> None:
    id = house.community(privacy="confidential")
    ann = house.member("ann")
    body = {"member_id": str(ann)} if way == "members" else {}
    house.as_("ann").post(f"communities/{id}/{way}", body, expect=404)
    house.as_("ann").get(f"communities/{id}/{way}", expect=404)
    house.as_("ann").delete(f"communities/{id}/members/{ann}", expect=404)


def test_a_member_joins_an_open_community_and_leaves_it(house: House) -> None:
    id, ann = house.community(), house.member("ann")
    joined = house.as_("ann").post(f"communities/{id}/requests", {})
    assert joined.get_json()["my_part"] == "member" == part(house.as_("ann"), id)
    assert house.as_("ann").get("me").get_json()["communities"] == [str(id)]
    house.as_("ann").delete(f"communities/{id}/members/{ann}")
    assert part(house.as_("ann"), id) is None
    assert house.as_("ann").get("me").get_json()["communities"] == []
    assert code_of(house.as_("ann").delete(f"communities/{id}/members/{ann}", expect=409)) == "not-in-it"


def test_who_asks_to_join_is_let_in_by_a_facilitator_or_declined(house: House) -> None:
    id = house.community(privacy="restricted")
    fay, ann, ben = (house.member(name) for name in ("fay", "ann", "ben"))
    house.coordinator.post(f"communities/{id}/members", {"member_id": str(fay)})
    house.coordinator.post(f"communities/{id}/facilitators", {"member_id": str(fay)})
    for name in ("ann", "ben"):
        asked = house.as_(name).post(f"communities/{id}/requests", {})
        assert asked.get_json()["my_part"] == "asking" == part(house.as_(name), id)
    asking = house.as_("fay").get(f"communities/{id}/requests").get_json()["items"]
    assert [row["name"] for row in asking] == ["Ann", "Ben"]
    house.as_("ann").get(f"communities/{id}/requests", expect=403)
    house.as_("ann").post(f"communities/{id}/members", {"member_id": str(ann)}, expect=403)
    house.as_("fay").post(f"communities/{id}/members", {"member_id": str(ann)})
    house.as_("fay").post(f"communities/{id}/requests/{ben}/refusal", {}, expect=200)
    assert (part(house.as_("ann"), id), part(house.as_("ben"), id)) == ("member", None)
    again = house.as_("fay").post(f"communities/{id}/requests/{ben}/refusal", {}, expect=409)
    assert code_of(again) == "not-asked"


def test_facilitators_lead_their_own_community_and_no_other(house: House) -> None:
    mine, other = house.community(), house.community()
    fay = house.member("fay", communities=[str(mine), str(other)])
    house.coordinator.post(f"communities/{mine}/facilitators", {"member_id": str(fay)})
    assert part(house.as_("fay"), mine) == "facilitator"
    new = {"about": "Weekly.", "aims": ["To share."]}
    house.as_("fay").act(f"communities/{mine}/description", new, of=f"communities/{mine}", method="PUT")
    assert house.as_(None).get(f"communities/{mine}").get_json()["about"] == "Weekly."
    path = f"communities/{other}"
    house.as_("fay").act(f"{path}/description", new, of=path, method="PUT", expect=403)
    house.as_("fay").get(f"{path}/members", expect=403)
    house.as_("fay").act(f"{path}/privacy", {"privacy": "open"}, of=path, method="PUT", expect=403)
    house.as_("fay").post(f"communities/{mine}/facilitators", {"member_id": str(fay)}, expect=403)
    house.as_("fay").delete(f"communities/{mine}/facilitators/{fay}")
    house.as_("fay").get(f"communities/{mine}/members", expect=403)


def test_a_facilitator_who_takes_a_break_leads_nothing_meanwhile(house: House) -> None:
    id = house.community()
    fay = house.member("fay", communities=[str(id)])
    house.coordinator.post(f"communities/{id}/facilitators", {"member_id": str(fay)})
    house.as_("fay").act(f"members/{fay}/pause", of=f"members/{fay}")
    house.as_("fay").get(f"communities/{id}/members", expect=403)
    assert house.coordinator.get(f"communities/{id}").get_json()["facilitators"] == []


def test_a_community_changes_its_privacy(house: House) -> None:
    id = house.community()
    path = f"communities/{id}"
    house.coordinator.put(f"{path}/privacy", {"privacy": "confidential"}, expect=428)
    house.coordinator.act(f"{path}/privacy", {"privacy": "emperors-only"}, of=path, method="PUT", expect=422)
    house.coordinator.act(f"{path}/privacy", {"privacy": "confidential"}, of=path, method="PUT")
    house.as_(None).get(path, expect=404)


def test_an_applicant_gets_into_open_communities_and_asks_the_others(house: House) -> None:
    open_one, closed = house.community(), house.community(privacy="restricted")
    house.member("ann", communities=[str(open_one), str(closed)])
    assert (part(house.as_("ann"), open_one), part(house.as_("ann"), closed)) == ("member", "asking")
    confidential = house.community(privacy="confidential")
    house.as_("ben").post("applications", {**APPLICATION, "communities": [str(confidential)]}, expect=422)


def test_who_leaves_for_good_leaves_every_community_and_every_request(house: House) -> None:
    ids = [house.community(), house.community(privacy="restricted"), house.community(kind="working-group")]
    ann = house.member("ann", communities=[str(each) for each in ids[:2]])
    house.coordinator.post(f"communities/{ids[2]}/members", {"member_id": str(ann)})
    house.coordinator.post(f"communities/{ids[0]}/facilitators", {"member_id": str(ann)})
    house.as_("ann").act(f"members/{ann}/departure", of=f"members/{ann}")
    known = house.coordinator.get(f"people/{ann}").get_json()
    assert (known["communities"], known["groups"]) == ([], [])
    assert house.coordinator.get(f"communities/{ids[1]}/requests").get_json()["items"] == []
    again = house.coordinator.post(f"communities/{ids[0]}/members", {"member_id": str(ann)}, expect=422)
    assert again.get_json()["errors"][0]["pointer"] == "#/member_id"


def test_who_takes_a_break_is_in_no_list_and_no_count(house: House) -> None:
    id = house.community()
    people = [house.member(f"member{nth}", communities=[str(id)]) for nth in range(6)]

    def counted() -> tuple[int | None, int]:
        names = house.coordinator.get(f"communities/{id}/members").get_json()["items"]
        return house.as_(None).get(f"communities/{id}").get_json()["members"], len(names)

    assert counted() == (6, 6)
    house.as_("member0").act(f"members/{people[0]}/pause", of=f"members/{people[0]}")
    assert counted() == (5, 5)
    house.as_("member1").act(f"members/{people[1]}/departure", of=f"members/{people[1]}")
    assert counted() == (None, 4)
    house.as_("member0").act(f"members/{people[0]}/return", of=f"members/{people[0]}")
    assert counted() == (5, 5)


def test_how_people_serve_in_a_working_group(house: House) -> None:
    id = house.community(kind="working-group", places=12)
    ann = house.member("ann")
    house.coordinator.post(f"communities/{id}/members", {"member_id": str(ann)})
    path, seat = f"communities/{id}", f"communities/{id}/members/{ann}"
    term = {"starts_on": "2026-01-01", "ends_on": "2027-12-31"}
    house.coordinator.act(f"{seat}/term", term, of=path, method="PUT")
    house.coordinator.act(f"{seat}/roles", {"roles": ["lay-lead", "chair"]}, of=path, method="PUT")
    house.coordinator.post(f"{seat}/training", {"training": "One-day course", "done_on": "2026-02-03"})
    (shown,) = house.coordinator.get(f"{path}/members").get_json()["items"]
    assert shown["serving"] == {
        **term,
        "roles": ["chair", "lay-lead"],
        "training": [{"training": "One-day course", "done_on": "2026-02-03"}],
    }
    house.as_("ann").act(f"{seat}/term", term, of=path, method="PUT", expect=403)
    wrong = {"starts_on": "2026-02-30"}
    house.coordinator.act(f"{seat}/term", wrong, of=path, method="PUT", expect=422)
    house.as_("ann").delete(seat)
    house.coordinator.post(f"{path}/members", {"member_id": str(ann)})
    (again,) = house.coordinator.get(f"{path}/members").get_json()["items"]
    assert again["serving"] == {"starts_on": None, "ends_on": None, "roles": [], "training": []}


def test_the_twelfth_place_is_the_last(house: House) -> None:
    id = house.community(kind="working-group", places=2, privacy="restricted")
    people = [house.member(f"member{nth}") for nth in range(3)]
    for person in people[:2]:
        house.coordinator.post(f"communities/{id}/members", {"member_id": str(person)})
    full = house.coordinator.post(f"communities/{id}/members", {"member_id": str(people[2])}, expect=409)
    assert code_of(full) == "group-full"
    assert code_of(house.as_("member2").post(f"communities/{id}/requests", {}, expect=409)) == "group-full"
